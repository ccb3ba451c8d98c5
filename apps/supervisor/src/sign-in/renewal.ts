/**
 * When a token is renewed: before it expires, or when it was refused; once for everybody who waits for it; and after
 * a failure not again until a growing time has passed.
 */
import { backoffDelayMs, type Clock, limits } from "@mcp-gateway/kit";

export interface RenewalParts {
  readonly clock: Clock;
  readonly random: () => number;
  /** @throws when trying again may help */
  readonly renew: () => Promise<void>;
  /** Unix milliseconds; undefined: it need not be renewed, or can't be. */
  readonly dueAt: () => number | undefined;
}

export class Renewal {
  readonly #parts: RenewalParts;
  #running: Promise<void> | undefined;
  #renewedMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #failure: unknown;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: () => void = () => undefined;
  #isOver = false;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
  }

  /** A token that is refused right after it was renewed is refused for another reason. */
  get isFresh(): boolean {
    return this.#parts.clock.nowMs() - this.#renewedMs < limits.signInRenewEveryMsMin;
  }

  /** Whatever end it was given: it is as good as any that could be had now. */
  get isJustDone(): boolean {
    return this.#parts.clock.nowMs() - this.#renewedMs < limits.signInRenewGapMs;
  }

  /** Joins the renewal that is under way; fails as the last one did until its time has passed. */
  run(): Promise<void> {
    if (this.#parts.clock.nowMs() < this.#notBeforeMs) return Promise.reject(this.#failure);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.schedule();
    });
    return this.#running;
  }

  /** There are other credentials: what failed before was about those before. */
  reset(): void {
    this.#failures = 0;
    this.#notBeforeMs = Number.NEGATIVE_INFINITY;
    this.schedule();
  }

  /** In the background, so that no call waits for it. */
  schedule(): void {
    this.#cancelTimer();
    const dueAt = this.#parts.dueAt();
    if (dueAt === undefined || this.#isOver) return;
    const { clock } = this.#parts;
    const notBeforeMs = Math.max(this.#notBeforeMs, this.#renewedMs + limits.signInRenewGapMs);
    const delayMs = Math.max(dueAt - Date.now(), notBeforeMs - clock.nowMs(), 0);
    this.#cancelTimer = clock.after(Math.min(delayMs, timerMsMax), () => {
      if (delayMs > timerMsMax) this.schedule();
      // Its failure is in the log, and whoever needs the token is told.
      else this.run().catch(() => undefined);
    });
  }

  end(): void {
    this.#isOver = true;
    this.#cancelTimer();
  }

  async #run(): Promise<void> {
    const { clock, random, renew } = this.#parts;
    try {
      await renew();
      this.#renewedMs = clock.nowMs();
      this.#failures = 0;
    } catch (thrown) {
      const bounds = {
        minMs: limits.signInRetryMsMin,
        maxMs: limits.signInRetryMsMax,
        jitterRatio: limits.restartJitterRatio,
      };
      this.#failure = thrown;
      this.#notBeforeMs = clock.nowMs() + backoffDelayMs(bounds, this.#failures, random());
      this.#failures += 1;
      throw thrown;
    }
  }
}

/** What a timer of the runtime can wait (2^31 - 1 ms). */
const timerMsMax = 2_147_483_647;
