/**
 * Counts what a backend sent that nobody could use, and tells the log about it once in a while: banners on
 * stdout are common and harmless, but a backend that only makes noise must be visible.
 */
import type { DropCounts } from "@mcp-gateway/contract";
import { type Clock, type Log, limits, redact } from "@mcp-gateway/kit";

export function noDrops(): DropCounts {
  return { malformed: 0, unknownReplies: 0, notifications: 0, reverse: 0, outgoing: 0 };
}

export class Noise {
  readonly counts = noDrops();
  #firstMalformed = "";
  readonly #nextLogAtMs = new Map<keyof DropCounts, number>();
  readonly #log: Log;
  readonly #backend: string;
  readonly #clock: Clock;
  readonly #onDropped: (kind: keyof DropCounts) => void;

  constructor(log: Log, backend: string, clock: Clock, onDropped: (kind: keyof DropCounts) => void) {
    this.#onDropped = onDropped;
    this.#log = log;
    this.#backend = backend;
    this.#clock = clock;
  }

  /** A sentence about what came instead of messages, with its beginning; empty when nothing did. */
  described(): string {
    if (this.#firstMalformed === "") return "";
    return ` It writes something else to its output: ${JSON.stringify(redact(this.#firstMalformed))}.`;
  }

  /** Counts one dropped message; the log gets the beginning of one of them a minute, for each kind. */
  drop(kind: keyof DropCounts, message: Uint8Array): void {
    this.counts[kind] += 1;
    this.#onDropped(kind);
    if (kind === "malformed" && this.#firstMalformed === "")
      this.#firstMalformed = beginningOf(message).trim();
    const nowMs = this.#clock.nowMs();
    if (nowMs < (this.#nextLogAtMs.get(kind) ?? Number.NEGATIVE_INFINITY)) return;
    this.#nextLogAtMs.set(kind, nowMs + limits.backendNoiseLogEveryMs);
    const fields = {
      backend: this.#backend,
      kind,
      dropped: this.counts[kind],
      beginning: beginningOf(message),
    };
    if (kind === "malformed") this.#log.warning("backend output dropped", fields);
    else this.#log.debug("backend message dropped", fields);
  }
}

/** The first characters of a message, for a log line. */
export function beginningOf(message: Uint8Array): string {
  const head = message.subarray(0, limits.backendNoiseLogCharsMax * 4);
  return new TextDecoder().decode(head).slice(0, limits.backendNoiseLogCharsMax);
}
