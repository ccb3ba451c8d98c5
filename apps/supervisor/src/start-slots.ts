/**
 * How many programs may be coming up at once: a machine that starts forty of them together starts none. At first it
 * is still fewer: clients that find the gateway started anew are waiting for what it knows, and need the machine too.
 */
import { type Clock, limits } from "@mcp-gateway/kit";

/** Gives the slot back; calling it again does nothing. */
export type ReleaseSlot = () => void;

export class StartSlots {
  readonly #clock: Clock;
  readonly #slotsMax: number;
  /** How many there are now; undefined before the first is asked for. */
  #slots: number | undefined;
  #taken = 0;
  /** Those who wait, first come first. A slot that is given back is handed to the first of them. */
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock, slotsMax: number = limits.backendStartsAtOnceMax) {
    this.#clock = clock;
    this.#slotsMax = slotsMax;
  }

  /** Waits for a slot, which ends by itself after `backendStartSlotMsMax`. `undefined`: aborted. */
  acquire(signal: AbortSignal): Promise<ReleaseSlot | undefined> {
    const { promise, resolve } = Promise.withResolvers<ReleaseSlot | undefined>();
    if (signal.aborted) resolve(undefined);
    else if (this.#taken < this.#slotsNow()) resolve(this.#take());
    else {
      const turn = (): void => {
        signal.removeEventListener("abort", leave);
        resolve(this.#take());
      };
      const leave = (): void => {
        this.#waiting.delete(turn);
        resolve(undefined);
      };
      this.#waiting.add(turn);
      signal.addEventListener("abort", leave, { once: true });
    }
    return promise;
  }

  #slotsNow(): number {
    if (this.#slots === undefined) {
      this.#slots = Math.min(this.#slotsMax, limits.backendStartsAtOnceFirstMax);
      this.#clock.after(limits.backendStartsFirstMs, () => this.#widen());
    }
    return this.#slots;
  }

  #widen(): void {
    this.#slots = this.#slotsMax;
    while (this.#taken < this.#slotsMax && this.#callNext());
  }

  /** @returns false when nobody waits */
  #callNext(): boolean {
    const [next] = this.#waiting;
    if (next === undefined) return false;
    this.#waiting.delete(next);
    next();
    return true;
  }

  #take(): ReleaseSlot {
    this.#taken += 1;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      cancelTimer();
      this.#taken -= 1;
      this.#callNext();
    };
    const cancelTimer = this.#clock.after(limits.backendStartSlotMsMax, release);
    return release;
  }
}
