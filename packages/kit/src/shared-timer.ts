/**
 * Many short waits with one timer for all. Most of what is waited for comes long before its time, and a timer for each
 * would cost as much as serving it.
 */
import { type Clock, systemClock } from "./clock.ts";

export class SharedTimer<T> {
  readonly #onDue: (item: T) => void;
  readonly #clock: Clock;
  readonly #dueMs = new Map<T, number>();
  /** When the timer runs off; infinite without one. */
  #nextMs = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => undefined;

  /** @param onDue called once for each item that was not deleted in its time */
  constructor(onDue: (item: T) => void, clock: Clock = systemClock) {
    this.#onDue = onDue;
    this.#clock = clock;
  }

  add(item: T, afterMs: number): void {
    const nowMs = this.#clock.nowMs();
    const dueMs = nowMs + afterMs;
    this.#dueMs.set(item, dueMs);
    // Nearly all wait for the same time, so the timer of an older one is early enough.
    if (dueMs < this.#nextMs) this.#wait(dueMs, nowMs);
  }

  /** @returns whether it was still waited for */
  delete(item: T): boolean {
    return this.#dueMs.delete(item);
  }

  #wait(untilMs: number, nowMs: number): void {
    this.#cancel();
    this.#nextMs = untilMs;
    this.#cancel = this.#clock.after(untilMs - nowMs, () => this.#expire());
  }

  #expire(): void {
    this.#nextMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.nowMs();
    const due: T[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [item, dueMs] of this.#dueMs) {
      if (dueMs <= nowMs) due.push(item);
      else nextMs = Math.min(nextMs, dueMs);
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#wait(nextMs, nowMs);
    for (const item of due) if (this.#dueMs.delete(item)) this.#onDue(item);
  }
}
