/** One command that runs in the background, with the newest of its output. */
import type { CommandOutcome } from "@mcp-gateway/shell-core";
import { RingOutput } from "./ring-output.ts";

export type JobState =
  | { readonly kind: "running" }
  | { readonly kind: "ended"; readonly outcome: CommandOutcome };

export class Job {
  readonly id: string;
  readonly command: string;
  readonly cwd: string;
  readonly output: RingOutput;
  readonly startedAtMs = performance.now();
  readonly #stop = new AbortController();
  readonly #changed = new Set<() => void>();
  #state: JobState = { kind: "running" };
  /** 0 until it has been started. */
  pid = 0;

  constructor(id: string, command: string, cwd: string, outputBytesMax: number) {
    this.id = id;
    this.command = command;
    this.cwd = cwd;
    this.output = new RingOutput(outputBytesMax);
  }

  get state(): JobState {
    return this.#state;
  }

  get stopSignal(): AbortSignal {
    return this.#stop.signal;
  }

  get durationMs(): number {
    return this.#state.kind === "ended"
      ? this.#state.outcome.durationMs
      : Math.round(performance.now() - this.startedAtMs);
  }

  stop(): void {
    this.#stop.abort();
  }

  wrote(chunk: Uint8Array): void {
    this.output.push(chunk);
    this.#tell();
  }

  ended(outcome: CommandOutcome): void {
    this.#state = { kind: "ended", outcome };
    this.#tell();
  }

  /** Resolves when the condition holds, the time is over, or the caller gave up. */
  async until(condition: () => boolean, timeMs: number, cancelled: AbortSignal): Promise<void> {
    if (condition() || cancelled.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (condition()) resolve();
    };
    const giveUp = (): void => resolve();
    const timer = setTimeout(giveUp, timeMs);
    cancelled.addEventListener("abort", giveUp, { once: true });
    this.#changed.add(look);
    await promise;
    this.#changed.delete(look);
    cancelled.removeEventListener("abort", giveUp);
    clearTimeout(timer);
  }

  #tell(): void {
    for (const look of this.#changed) look();
  }
}
