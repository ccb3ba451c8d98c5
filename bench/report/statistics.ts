/** Figures of several rounds: the median to quote, and how far the rounds were apart. */

export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function figureOf(values: readonly number[]): Figure {
  const ordered = sorted(values);
  return { median: quantile(ordered, 0.5), min: ordered[0] ?? Number.NaN, max: ordered.at(-1) ?? Number.NaN };
}

export function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

/** @param ordered ascending */
export function quantile(ordered: readonly number[], fraction: number): number {
  if (ordered.length === 0) return Number.NaN;
  const at = (ordered.length - 1) * fraction;
  const low = ordered[Math.floor(at)] ?? Number.NaN;
  const high = ordered[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
