/**
 * Calls that were cancelled, and of which the backend may still speak: what it wrote before it read the cancellation
 * can be on its way. It is asked something harmless behind the cancellation, and when it has answered that, nothing
 * of theirs can come any more.
 */
import { type Clock, type JsonRpcErrorObject, limits } from "@mcp-gateway/kit";
import { type Entry, isUnnamedAt } from "./call-entry.ts";
import type { CallOwner, CallRequest } from "./calls.ts";

/** With these ends the connection, and what was said on it. */
const endsOfConnection: readonly unknown[] = [
  "backend-lost",
  "backend-not-ready",
  "backend-renewing",
  "backend-unknown",
  "supervisor-lost",
];

export class GivenUpCalls implements Iterable<Entry> {
  readonly #start: (request: CallRequest, owner: CallOwner) => number;
  readonly #clock: Clock;
  readonly #entries = new Set<Entry>();

  constructor(start: (request: CallRequest, owner: CallOwner) => number, clock: Clock) {
    this.#start = start;
    this.#clock = clock;
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#entries.values();
  }

  /** Its cancellation was sent just now. */
  add(entry: Entry): void {
    const { backend } = entry;
    if (!isUnnamedAt(entry, backend.index) || backend.era === "stateless") return;
    this.#entries.add(entry);
    this.#ask(entry);
  }

  clear(): void {
    this.#entries.clear();
  }

  #ask(entry: Entry): void {
    if (!this.#entries.has(entry)) return;
    const over = (): void => void this.#entries.delete(entry);
    const owner: CallOwner = {
      sessionId: undefined,
      isHousekeeping: true,
      onReply: over,
      onFailure: (error) => {
        if (endsOfConnection.includes(reasonOf(error))) return over();
        // One that does not answer has not read on either.
        this.#clock.after(limits.listTimeoutMs, () => this.#ask(entry));
      },
    };
    const params = (): undefined => undefined;
    try {
      this.#start({ backend: entry.backend, method: "ping", params, timeoutMs: limits.listTimeoutMs }, owner);
    } catch {
      over(); // The connection is gone.
    }
  }
}

function reasonOf({ data }: JsonRpcErrorObject): unknown {
  return typeof data === "object" && data !== null && "reason" in data ? data.reason : undefined;
}
