/** Random numbers that can be had again: the seed is printed, and taken from MCP_GATEWAY_SEED when set. */

export interface Random {
  readonly seed: number;
  /** 0 ≤ value < 1 */
  next(): number;
  /** 0 ≤ value < bound, an integer */
  below(bound: number): number;
  pick<T>(items: readonly T[]): T;
  shuffled<T>(items: readonly T[]): T[];
}

export function seedFromEnvironment(): number {
  const given = Number(process.env["MCP_GATEWAY_SEED"]);
  return Number.isInteger(given) && given > 0 ? given : (crypto.getRandomValues(new Uint32Array(1))[0] ?? 1);
}

/** Mulberry32: small, fast, and the same everywhere. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  };
  const shuffled = <T>(items: readonly T[]): T[] => {
    const keyed = items.map((item) => ({ item, key: next() }));
    return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
  };
  return { seed, next, below, pick, shuffled };
}
