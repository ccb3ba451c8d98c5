/**
 * The 202 to a POST of HTTP+SSE. Sent at once it wakes the client in the middle of its call, and there is nothing to be
 * done with it: what the client waits for comes on its stream. So the 202 to a session's only call goes out behind the
 * answer, as long as the session's answers come soon. It never waits long: some clients post one message after the other.
 */
import { limits } from "@mcp-gateway/kit";
import type { Session } from "../sessions/session.ts";

export function accepted(): Response {
  return new Response("Accepted", { status: 202 });
}

/** Of one request. */
export class Acceptance {
  readonly #session: Session;
  readonly #postedMs = performance.now();
  #isAnswered = false;
  #resolve: ((response: Response) => void) | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Asked for once, when the request is under way. */
  response(): Response | Promise<Response> {
    const { answersSoon, inFlight } = this.#session;
    if (this.#isAnswered || !answersSoon || inFlight.size > 1) return accepted();
    waiting.add(this);
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The answer was sent, or there will be none. */
  answered(): void {
    this.#isAnswered = true;
    this.#session.answersSoon = performance.now() - this.#postedMs < limits.acceptanceWaitMs;
    if (this.#resolve === undefined) return;
    waiting.remove(this);
    this.send();
  }

  send(): void {
    this.#resolve?.(accepted());
    this.#resolve = undefined;
  }
}

/** Those that wait, with one timer for all: each waits for two of its periods at most. */
const waiting = new (class {
  #older = new Set<Acceptance>();
  #younger = new Set<Acceptance>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  add(acceptance: Acceptance): void {
    const isFirst = this.#older.size === 0 && this.#younger.size === 0;
    this.#younger.add(acceptance);
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#period(), limits.acceptanceWaitMs);
    // Put off while nobody waits: a timer that is due before the system's next tick makes every wait of the process dearer.
    else if (isFirst) this.#timer.refresh();
  }

  remove(acceptance: Acceptance): void {
    if (!this.#younger.delete(acceptance)) this.#older.delete(acceptance);
  }

  #period(): void {
    this.#timer = undefined;
    for (const acceptance of this.#older) acceptance.send();
    this.#older.clear();
    [this.#older, this.#younger] = [this.#younger, this.#older];
    if (this.#older.size > 0) this.#timer = setTimeout(() => this.#period(), limits.acceptanceWaitMs);
  }
})();
