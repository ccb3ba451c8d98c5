/**
 * Windows has neither groups nor signals: `taskkill /T` walks the tree from the parent's number, so it must
 * run while the tree is whole. A console program can't be asked to end; closing its stdin was the asking.
 */
import { limits } from "@mcp-gateway/kit";
import type { ProcessTree } from "./process-tree.ts";
import { sendSignal } from "./sweep.ts";

export class WindowsProcessTree implements ProcessTree {
  readonly #pid: number;
  #killing: Promise<unknown> | undefined;

  constructor(pid: number) {
    this.#pid = pid;
  }

  async survey(): Promise<void> {
    // `taskkill` finds the family by itself.
  }

  terminate(): void {
    this.killNow();
  }

  async isAlive(): Promise<boolean> {
    return sendSignal(this.#pid, 0);
  }

  killNow(): void {
    this.#killing ??= this.#taskkill();
  }

  async killAll(): Promise<number> {
    this.killNow();
    await this.#killing;
    return 0;
  }

  async #taskkill(): Promise<void> {
    try {
      const taskkill = Bun.spawn(["taskkill", "/PID", String(this.#pid), "/T", "/F"], {
        stdin: "ignore",
        stdout: "ignore",
        stderr: "ignore",
        timeout: limits.processToolTimeoutMs,
      });
      if ((await taskkill.exited) === 0) return;
    } catch {
      // Without taskkill the child alone can be ended, below.
    }
    sendSignal(this.#pid, "SIGKILL");
  }
}
