/** Memory of the target's own processes at rest, and what each idle session adds. */
import { mapLimited } from "../load/map-limited.ts";
import type { Memory } from "../targets/processes.ts";
import type { Target } from "../targets/target.ts";
import { type Measured, said } from "./scenario.ts";

const MB = 1_000_000;
const KB = 1_000;
const settleMs = 2_000;
const sampleMs = 250;
const opensAtOnce = 32;

export async function idleMemory(target: Target, backends: number): Promise<Measured> {
  const { rssBytes, pssBytes } = await settledMemory(target);
  return {
    values: {
      [`idle, ${backends} backends, RSS MB`]: rssBytes / MB,
      [`idle, ${backends} backends, PSS MB`]: pssBytes / MB,
    },
    errors: [],
  };
}

/** Sessions that are open and ask for nothing: an event stream each, after the handshake. */
export async function idleSessions(target: Target, count: number): Promise<Measured> {
  const open = target.kind.idleSession;
  if (open === undefined) return { values: {}, errors: [] };
  const before = await settledMemory(target);
  const errors: string[] = [];
  const clients = await mapLimited(count, opensAtOnce, async () => {
    try {
      return await open(target.port);
    } catch (error) {
      errors.push(said(error));
      return undefined;
    }
  });
  const after = await settledMemory(target);
  for (const client of clients) client?.close();
  const opened = count - errors.length;
  return {
    values: { [`an idle SSE session, of ${count}, KB`]: (after.rssBytes - before.rssBytes) / opened / KB },
    errors: errors.slice(0, 3),
  };
}

/** The smallest of some looks: what a collection of garbage has not taken yet is not the target's need. */
export async function settledMemory(target: Target): Promise<Memory> {
  let least = target.processes.memory();
  for (let waitedMs = 0; waitedMs < settleMs; waitedMs += sampleMs) {
    await Bun.sleep(sampleMs);
    const now = target.processes.memory();
    if (now.rssBytes < least.rssBytes || now.rssBytes === 0) least = now;
  }
  return least;
}
