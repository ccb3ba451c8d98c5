/** What runs on this machine, seen through /proc: used to prove that nothing is left behind. */
import { readdirSync, readFileSync } from "node:fs";
import { waitFor } from "./wait-for.ts";

export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Tells whether processes can be found by their environment here. */
export const canScanProcesses = process.platform === "linux";

export function isAlive(pid: number): boolean {
  const state = /^\d+ \(.*\) (\S)/su.exec(readOrEmpty(`/proc/${pid}/stat`))?.[1];
  if (state !== undefined) return state !== "Z" && state !== "X";
  if (canScanProcesses) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // No such process, or none of ours: dead as far as a test is concerned.
  }
}

/** Every living process whose environment holds `tag`, except this one. */
export function processesWithTag(tag: string): ProcessFacts[] {
  if (!canScanProcesses) return [];
  const found: ProcessFacts[] = [];
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (!readOrEmpty(`/proc/${pid}/environ`).includes(tag) || !isAlive(pid)) continue;
    found.push(factsOf(pid));
  }
  return found;
}

export function factsOf(pid: number): ProcessFacts {
  const parent = Number(/^\d+ \(.*\) \S (\d+)/su.exec(readOrEmpty(`/proc/${pid}/stat`))?.[1] ?? 0);
  return { pid, parent, command: readOrEmpty(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim() };
}

/** Waits until no process carries the tag; whatever still does is killed and named in the error. */
export async function expectNoneLeft(tag: string, timeoutMs = 3_000): Promise<void> {
  try {
    await waitFor(() => processesWithTag(tag).length === 0, { timeoutMs, what: "all processes to end" });
  } catch {
    const left = processesWithTag(tag);
    for (const { pid } of left) signal(pid, "SIGKILL");
    if (left.length === 0) return;
    const lines = left.map(({ pid, parent, command }) => `  ${pid} (parent ${parent}) ${command}`);
    throw new Error(`${left.length} processes were left running:\n${lines.join("\n")}`);
  }
}

/** Sends a signal; a process that is already gone is no fault. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between being seen and being signalled.
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // Gone meanwhile, or another user's.
  }
}
