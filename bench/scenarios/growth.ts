/**
 * Whether a call costs more when there is more of everything: one client's latency in front of a large gateway and
 * in front of a small one that runs at the same time, slice by slice in turn.
 */
import { join } from "node:path";
import { figureOf, ratioOf } from "../report/statistics.ts";
import { makeDirectory, startTarget, type Target, type TargetKind } from "../targets/target.ts";
import { latency } from "./calls.ts";
import { settledMemory } from "./memory.ts";
import { type Measured, type Sizes, said } from "./scenario.ts";

export interface Growth {
  readonly sessions: number;
  readonly backends: number;
  /** Tools of each backend. */
  readonly tools: number;
}

export const growths: readonly Growth[] = [
  { sessions: 1_000, backends: 1, tools: 2 },
  { sessions: 10_000, backends: 1, tools: 2 },
  { sessions: 0, backends: 30, tools: 2 },
  { sessions: 0, backends: 300, tools: 2 },
  { sessions: 0, backends: 1, tools: 1_000 },
  { sessions: 0, backends: 1, tools: 10_000 },
  { sessions: 10_000, backends: 300, tools: 34 },
];

const slices = 7;
const callsOfSlice = 2_000;

export function growthName({ sessions, backends, tools }: Growth): string {
  const all = tools * backends;
  return `${sessions} sessions, ${backends} backends, ${all} tools`;
}

export async function growth(kind: TargetKind, large: Growth, full: Sizes): Promise<Measured> {
  const sizes = { ...full, latencyCalls: callsOfSlice };
  const directories = [makeDirectory(), makeDirectory()] as const;
  const started: Target[] = [];
  try {
    const small = await startTarget(kind, { tools: 2, backends: 1 }, directories[0].path);
    started.push(small);
    const grown = await startTarget(kind, large, directories[1].path);
    started.push(grown);
    // What the first calls make it take does not belong to the sessions.
    for (const target of started) await latency(target, sizes);
    const before = (await settledMemory(grown)).rssBytes;
    await using holder = await holdSessions(grown, large.sessions);
    const withSessions = (await settledMemory(grown)).rssBytes;
    const smallMs: number[] = [];
    const grownMs: number[] = [];
    const errors: string[] = [];
    for (let slice = 0; slice < slices; slice += 1) {
      for (const [target, times] of [
        [small, smallMs],
        [grown, grownMs],
      ] as const) {
        const { values, errors: wrong } = await latency(target, sizes);
        times.push(values["call p50 µs"] ?? Number.NaN);
        errors.push(...wrong);
      }
    }
    const name = growthName(large);
    const values: Record<string, number> = {
      [`${name}: call p50 µs`]: figureOf(grownMs).median,
      [`${name}: small case beside it µs`]: figureOf(smallMs).median,
      [`${name}: ratio`]: ratioOf(figureOf(grownMs), figureOf(smallMs)),
      [`${name}: start ms`]: grown.startMs,
      [`${name}: RSS MB`]: withSessions / 1_000_000,
    };
    if (large.sessions > 0)
      values[`${name}: a session KB`] = (withSessions - before) / large.sessions / 1_000;
    errors.push(...(await holder.errors()));
    return { values, errors };
  } finally {
    for (const target of started) await target.stop();
    for (const directory of directories) directory.remove();
  }
}

interface Holder extends AsyncDisposable {
  /** Ends the sessions. @returns what was wrong with them */
  errors(): Promise<readonly string[]>;
}

async function holdSessions(target: Target, count: number): Promise<Holder> {
  if (count === 0) return { errors: async () => [], [Symbol.asyncDispose]: async () => {} };
  const child = Bun.spawn(
    [
      process.execPath,
      join(import.meta.dir, "../load/hold-sessions.ts"),
      String(target.port),
      "/sse",
      String(count),
    ],
    { stdin: "pipe", stdout: "pipe", stderr: "pipe" },
  );
  const end = async (): Promise<number> => {
    await child.stdin.end();
    return await child.exited;
  };
  const opened = await child.stdout.getReader().read();
  if (opened.done)
    throw new Error(
      `${count} sessions could not be opened: ${said(await new Response(child.stderr).text())}`,
    );
  return {
    errors: async () => ((await end()) === 0 ? [] : ["a session was ended"]),
    [Symbol.asyncDispose]: async () => {
      await end();
    },
  };
}
