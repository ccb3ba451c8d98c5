/** One figure of a target set beside the same figure of another: as a ratio, or as it is. */
import type { Report } from "./recorder.ts";
import { type Figure, ratioOf } from "./statistics.ts";

export interface Comparison {
  readonly metric: string;
  /** Target ids to compare with, the best of them counts; none: the figure is taken as it is. */
  readonly against: readonly string[];
  /** Most figures are better when they are smaller. */
  readonly moreIsBetter?: boolean;
}

/** How two figures are set beside each other. */
export type Pairing = "round-by-round" | "best-rounds";

/** @returns undefined when one of the two was not measured; NaN when the target never got there */
export function compared(
  report: Report,
  { metric, against, moreIsBetter = false }: Comparison,
  target: string,
  pairing: Pairing,
): number | undefined {
  const row = report.figures[metric];
  const own = row?.[target];
  if (row === undefined || own === undefined) return undefined;
  if (against.length === 0) return own.median;
  const other = bestOf(
    against.flatMap((id) => row[id] ?? []),
    moreIsBetter,
  );
  if (other === undefined) return undefined;
  if (pairing === "round-by-round") return ratioOf(own, other);
  // Noise makes some rounds worse, a regression all of them.
  return moreIsBetter ? own.max / other.max : own.min / other.min;
}

function bestOf(figures: readonly Figure[], moreIsBetter: boolean): Figure | undefined {
  const isBetter = (one: Figure, other: Figure): boolean =>
    moreIsBetter ? one.median > other.median : one.median < other.median;
  return figures
    .filter(({ median }) => !Number.isNaN(median))
    .reduce<Figure | undefined>(
      (best, figure) => (best === undefined || isBetter(figure, best) ? figure : best),
      undefined,
    );
}

export function isWithin(value: number, bound: number, moreIsBetter: boolean): boolean {
  return moreIsBetter ? value >= bound : value <= bound;
}
