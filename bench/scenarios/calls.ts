/** Calls: one client's latency, many clients' throughput, large results. */
import { checkCall } from "../load/answers.ts";
import { call } from "../load/client.ts";
import { quantile, sorted } from "../report/statistics.ts";
import type { Target } from "../targets/target.ts";
import {
  errorsMax,
  type Measured,
  repeated,
  type Sizes,
  said,
  warmupRatio,
  withDeadline,
} from "./scenario.ts";

/** One client, one call at a time. */
export async function latency(target: Target, sizes: Sizes): Promise<Measured> {
  const client = await target.open(1);
  const tool = target.toolName(0, "echo");
  const errors: string[] = [];
  return await withDeadline([client], async () => {
    const times = await repeated(sizes.latencyCalls, sizes, errors, async (at) => {
      const text = `hello ${at}`;
      const startedMs = performance.now();
      await call(client, 0, tool, { text }, text);
      return performance.now() - startedMs;
    });
    const ordered = sorted(times);
    return {
      values: {
        "call p50 µs": quantile(ordered, 0.5) * 1_000,
        "call p99 µs": quantile(ordered, 0.99) * 1_000,
      },
      errors,
    };
  });
}

const sessions = 16;
const lanes = 4;

/** 16 sessions with 4 calls in flight each, as fast as they can. */
export async function throughput(target: Target, { throughputMs }: Sizes): Promise<Measured> {
  const clients = await Promise.all(Array.from({ length: sessions }, () => target.open(lanes)));
  const tool = target.toolName(0, "echo");
  const errors: string[] = [];
  const endMs = performance.now() + throughputMs * (1 + warmupRatio);
  let calls = 0;
  const run = async (session: number, lane: number): Promise<void> => {
    const client = clients[session];
    for (let at = 0; client !== undefined && performance.now() < endMs; at += 1) {
      const text = `session ${session} lane ${lane} call ${at}`;
      try {
        await call(client, lane, tool, { text }, text);
        calls += 1;
      } catch (error) {
        errors.push(said(error));
        if (errors.length >= errorsMax) return;
      }
    }
  };
  return await withDeadline(clients, async () => {
    const running = clients.flatMap((_, session) =>
      Array.from({ length: lanes }, async (__, lane) => await run(session, lane)),
    );
    await Bun.sleep(throughputMs * warmupRatio);
    const before = { calls, cpuMs: target.processes.cpuMs(), loadCpu: process.cpuUsage() };
    const startedMs = performance.now();
    await Promise.all(running);
    const elapsedMs = performance.now() - startedMs;
    const counted = calls - before.calls;
    const load = process.cpuUsage(before.loadCpu);
    return {
      values: {
        "calls/s": (counted / elapsedMs) * 1_000,
        "CPU µs/call": ((target.processes.cpuMs() - before.cpuMs) / counted) * 1_000,
        "load generator % of a core": (load.user + load.system) / 10 / elapsedMs,
      },
      errors,
    };
  });
}

/** One client, a result of `bytes`. The answer is checked after the clock has stopped. */
export async function bigResult(
  target: Target,
  bytes: number,
  calls: number,
  sizes: Sizes,
): Promise<Measured> {
  const client = await target.open(1);
  const name = target.toolName(0, "big");
  const expected = "0123456789abcdef".repeat(Math.ceil(bytes / 16)).slice(0, bytes);
  const errors: string[] = [];
  return await withDeadline([client], async () => {
    const times = await repeated(calls, sizes, errors, async () => {
      const startedMs = performance.now();
      const { id, body } = await client.ask(0, "tools/call", { name, arguments: { bytes } });
      const elapsedMs = performance.now() - startedMs;
      checkCall(body, id, expected);
      return elapsedMs;
    });
    return { values: { [`${bytes / 1_000_000} MB p50 ms`]: quantile(sorted(times), 0.5) }, errors };
  });
}
