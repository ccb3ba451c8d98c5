/** Watches a backend that does not read: a stall that lasts is a fault, one that passes is not. */
import { type Clock, limits } from "@mcp-gateway/kit";

export class StallWatch {
  readonly #clock: Clock;
  readonly #isStillStalled: () => boolean;
  readonly #lost: () => void;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, isStillStalled: () => boolean, lost: () => void) {
    this.#clock = clock;
    this.#isStillStalled = isStillStalled;
    this.#lost = lost;
  }

  /** A message was not taken. */
  stalled(): void {
    this.#cancelTimer ??= this.#clock.after(limits.backendStalledMs, () => {
      this.#cancelTimer = undefined;
      // Nothing may have been sent since, so the last word may be old.
      if (this.#isStillStalled()) this.#lost();
    });
  }

  /** A message was taken: the backend reads again. */
  moved(): void {
    if (this.#cancelTimer === undefined) return;
    this.#cancelTimer();
    this.#cancelTimer = undefined;
  }

  stop(): void {
    this.moved();
  }
}
