/**
 * Which of a client's connections should end: one that reached another worker than its session's has every request
 * handed over, for as long as it lives. Closed after an answer, it makes way for a new one, which the system may give
 * to the right worker. Bounded for each session, because a proxy may put many sessions on one connection, where no
 * worker is right for all of them. Pure.
 */
import { limits } from "@mcp-gateway/kit";

export class Closings {
  /** Requests that were handed over, by session; the longest known first. */
  readonly #handedOver = new Map<string, number>();

  /** One more request of the session is handed over. @returns whether its connection should end with the answer */
  next(session: string): boolean {
    const count = (this.#handedOver.get(session) ?? 0) + 1;
    if (count === 1) this.#makeRoom();
    this.#handedOver.set(session, count);
    // A client that asks only once or twice here would gain nothing.
    return (
      count % limits.relaysPerClosing === 0 && count <= limits.relaysPerClosing * limits.relayClosingsMax
    );
  }

  #makeRoom(): void {
    if (this.#handedOver.size < limits.relaySessionsMax) return;
    const [oldest] = this.#handedOver.keys();
    if (oldest !== undefined) this.#handedOver.delete(oldest);
  }
}
