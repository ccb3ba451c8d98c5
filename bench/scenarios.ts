/** What is done to each target, and what comes out as a number. */

import { quantile } from "./statistics.ts";
import type { Target } from "./targets.ts";

export interface ScenarioSizes {
  readonly latencyCalls: number;
  readonly throughputMs: number;
  readonly bigCalls: number;
  readonly lists: number;
}

export interface Measured {
  /** Metric → value; the unit is in the metric's name. */
  readonly values: Readonly<Record<string, number>>;
  readonly wrong: number;
}

const warmupRatio = 0.1;

/** One client, one call at a time. */
export async function latency(target: Target, { latencyCalls }: ScenarioSizes): Promise<Measured> {
  const client = await target.open();
  const times = new Float64Array(latencyCalls);
  let wrong = 0;
  const once = async (at: number): Promise<void> => {
    const text = `hello ${at}`;
    await client.call("echo", { text }, text).catch(() => {
      wrong += 1;
    });
  };
  for (let at = 0; at < latencyCalls * warmupRatio; at += 1) await once(at);
  for (let at = 0; at < latencyCalls; at += 1) {
    const startedMs = performance.now();
    await once(at);
    times[at] = performance.now() - startedMs;
  }
  client.close();
  times.sort();
  return {
    values: { "call p50 µs": quantile(times, 0.5) * 1_000, "call p99 µs": quantile(times, 0.99) * 1_000 },
    wrong,
  };
}

/** 16 sessions with 4 connections each, all calling as fast as they can. */
export async function throughput(target: Target, { throughputMs }: ScenarioSizes): Promise<Measured> {
  const clients = await Promise.all(Array.from({ length: 64 }, () => target.open()));
  let calls = 0;
  let wrong = 0;
  let counting = false;
  const untilMs = performance.now() + throughputMs * (1 + warmupRatio);
  const run = async (client: (typeof clients)[number], at: number): Promise<void> => {
    for (let call = 0; performance.now() < untilMs; call += 1) {
      const text = `client ${at} call ${call}`;
      try {
        await client.call("echo", { text }, text);
        if (counting) calls += 1;
      } catch {
        wrong += 1;
        return;
      }
    }
  };
  const running = clients.map(run);
  await Bun.sleep(throughputMs * warmupRatio);
  counting = true;
  const cpuBefore = target.cpuMs();
  const startedMs = performance.now();
  await Promise.all(running);
  const elapsedMs = performance.now() - startedMs;
  const cpuMs = target.cpuMs() - cpuBefore;
  for (const client of clients) client.close();
  return {
    values: { "calls/s": (calls / elapsedMs) * 1_000, "CPU µs/call": (cpuMs / calls) * 1_000 },
    wrong,
  };
}

/** One client, a result of `bytes`. */
export async function bigResult(target: Target, bytes: number, calls: number): Promise<Measured> {
  const client = await target.open();
  const expected = "0123456789abcdef".repeat(Math.ceil(bytes / 16)).slice(0, bytes);
  const times: number[] = [];
  let wrong = 0;
  for (let at = 0; at < calls + 3; at += 1) {
    const startedMs = performance.now();
    await client.call("big", { bytes }, expected).catch(() => {
      wrong += 1;
    });
    if (at >= 3) times.push(performance.now() - startedMs);
  }
  client.close();
  return {
    values: {
      [`${bytes / 1_000_000} MB p50 ms`]: quantile(
        times.sort((a, b) => a - b),
        0.5,
      ),
    },
    wrong,
  };
}

/** One client lists all tools. */
export async function listTools(target: Target, expected: number, lists: number): Promise<Measured> {
  const client = await target.open();
  const times: number[] = [];
  let wrong = 0;
  for (let at = 0; at < lists + 5; at += 1) {
    const startedMs = performance.now();
    const count = await client.list().catch(() => -1);
    if (at >= 5) times.push(performance.now() - startedMs);
    if (count !== expected) wrong += 1;
  }
  client.close();
  return {
    values: {
      [`list of ${expected} p50 ms`]: quantile(
        times.sort((a, b) => a - b),
        0.5,
      ),
    },
    wrong,
  };
}
