/** The processes that run now: started, signalled and waited for by name. */
import type { Subprocess } from "bun";
import type { Programs } from "./launch-plan.ts";
import type { ProcessExit, ProcessName } from "./one-for-one.ts";

export class ProcessGroup {
  /** Those that serve clients. */
  readonly gateways: readonly ProcessName[];
  readonly all: readonly ProcessName[];
  readonly #programs: () => Programs;
  readonly #onExit: (exit: ProcessExit) => void;
  readonly #running = new Map<ProcessName, Subprocess<"pipe", "inherit" | "ignore", "inherit">>();
  readonly #everStarted = new Set<ProcessName>();
  readonly #waiting = new Set<() => void>();

  /** @param programs asked for at each start */
  constructor(programs: () => Programs, onExit: (exit: ProcessExit) => void) {
    this.#programs = programs;
    this.#onExit = onExit;
    this.all = [...programs().keys()];
    this.gateways = this.all.filter((name) => name !== "supervisor");
  }

  spawn(name: ProcessName): void {
    const program = this.#programs().get(name);
    if (program === undefined) return;
    const isFirst = !this.#everStarted.has(name);
    this.#everStarted.add(name);
    const subprocess = Bun.spawn([...program.command], {
      env: program.environment,
      // Never written to: its end tells the process that the launcher is gone, whatever ended it.
      stdin: "pipe",
      // One of them has the console.
      stdout: name === "gateway" ? "inherit" : "ignore",
      stderr: "inherit",
    });
    this.#running.set(name, subprocess);
    void subprocess.exited.then(() => {
      this.#running.delete(name);
      for (const wake of this.#waiting) wake();
      this.#onExit({
        name,
        isFirst,
        exitCode: subprocess.exitCode,
        signal: subprocess.signalCode === null ? null : String(subprocess.signalCode),
      });
    });
  }

  /** Asks it to end in order. */
  terminate(name: ProcessName): void {
    // Windows knows no SIGTERM: there the closed leash asks for an end in order.
    if (process.platform === "win32") void this.#running.get(name)?.stdin.end();
    else this.signal(name, "SIGTERM");
  }

  signal(name: ProcessName, signal: NodeJS.Signals): void {
    this.#running.get(name)?.kill(signal);
  }

  /** Resolves when those named have ended, when the time is over, or when `cancel` is raised. */
  async untilEnded(names: readonly ProcessName[], withinMs: number, cancel?: AbortSignal): Promise<void> {
    const deadlineMs = performance.now() + withinMs;
    while (names.some((name) => this.#running.has(name)) && cancel?.aborted !== true) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return;
      await this.#nextEnd(leftMs, cancel);
    }
  }

  #nextEnd(withinMs: number, cancel: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        cancel?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, withinMs);
      this.#waiting.add(wake);
      cancel?.addEventListener("abort", wake);
    });
  }
}
