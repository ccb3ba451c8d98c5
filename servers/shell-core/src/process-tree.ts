/** Ending a command with everything it started: one interface, one file per kind of system. */
import { limits } from "@mcp-gateway/kit/limits";
import { hasTag, isOfServer } from "./call-tag.ts";
import type { ProcessEntry } from "./process-table.ts";
import { PosixProcessTree } from "./process-tree-posix.ts";
import { WindowsProcessTree } from "./process-tree-windows.ts";

export interface ProcessTree {
  /** Looks who belongs to the tree, and remembers them. @returns how many of them live */
  survey(): Promise<number>;
  /** Who lived at the latest look. */
  members(): readonly ProcessEntry[];
  /** Makes processes part of the tree that it could not tell by itself. */
  adopt(entries: readonly ProcessEntry[]): void;
  /** Whether the tree may have survived its first process; quick, and rather a yes too many. */
  mayLive(): boolean;
  /** Asks all that were seen to end. */
  terminate(): void;
  /** Ends all that were seen, at once. Never throws. */
  kill(): void;
  /** The first process's exit code where the system tells more of it than Bun does; asked once it has ended. */
  exitCode?(): number | undefined;
  /** Lets go of what the system keeps for the tree. */
  release?(): void;
}

/** @param pid the command's own process; on POSIX it leads a group of the same number */
export function processTree(pid: number, tag: string): ProcessTree {
  return process.platform === "win32"
    ? new WindowsProcessTree(pid)
    : new PosixProcessTree({ group: pid, isTagged: (value) => hasTag(value, tag) });
}

/** Everything that any call of this server left running. */
export function serverTree(server: string): ProcessTree {
  return process.platform === "win32"
    ? new WindowsProcessTree(undefined)
    : new PosixProcessTree({ group: undefined, isTagged: (value) => isOfServer(value, server) });
}

/**
 * Ends the whole tree: asked first, killed when the grace is over, looked for until nothing is left.
 * @param graceMs asked for at each look, so that a server that ends can shorten it
 * @returns how many processes could not be ended
 */
export async function endTree(tree: ProcessTree, graceMs: () => number): Promise<number> {
  let alive = await tree.survey();
  if (alive > 0) tree.terminate();
  const askedAtMs = performance.now();
  while (alive > 0 && performance.now() - askedAtMs < graceMs()) {
    await Bun.sleep(limits.shellKillPollMs);
    alive = await tree.survey();
  }
  for (let round = 0; alive > 0 && round < limits.shellKillRoundsMax; round++) {
    tree.kill();
    await Bun.sleep(limits.shellKillPollMs);
    alive = await tree.survey();
  }
  return alive;
}
