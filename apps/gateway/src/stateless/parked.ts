/**
 * Calls that wait for their client to come back with answers: bounded in number and in time. A client that
 * never comes is no client's problem: its call is ended, and its backend told.
 */
import { limits, randomToken } from "@mcp-gateway/kit";

export interface Parkable {
  /** Under which its backend's messages are attributed. */
  readonly sessionId: string;
  /** It waits no longer. `reason` is for the backend and the log. */
  expire(reason: string): void;
}

interface Parked<T> {
  readonly call: T;
  readonly sinceMs: number;
  readonly untilMs: number;
}

export class ParkedCalls<T extends Parkable> {
  /** In the order in which they were parked last. */
  readonly #calls = new Map<string, Parked<T>>();

  get size(): number {
    return this.#calls.size;
  }

  /** @returns the name under which it is found again; given again for a call that has one */
  park(call: T, name: string | undefined, nowMs: number, waitMs: number): string {
    const key = name ?? randomToken(16);
    this.#calls.delete(key);
    this.#makeRoom();
    this.#calls.set(key, { call, sinceMs: nowMs, untilMs: nowMs + waitMs });
    return key;
  }

  find(name: string, nowMs: number): T | undefined {
    const parked = this.#calls.get(name);
    return parked === undefined || parked.untilMs <= nowMs ? undefined : parked.call;
  }

  remove(name: string): void {
    this.#calls.delete(name);
  }

  sweep(nowMs: number): void {
    for (const [name, { call, untilMs }] of this.#calls) {
      if (untilMs > nowMs) continue;
      this.#calls.delete(name);
      call.expire("the client did not come back with an answer");
    }
  }

  /**
   * A question could not be told from those that calls of these sessions may have. The ones whose clients have had
   * some time are given up, so that it is the last one.
   */
  giveWay(sessions: ReadonlySet<string | undefined>, nowMs: number): void {
    for (const [name, { call, sinceMs }] of this.#calls) {
      if (!sessions.has(call.sessionId) || nowMs - sinceMs < limits.parkedYieldMs) continue;
      this.#calls.delete(name);
      call.expire("another client's question could not be told from this call's");
    }
  }

  endAll(reason: string): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { call } of calls) call.expire(reason);
  }

  /** The one that has waited longest is the likeliest to be given up. */
  #makeRoom(): void {
    if (this.#calls.size < limits.parkedCallsMax) return;
    for (const [name, { call }] of this.#calls) {
      this.#calls.delete(name);
      return call.expire("too many calls wait for their clients");
    }
  }
}
