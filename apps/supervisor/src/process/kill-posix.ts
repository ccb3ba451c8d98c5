/** A process group for what stays together, the tag and the family tree for what ran away from it. */

import { listProcesses, type ProcessEntry, treeOf } from "./process-table.ts";
import type { ProcessTree } from "./process-tree.ts";
import { killMatching, sendSignal } from "./sweep.ts";
import { hasTag } from "./tag.ts";

export class PosixProcessTree implements ProcessTree {
  /** The child was started detached, so it leads a group of the same number. */
  readonly #pid: number;
  readonly #tag: string;
  /** Descendants that were seen, by number, with the time of their start against reused numbers. */
  readonly #family = new Map<number, string>();

  constructor(pid: number, tag: string) {
    this.#pid = pid;
    this.#tag = tag;
  }

  async survey(): Promise<void> {
    for (const entry of treeOf(this.#pid, await listProcesses()))
      this.#family.set(entry.pid, entry.startedAt);
  }

  terminate(): void {
    sendSignal(-this.#pid, "SIGTERM");
  }

  async isAlive(): Promise<boolean> {
    if (!sendSignal(-this.#pid, 0)) return false;
    // Zombies count as members where nobody reaps them; only a look at the table tells them from the living.
    return (await listProcesses()).some((entry) => entry.group === this.#pid);
  }

  killNow(): void {
    sendSignal(-this.#pid, "SIGKILL");
  }

  async killAll(): Promise<number> {
    this.killNow();
    const { left } = await killMatching((entry) => this.#belongs(entry));
    return left;
  }

  #belongs(entry: ProcessEntry): boolean {
    if (entry.group === this.#pid || hasTag(entry.tag, this.#tag)) return true;
    const startedAt = this.#family.get(entry.pid);
    return startedAt !== undefined && startedAt !== "" && startedAt === entry.startedAt;
  }
}
