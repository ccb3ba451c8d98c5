/** Shows a running command's newest output to the client that asked for progress, at a bounded rate. */
import { limits } from "@mcp-gateway/kit/limits";
import type { Decode } from "./code-page.ts";
import { decodeText, withoutLeadingPartialCharacter, withoutTrailingPartialCharacter } from "./text.ts";

export interface Progress {
  /** Milliseconds since the start; it grows with each report, as the protocol demands. */
  readonly progress: number;
  /** The time limit. */
  readonly total: number;
  /** Output since the last report, its end if it is long; absent when there was none. */
  readonly message?: string;
}

export class ProgressReporter {
  readonly #send: (progress: Progress) => void;
  readonly #totalMs: number;
  readonly #decode: Decode;
  readonly #startedAtMs = performance.now();
  #pending: Uint8Array = new Uint8Array(0);
  /** Whether a report of new output is already on its way. */
  #hasNews = false;
  #reported = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nextAtMs = 0;

  constructor(totalMs: number, send: (progress: Progress) => void, decode: Decode = decodeText) {
    this.#decode = decode;
    this.#totalMs = totalMs;
    this.#send = send;
    this.#arm(limits.shellProgressSilenceMs);
  }

  output(chunk: Uint8Array): void {
    // Two reports' worth is enough to have whole characters at both ends of one.
    const together =
      chunk.length > limits.shellProgressBytesMax ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#pending = together.slice(-limits.shellProgressBytesMax);
    if (this.#hasNews) return;
    this.#hasNews = true;
    this.#arm(Math.max(0, this.#nextAtMs - performance.now()));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#report(), delayMs);
  }

  #report(): void {
    const whole = withoutTrailingPartialCharacter(this.#pending);
    const message = this.#decode(withoutLeadingPartialCharacter(whole));
    // The beginning of a character whose rest is still to come waits for it.
    this.#pending = this.#pending.slice(whole.length);
    this.#hasNews = false;
    this.#reported = Math.max(this.#reported + 1, Math.round(performance.now() - this.#startedAtMs));
    this.#send({ progress: this.#reported, total: this.#totalMs, ...(message === "" ? {} : { message }) });
    this.#nextAtMs = performance.now() + limits.shellProgressEveryMs;
    this.#arm(limits.shellProgressSilenceMs);
  }
}
