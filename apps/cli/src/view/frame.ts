/** One picture drawn over the last one. Pure. */

const beginUpdate = "\x1b[?2026h";
const endUpdate = "\x1b[?2026l";
const home = "\x1b[H";
const eraseLineRest = "\x1b[K";
const eraseBelow = "\x1b[J";

/**
 * Each line erases only what is right of it, and the terminal shows the whole at once where it can, so nothing
 * flickers. Lines that do not fit the height are counted instead.
 */
export function frameText(lines: readonly string[], rows: number): string {
  const room = Math.max(1, rows - 1);
  const shown =
    lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`];
  return `${beginUpdate}${home}${shown.map((line) => `${line}${eraseLineRest}`).join("\r\n")}\r\n${eraseBelow}${endUpdate}`;
}
