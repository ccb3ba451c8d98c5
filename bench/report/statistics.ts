/** Figures of several rounds: the median to quote, and how far the rounds were apart. */

export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** In the order of the rounds. */
  readonly values: readonly number[];
}

export function figureOf(values: readonly number[]): Figure {
  const ordered = sorted(values);
  const [min = Number.NaN] = ordered;
  return { median: quantile(ordered, 0.5), min, max: ordered.at(-1) ?? Number.NaN, values };
}

/**
 * The median of the rounds' ratios: what disturbs the machine in a round disturbs both. Without the same rounds on both
 * sides, the ratio of the medians.
 */
export function ratioOf(figure: Figure, to: Figure): number {
  if (figure.values.length !== to.values.length) return figure.median / to.median;
  return quantile(sorted(figure.values.map((value, round) => value / (to.values[round] ?? Number.NaN))), 0.5);
}

/** Ascending; what never came (NaN) is last. */
export function sorted(values: readonly number[]): number[] {
  const rank = (value: number): number => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value);
  return [...values].sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
}

/** @param ordered ascending */
export function quantile(ordered: readonly number[], fraction: number): number {
  if (ordered.length === 0) return Number.NaN;
  const at = (ordered.length - 1) * fraction;
  const low = ordered[Math.floor(at)] ?? Number.NaN;
  const high = ordered[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
