/** Text from outside, made fit for a terminal: it may move no cursor, set no colour and fill no second line. */

/**
 * ESC and CSI sequences with their parameters, so that no `[31m` is left behind; then whatever else a terminal
 * acts on or hides: controls, direction marks, zero-width and tag characters, line and paragraph separators.
 */
const sequences =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]/g;
const hidden =
  /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** One line, with its spaces as they are: for paths and commands. */
export function printable(text: string): string {
  return text
    .replace(sequences, "")
    .replace(/[\t\r\n]+/g, " ")
    .replace(hidden, "");
}

/** One line of prose. */
export function plainText(text: string): string {
  return printable(text).replace(/ {2,}/g, " ").trim();
}

/** The first line that says something. */
export function firstLine(text: string): string {
  for (const line of text.split(/\r\n|[\n\r\u2028\u2029]/, scannedLinesMax)) {
    const plain = plainText(line);
    if (plain !== "") return plain;
  }
  return "";
}

/** A description that begins with more empty lines than this has no first line. */
const scannedLinesMax = 20;

/** Columns on a terminal: CJK and emoji take two. */
export function displayWidth(text: string): number {
  return Bun.stringWidth(text);
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Cut to `width` columns, with an ellipsis where something is missing. */
export function fitText(text: string, width: number): string {
  if (width <= 0) return "";
  // A character takes at most two columns, so what is far longer is cut before it is measured.
  const near = text.length > width * longestCharacter ? text.slice(0, width * longestCharacter) : text;
  if (near.length === text.length && displayWidth(text) <= width) return text;
  let fitted = "";
  let used = 0;
  for (const { segment } of graphemes.segment(near)) {
    const columns = displayWidth(segment);
    if (used + columns > width - 1) break;
    fitted += segment;
    used += columns;
  }
  return `${fitted.trimEnd()}…`;
}

/** UTF-16 units of a joined emoji family, with room to spare. */
const longestCharacter = 16;

export function padText(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}
