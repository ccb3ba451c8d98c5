/** Lets a bounded number of calls run at once; the others wait in the order they came, bounded as well. */

export type Admission =
  | { readonly kind: "admitted"; leave(): void }
  | { readonly kind: "full" | "cancelled" };

export class CallGate {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  #running = 0;
  readonly #waiting = new Set<() => void>();

  constructor(runningMax: number, waitingMax: number) {
    this.#runningMax = runningMax;
    this.#waitingMax = waitingMax;
  }

  async enter(cancelled: AbortSignal): Promise<Admission> {
    if (cancelled.aborted) return { kind: "cancelled" };
    if (this.#running < this.#runningMax) {
      this.#running += 1;
      return this.#admitted();
    }
    if (this.#waiting.size >= this.#waitingMax) return { kind: "full" };
    return (await this.#turn(cancelled)) ? this.#admitted() : { kind: "cancelled" };
  }

  /** True when a place was handed over, false when the call was cancelled while it waited. */
  #turn(cancelled: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const admit = (): void => {
        cancelled.removeEventListener("abort", giveUp);
        resolve(true);
      };
      const giveUp = (): void => {
        this.#waiting.delete(admit);
        resolve(false);
      };
      this.#waiting.add(admit);
      cancelled.addEventListener("abort", giveUp, { once: true });
    });
  }

  #admitted(): Admission {
    let left = false;
    return {
      kind: "admitted",
      leave: () => {
        if (left) return;
        left = true;
        this.#passOn();
      },
    };
  }

  /** A place that becomes free goes to the one that waited longest without ever being free in between. */
  #passOn(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
