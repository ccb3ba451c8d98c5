/** Text from outside, made fit for a terminal, measured and cut to its columns. */

/**
 * ESC and CSI sequences with their parameters, so that no `[31m` is left behind, and strings up to what ends them, which
 * is itself one of these; then whatever else a terminal acts on or hides: controls, direction marks, zero-width and tag characters, line and paragraph separators.
 */
const sequences =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*|\x1b[ -/]*[0-~]/g;
const hidden =
  /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** One line that moves no cursor and sets no colour, with its spaces as they are: for paths and commands. */
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

/**
 * A tool's own text for a terminal: its lines and colours are what was asked for; whatever else a sequence can do
 * (clear the screen, write the clipboard, name the window) was not.
 */
export function withColours(text: string): string {
  const shown = text
    .replace(sequences, (sequence) => (colour.test(sequence) ? sequence : ""))
    .replace(/[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[[\d;:]*m)/g, "");
  // What it set last is not for the lines after it.
  return shown.includes("\x1b") ? shown.replace(/\n?$/, `${colourReset}$&`) : shown;
}

const colourReset = "\x1b[0m";
const colour = /^\x1b\[[\d;:]*m$/;

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

/** Filled up with spaces; longer text stays as it is. */
export function padText(text: string, width: number, align: "left" | "right" = "left"): string {
  const fill = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "left" ? text + fill : fill + text;
}
