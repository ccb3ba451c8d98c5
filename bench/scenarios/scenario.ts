/** What a scenario gives: numbers with their unit in the name, and what was not answered as it must be. */
import type { BenchClient } from "../load/client.ts";

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
}

export const fullSizes: Sizes = {
  latencyCalls: 3_000,
  throughputMs: 2_000,
  bigCalls: 30,
  lists: 40,
  idleSessions: 1_000,
  killMs: 8_000,
  startCounts: [1, 10, 30],
  withFirstStart: true,
  sliceMs: 2_000,
};

export const quickSizes: Sizes = {
  latencyCalls: 600,
  throughputMs: 700,
  bigCalls: 10,
  lists: 10,
  idleSessions: 200,
  killMs: 4_000,
  startCounts: [1, 30],
  withFirstStart: false,
  sliceMs: 1_000,
};

export interface Measured {
  /** Metric → value; the unit is in the metric's name. */
  readonly values: Readonly<Record<string, number>>;
  /** Answers that were wrong, missing or refused. */
  readonly errors: readonly string[];
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

export function said(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
