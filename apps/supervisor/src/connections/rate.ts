/** Counts events in windows of one second; a pure bound against floods. */
export class RatePerSecond {
  readonly #max: number;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Counts one event; false when it is one too many for this second. */
  take(nowMs: number): boolean {
    if (nowMs - this.#windowStartMs >= 1_000) {
      this.#windowStartMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#max;
  }
}
