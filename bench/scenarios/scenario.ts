/** What a scenario gives: numbers with their unit in the name, and what was not answered as it must be. */
import type { BenchClient } from "../load/client.ts";
import { quantile, sorted } from "../report/statistics.ts";

export interface Sizes {
  readonly latencyCalls: number;
  readonly throughputMs: number;
  /** Calls with a result of 1 MB; of 10 MB a quarter. */
  readonly bigCalls: number;
  readonly lists: number;
  readonly idleSessions: number;
  readonly killMs: number;
  /** How many backends there are at a start. */
  readonly startCounts: readonly number[];
  readonly withFirstStart: boolean;
  /** A slow target makes fewer calls, not a longer run. */
  readonly sliceMs: number;
  /** Into how many turns one client's calls are cut; between two turns all other targets have theirs. */
  readonly turns: number;
  /** How long a fresh target is called before anything counts: engines compile what is busy for the first seconds. */
  readonly warmupMs: number;
}

export const fullSizes: Sizes = {
  latencyCalls: 8_000,
  throughputMs: 2_000,
  bigCalls: 200,
  lists: 200,
  idleSessions: 1_000,
  killMs: 8_000,
  startCounts: [1, 10, 30],
  withFirstStart: true,
  sliceMs: 1_500,
  turns: 10,
  warmupMs: 1_500,
};

export const quickSizes: Sizes = {
  latencyCalls: 1_500,
  throughputMs: 700,
  bigCalls: 10,
  lists: 40,
  idleSessions: 200,
  killMs: 4_000,
  startCounts: [1, 30],
  withFirstStart: false,
  sliceMs: 1_000,
  turns: 4,
  warmupMs: 500,
};

export interface Measured {
  /** Metric → value; the unit is in the metric's name. */
  readonly values: Readonly<Record<string, number>>;
  /** Answers that were wrong, missing or refused. */
  readonly errors: readonly string[];
}

/** What is left for each turn. */
export function sizesOfTurn(sizes: Sizes): Sizes {
  const share = (count: number): number => Math.ceil(count / sizes.turns);
  return {
    ...sizes,
    latencyCalls: share(sizes.latencyCalls),
    lists: share(sizes.lists),
    sliceMs: sizes.sliceMs / sizes.turns,
  };
}

/** The median of the turns for each metric, and all their errors. */
export function joined(turns: readonly Measured[]): Measured {
  const names = new Set(turns.flatMap(({ values }) => Object.keys(values)));
  const median = (name: string): number =>
    quantile(sorted(turns.flatMap(({ values }) => values[name] ?? [])), 0.5);
  return {
    values: Object.fromEntries([...names].map((name) => [name, median(name)])),
    errors: turns.flatMap(({ errors }) => errors),
  };
}

/** What one client's slice may take at most before its target counts as hanging. */
const sliceTimeoutMs = 30_000;

/** Whatever still waits when the time is over fails: no target can hold up the run. */
export async function withDeadline<T>(clients: readonly BenchClient[], work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => {
    for (const client of clients) client.close();
  }, sliceTimeoutMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    for (const client of clients) client.close();
  }
}

export const warmupRatio = 0.2;
/** A target that fails again and again is not asked for ever. */
export const errorsMax = 20;

/** One after the other: a fifth to warm up, then those that count. A slow target does fewer, but one at least. */
export async function repeated<T>(
  count: number,
  { sliceMs }: Sizes,
  errors: string[],
  once: (at: number) => Promise<T>,
): Promise<T[]> {
  let at = 0;
  const some = async (most: number, forMs: number): Promise<T[]> => {
    const results: T[] = [];
    const endMs = performance.now() + forMs;
    for (let done = 0; done < most && errors.length < errorsMax; done += 1) {
      if (performance.now() > endMs && results.length > 0) break;
      try {
        results.push(await once(at));
      } catch (error) {
        errors.push(said(error));
      }
      at += 1;
    }
    return results;
  };
  await some(Math.ceil(count * warmupRatio), sliceMs * warmupRatio);
  return await some(count, sliceMs);
}

export function said(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
