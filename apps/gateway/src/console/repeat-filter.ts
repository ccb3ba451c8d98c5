/**
 * Keeps the console calm: a server that fails with the same words at every try is told about once, and clients
 * that come and go by the hundred make a line every few seconds. Takes the time as an argument.
 */
import type { ConsoleEvent } from "./events.ts";

export type Verdict =
  | { readonly kind: "show" }
  | { readonly kind: "drop" }
  /** Ask again at this time, with the latest event of the subject. */
  | { readonly kind: "later"; readonly atMs: number };

const show: Verdict = { kind: "show" };
const drop: Verdict = { kind: "drop" };

export class RepeatFilter {
  readonly #sessionsEveryMs: number;
  /** Per subject, what was said last. */
  readonly #said = new Map<string, string>();
  #sessionsShownAtMs = Number.NEGATIVE_INFINITY;

  constructor(sessionsEveryMs: number) {
    this.#sessionsEveryMs = sessionsEveryMs;
  }

  judge(event: ConsoleEvent, nowMs: number): Verdict {
    if (event.subject === "sessions") return this.#judgeSessions(event, nowMs);
    if (event.key === "removed") {
      this.#said.delete(event.subject);
      return show;
    }
    // Coming up is news each time; after it, so is the next failure.
    if (event.tone !== "success" && this.#said.get(event.subject) === event.key) return drop;
    this.#said.set(event.subject, event.key);
    return show;
  }

  #judgeSessions(event: ConsoleEvent, nowMs: number): Verdict {
    const atMs = this.#sessionsShownAtMs + this.#sessionsEveryMs;
    if (nowMs < atMs) return { kind: "later", atMs };
    if (this.#said.get(event.subject) === event.key) return drop;
    this.#said.set(event.subject, event.key);
    this.#sessionsShownAtMs = nowMs;
    return show;
  }
}
