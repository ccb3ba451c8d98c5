/** Lays rows out in columns that fit a width: narrows what may be narrowed, then leaves columns out. */
import { displayWidth, fitText, padText } from "@mcp-gateway/kit/terminal-text";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** May be cut down to this many columns; never cut when absent. */
  readonly widthMin?: number;
  /** Never wider than this. */
  readonly widthMax?: number;
  /** The higher, the sooner it is left out when the table is too wide; never when absent. */
  readonly dropOrder?: number;
}

export interface Cell {
  readonly text: string;
  /** Applied after the text was cut and filled, so colours change no widths. */
  readonly paint?: ((text: string) => string) | undefined;
}

const gap = "  ";

export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
  paintTitle: (text: string) => string,
): readonly string[] {
  const natural = columns.map((column, at) =>
    Math.min(
      Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(row[at]?.text ?? ""))),
      column.widthMax ?? Number.POSITIVE_INFINITY,
    ),
  );
  const widths = fit(columns, natural, width);
  const shown = columns.map((column, at) => ({ column, at })).filter(({ at }) => widths[at] !== undefined);
  const line = (cells: readonly Cell[]): string =>
    shown
      .map(({ column, at }) => {
        const cell = cells[at] ?? { text: "" };
        const text = padText(fitText(cell.text, widths[at] ?? 0), widths[at] ?? 0, column.align);
        return cell.paint === undefined ? text : cell.paint(text);
      })
      .join(gap)
      .trimEnd();
  return [line(columns.map((column) => ({ text: column.title, paint: paintTitle }))), ...rows.map(line)];
}

/** The width of each column; undefined for one that is left out. */
function fit(
  columns: readonly Column[],
  natural: readonly number[],
  width: number,
): readonly (number | undefined)[] {
  const widths: (number | undefined)[] = [...natural];
  for (;;) {
    const surplus = totalOf(widths) - width;
    if (surplus <= 0) return widths;
    if (narrow(columns, widths, surplus)) return widths;
    const victim = mostDroppable(columns, widths);
    if (victim === undefined) return widths;
    widths[victim] = undefined;
    // What was narrowed for a column that is now gone gets its width back before the next try.
    for (const [at, value] of natural.entries()) if (widths[at] !== undefined) widths[at] = value;
  }
}

/** Takes `surplus` columns of width from the widest ones that may be cut; false when that is not enough. */
function narrow(columns: readonly Column[], widths: (number | undefined)[], surplus: number): boolean {
  for (let left = surplus; left > 0; left -= 1) {
    let widest: number | undefined;
    for (const [at, column] of columns.entries()) {
      const current = widths[at];
      if (current === undefined || column.widthMin === undefined || current <= column.widthMin) continue;
      if (
        widest === undefined ||
        current - (column.widthMin ?? 0) > (widths[widest] ?? 0) - (columns[widest]?.widthMin ?? 0)
      )
        widest = at;
    }
    if (widest === undefined) return false;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return true;
}

function mostDroppable(
  columns: readonly Column[],
  widths: readonly (number | undefined)[],
): number | undefined {
  let victim: number | undefined;
  for (const [at, column] of columns.entries()) {
    if (widths[at] === undefined || column.dropOrder === undefined) continue;
    if (victim === undefined || column.dropOrder > (columns[victim]?.dropOrder ?? 0)) victim = at;
  }
  return victim;
}

function totalOf(widths: readonly (number | undefined)[]): number {
  const shown = widths.filter((value) => value !== undefined);
  return shown.reduce((sum, value) => sum + value, 0) + gap.length * Math.max(0, shown.length - 1);
}
