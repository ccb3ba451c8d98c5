/** Text on a terminal: what is safe to show, how wide it is, and how it is cut. */

/**
 * Text from elsewhere (a server's stderr, a description) made harmless: escape sequences and control
 * characters would move the cursor or recolour the screen, direction marks would reorder a line.
 */
export function plain(text: string): string {
  return text
    .replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])/g, "")
    .replace(/[\t\r\n\u2028\u2029]+/g, " ")
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");
}

/** Columns on the terminal; colours take none, most CJK characters two. */
export function widthOfText(text: string): number {
  return Bun.stringWidth(text);
}

/** Cuts uncoloured text to `width` columns, with an ellipsis for what is missing. */
export function cut(text: string, width: number): string {
  if (widthOfText(text) <= width) return text;
  if (width <= 1) return "…".slice(0, width);
  let kept = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const columns = widthOfText(segment);
    if (used + columns > width - 1) break;
    kept += segment;
    used += columns;
  }
  return `${kept.trimEnd()}…`;
}

/** Fills up with spaces to `width` columns; longer text stays as it is. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const fill = " ".repeat(Math.max(0, width - widthOfText(text)));
  return align === "left" ? text + fill : fill + text;
}

/** Breaks text into lines of at most `width` columns, at spaces where there are any. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (widthOfText(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (widthOfText(line) > width) {
      const head = cut(line, width + 1).slice(0, -1);
      if (head === "") break;
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  return lines;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
