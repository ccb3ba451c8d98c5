/**
 * The HTTP answer to one POST of the stateless revision: plain JSON when the response is the first thing to
 * send, an event stream as soon as something comes before it or it takes long. Streams have no event ids here,
 * and a client that goes away has cancelled (2026-07-28, Streamable HTTP, "Cancellation").
 */
import { limits, SharedTimer } from "@mcp-gateway/kit";
import { encodeSseEvent, type JsonRpcId } from "@mcp-gateway/mcp";
import { jsonResponse } from "../fronts/json-response.ts";
import { EventStream, eventStreamHeaders } from "../sessions/event-stream.ts";
import { answerOrRefusal, type Reader } from "../sessions/unread.ts";

export interface AnswerOptions {
  readonly request: Request;
  readonly id: JsonRpcId;
  readonly acceptsJson: boolean;
  readonly acceptsStream: boolean;
  readonly nowMs: number;
  /** Allows the connection to be quiet for as long as a stream may. */
  readonly allowQuiet: () => void;
}

const nothing = (): void => undefined;

export class Answer implements Reader {
  readonly response: Promise<Response>;
  /** Called once, when the client goes away before it has its response. */
  onGone: () => void = nothing;
  unreadBytes = 0;
  readonly #options: AnswerOptions;
  #resolve: (response: Response) => void = nothing;
  #stream: EventStream | undefined;
  #isOver = false;
  #onAbort: (() => void) | undefined;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.response = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    unwatched.add(this, limits.connectionWatchAfterMs);
    if (options.acceptsStream) waiting.add(this);
    if (!options.acceptsJson) this.becomeStream();
  }

  /** The response. `status` can be said only while nothing else was sent. */
  send(message: Uint8Array, status: number): void {
    if (this.#isOver) return;
    this.#end();
    const answer = answerOrRefusal(this, message, this.#options.id);
    if (this.#stream !== undefined) {
      this.#stream.send(encodeSseEvent({ event: "message", data: answer }), false);
      this.#stream.close();
      return;
    }
    this.#resolve(jsonResponse(answer, this, {}, status));
  }

  /** A notification that comes before the response; a client that reads only JSON can't be told. */
  notify(message: Uint8Array): void {
    if (this.#isOver || !this.#options.acceptsStream) return;
    this.becomeStream();
    this.#stream?.send(encodeSseEvent({ event: "message", data: message }), true);
  }

  becomeStream(): void {
    if (this.#stream !== undefined || this.#isOver) return;
    waiting.delete(this);
    this.#stream = new EventStream(this, () => this.#gone());
    this.#options.allowQuiet();
    this.#resolve(new Response(this.#stream.body, { headers: eventStreamHeaders }));
  }

  #gone(): void {
    if (this.#isOver) return;
    this.#end();
    this.#stream?.close();
    this.#resolve(new Response(null, { status: 499 })); // Nobody reads it; the handler's promise must end.
    this.onGone();
  }

  #end(): void {
    this.#isOver = true;
    waiting.delete(this);
    if (unwatched.delete(this) || this.#onAbort === undefined) return;
    this.#options.request.signal.removeEventListener("abort", this.#onAbort);
  }

  /** From now on it is noticed when the client goes away, or has gone. */
  watch(): void {
    const { signal } = this.#options.request;
    if (signal.aborted) return this.#gone();
    this.#onAbort = () => this.#gone();
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Turns what has waited long into streams. Called about once a second for all, so that none needs a timer. */
  static sweep(nowMs: number): void {
    for (const answer of waiting) {
      if (nowMs - answer.#options.nowMs < limits.replyAsStreamAfterMs) return; // The rest is younger.
      answer.becomeStream();
    }
  }
}

/** Answers that have sent nothing yet, oldest first. */
const waiting = new Set<Answer>();

/**
 * Answers whose clients' connections are not watched yet. Most are over before they need to be, and a signal costs
 * as much as all else that is done for a request of this revision.
 */
const unwatched = new SharedTimer<Answer>((answer) => answer.watch());
