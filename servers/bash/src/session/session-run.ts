/** One run in a session: its output, and how it ended. */
import { CappedOutput, type CapturedOutput, type OutputStream } from "@mcp-gateway/shell-core";
import type { Report } from "./driver-text.ts";

export type StopReason = "timed-out" | "cancelled" | "interrupted";

/** Which way a run came to its end. */
export type RunEnd =
  | { readonly kind: "reported"; readonly report: Report }
  | { readonly kind: "shell-ended"; readonly exitCode: number | null; readonly signal: string | null };

export class SessionRun {
  readonly startedAtMs = performance.now();
  readonly ended: Promise<RunEnd>;
  readonly #captures: Readonly<Record<OutputStream, CappedOutput>>;
  readonly #onOutput: ((chunk: Uint8Array) => void) | undefined;
  readonly #resolve: (end: RunEnd) => void;
  #report: Report | undefined;
  #isStderrComplete = false;
  isOver = false;
  /** Set by whoever wants it to end before its time. */
  stopReason: StopReason | undefined;

  constructor(outputBytesMax: number, onOutput: ((chunk: Uint8Array) => void) | undefined) {
    this.#captures = { stdout: new CappedOutput(outputBytesMax), stderr: new CappedOutput(outputBytesMax) };
    this.#onOutput = onOutput;
    const { promise, resolve } = Promise.withResolvers<RunEnd>();
    this.ended = promise;
    this.#resolve = (end) => {
      this.isOver = true;
      resolve(end);
    };
  }

  output(stream: OutputStream, chunk: Uint8Array): void {
    this.#captures[stream].push(chunk);
    this.#onOutput?.(chunk);
  }

  /** The end is reported on both streams, so that nothing of either comes too late. */
  reported(report: Report): void {
    this.#report ??= report;
    this.#settle();
  }

  stderrComplete(): void {
    this.#isStderrComplete = true;
    this.#settle();
  }

  shellEnded(exitCode: number | null, signal: string | null): void {
    this.#resolve({ kind: "shell-ended", exitCode, signal });
  }

  capture(): Readonly<Record<OutputStream, CapturedOutput>> {
    return { stdout: this.#captures.stdout.capture(), stderr: this.#captures.stderr.capture() };
  }

  #settle(): void {
    if (this.#report !== undefined && this.#isStderrComplete)
      this.#resolve({ kind: "reported", report: this.#report });
  }
}
