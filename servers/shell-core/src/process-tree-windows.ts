/**
 * Windows has neither groups nor signals, and a console program can't be asked to end. `taskkill /T` walks the
 * tree from the parent's number, so it must run while the tree is whole; the job object knows all of it at any time.
 */
import { limits } from "@mcp-gateway/kit/limits";
import type { ProcessEntry } from "./process-table.ts";
import type { ProcessTree } from "./process-tree.ts";
import { sendSignal } from "./send-signal.ts";
import { openWindowsProcess, type WindowsProcess } from "./windows-kernel.ts";
import { system32 } from "./windows-paths.ts";

const settleMs = 5 * limits.shellKillPollMs;

export class WindowsProcessTree implements ProcessTree {
  readonly #pid: number | undefined;
  readonly #job: WindowsProcess | undefined;
  #killing: Promise<void> | undefined;

  constructor(pid: number | undefined) {
    this.#pid = pid;
    this.#job = pid === undefined ? undefined : openWindowsProcess(pid);
  }

  members(): readonly ProcessEntry[] {
    return [];
  }

  adopt(): void {
    // What a call leaves running stays in its job, which ends with this process.
  }

  async survey(): Promise<number> {
    await this.#killing;
    const inJob = await this.#settled();
    if (inJob !== undefined) return inJob;
    return this.#pid !== undefined && sendSignal(this.#pid, 0) ? 1 : 0;
  }

  /** The console's own process, which may be in the job, ends a moment after the last program that used it. */
  async #settled(): Promise<number | undefined> {
    let alive = this.#job?.activeProcesses();
    const sinceMs = performance.now();
    while (alive !== undefined && alive > 0 && this.#hasEnded() && performance.now() - sinceMs < settleMs) {
      await Bun.sleep(limits.shellKillPollMs);
      alive = this.#job?.activeProcesses();
    }
    return alive;
  }

  #hasEnded(): boolean {
    return this.#pid === undefined || !sendSignal(this.#pid, 0);
  }

  mayLive(): boolean {
    return (this.#job?.activeProcesses() ?? 0) > 0;
  }

  terminate(): void {
    this.kill();
  }

  kill(): void {
    if (this.#pid === undefined) return;
    const job = this.#job;
    this.#killing ??= taskkill(this.#pid).finally(() => {
      job?.terminate();
      this.#killing = undefined;
    });
  }

  exitCode(): number | undefined {
    return this.#job?.exitCode();
  }

  release(): void {
    this.#job?.close();
  }
}

async function taskkill(pid: number): Promise<void> {
  try {
    const killer = Bun.spawn([system32("taskkill.exe"), "/PID", String(pid), "/T", "/F"], {
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
