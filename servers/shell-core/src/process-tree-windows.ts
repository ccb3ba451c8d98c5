/**
 * Windows has neither groups nor signals: `taskkill /T` walks the tree from the parent's number, so it must
 * run while the tree is whole, and a console program can't be asked to end.
 */
import { limits } from "@mcp-gateway/kit/limits";
import type { ProcessEntry } from "./process-table.ts";
import type { ProcessTree } from "./process-tree.ts";
import { sendSignal } from "./send-signal.ts";

export class WindowsProcessTree implements ProcessTree {
  readonly #pid: number | undefined;
  #killing: Promise<void> | undefined;

  constructor(pid: number | undefined) {
    this.#pid = pid;
  }

  members(): readonly ProcessEntry[] {
    return [];
  }

  adopt(): void {
    // Members are found by `taskkill` alone.
  }

  async survey(): Promise<number> {
    await this.#killing;
    return this.#pid !== undefined && sendSignal(this.#pid, 0) ? 1 : 0;
  }

  mayLive(): boolean {
    return false; // Once the first process has ended, nothing leads to what it started.
  }

  terminate(): void {
    this.kill();
  }

  kill(): void {
    if (this.#pid === undefined) return;
    this.#killing ??= taskkill(this.#pid).finally(() => {
      this.#killing = undefined;
    });
  }
}

async function taskkill(pid: number): Promise<void> {
  try {
    const killer = Bun.spawn(["taskkill", "/PID", String(pid), "/T", "/F"], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
      windowsHide: true,
      timeout: limits.processToolTimeoutMs,
    });
    if ((await killer.exited) === 0) return;
  } catch {
    // Without taskkill the command's own process alone can be ended, below.
  }
  sendSignal(pid, "SIGKILL");
}
