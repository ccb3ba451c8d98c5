/**
 * The 202 to a POST of HTTP+SSE. Sent at once it wakes the client in the middle of its call, and there is nothing to be
 * done with it: what the client waits for comes on its stream. So where one call is made at a time its 202 goes out behind
 * the answer, as long as the session's answers come soon. It never waits long: some clients post one message after the other.
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
    // Among many calls a client is woken all the time, and there is nothing to be gained.
    if (this.#isAnswered || !answersSoon || inFlight.size > 1 || waiting !== undefined) return accepted();
    beginWaiting(this);
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The answer was sent, or there will be none. */
  answered(): void {
    this.#isAnswered = true;
    this.#session.answersSoon = performance.now() - this.#postedMs < limits.acceptanceWaitMs;
    this.send();
  }

  send(): void {
    if (this.#resolve === undefined) return;
    if (waiting === this) waiting = undefined;
    this.#resolve(accepted());
    this.#resolve = undefined;
  }
}

/** One at a time in the whole process. */
let waiting: Acceptance | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** The timer is put off rather than made anew; and one that is due before the system's next tick makes every wait dearer. */
function beginWaiting(acceptance: Acceptance): void {
  waiting = acceptance;
  if (timer !== undefined) timer.refresh();
  else
    timer = setTimeout(() => {
      timer = undefined;
      waiting?.send();
    }, limits.acceptanceWaitMs);
}
