/** Ends processes that no signal to a group reaches: those that left theirs, and those of a supervisor that died. */
import { limits } from "@mcp-gateway/kit";
import { listProcesses, type ProcessEntry } from "./process-table.ts";
import { isLeftover, type TagScope } from "./tag.ts";

export interface Sweep {
  readonly killed: number;
  /** What a last look still found, such as a process that waits for a dead disk. */
  readonly left: number;
}

/**
 * Kills what matches, again and again until nothing does: a program that forks meanwhile has children by the
 * next look.
 */
export async function killMatching(matches: (entry: ProcessEntry) => boolean): Promise<Sweep> {
  const killed = new Set<number>();
  let left = 0;
  for (let round = 0; round < limits.sweepRoundsMax; round++) {
    const found = (await listProcesses()).filter((entry) => entry.pid !== process.pid && matches(entry));
    left = found.length;
    if (left === 0) break;
    for (const { pid } of found) {
      if (sendSignal(pid, "SIGKILL")) killed.add(pid);
    }
    await Bun.sleep(limits.sweepPauseMs);
  }
  return { killed: killed.size, left };
}

/** At the start, when holding the link's address has proved that no other supervisor of this scope lives. */
export function killLeftovers(scope: TagScope): Promise<Sweep> {
  return killMatching((entry) => isLeftover(entry.tag, scope));
}

/** @returns false when there is no such process (any more) or it is not ours to signal */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // Ended in the meantime, which is what was wanted; or it changed its user, and can't be reached.
  }
}
