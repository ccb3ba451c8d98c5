export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
  /** 0.2 spreads the delay by ±20 %. */
  readonly jitterRatio: number;
}

/**
 * The delay before attempt number `attempt` (0 is the first retry): doubling from `minMs` to `maxMs`,
 * spread by the jitter. `random` is a number in [0, 1).
 */
export function backoffDelayMs(backoff: Backoff, attempt: number, random: number): number {
  const exponent = Math.min(Math.max(attempt, 0), 30);
  const delayMs = Math.min(backoff.minMs * 2 ** exponent, backoff.maxMs);
  const spread = 1 + backoff.jitterRatio * (2 * random - 1);
  return Math.min(Math.round(delayMs * spread), backoff.maxMs);
}
