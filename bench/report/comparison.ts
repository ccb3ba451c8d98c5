/** One figure of a target set beside the same figure of another: as a ratio, or as it is. */
import type { Report } from "./recorder.ts";
import type { Figure } from "./statistics.ts";

export interface Comparison {
  readonly metric: string;
  /** Target ids to compare with, the best of them counts; none: the figure is taken as it is. */
  readonly against: readonly string[];
  /** Most figures are better when they are smaller. */
  readonly moreIsBetter?: boolean;
}

/** Which of a figure's rounds is taken. Noise makes some rounds worse, a regression all of them. */
export type Pick = (figure: Figure, moreIsBetter: boolean) => number;

export const median: Pick = (figure) => figure.median;
export const bestRound: Pick = (figure, moreIsBetter) => (moreIsBetter ? figure.max : figure.min);

/** @returns undefined when one of the two was not measured; NaN when the target never got there */
export function compared(
  report: Report,
  { metric, against, moreIsBetter = false }: Comparison,
  target: string,
  pick: Pick,
): number | undefined {
  const row = report.figures[metric];
  const own = row?.[target];
  if (row === undefined || own === undefined) return undefined;
  if (against.length === 0) return pick(own, moreIsBetter);
  const others = against.flatMap((id) => {
    const figure = row[id];
    return figure === undefined || Number.isNaN(figure.median) ? [] : [pick(figure, moreIsBetter)];
  });
  if (others.length === 0) return undefined;
  return pick(own, moreIsBetter) / (moreIsBetter ? Math.max(...others) : Math.min(...others));
}

export function isWithin(value: number, bound: number, moreIsBetter: boolean): boolean {
  return moreIsBetter ? value >= bound : value <= bound;
}
