/**
 * The answer to one POST of Streamable HTTP. It is a plain JSON response when the reply is the first thing
 * to send, and an event stream as soon as something else comes before it or it takes long: only a stream
 * can carry progress and be kept alive.
 */
import { limits } from "@mcp-gateway/kit";
import { errorBody, type JsonRpcId, withIdBytes } from "@mcp-gateway/mcp";
import { idBytesOf } from "../dispatch/bytes.ts";
import type { Exchange } from "../dispatch/context.ts";
import type { Channel } from "../sessions/channel.ts";
import { EventStream, eventStreamHeaders } from "../sessions/event-stream.ts";
import type { Session } from "../sessions/session.ts";
import { answerOrRefusal } from "../sessions/unread.ts";
import { jsonResponse } from "./json-response.ts";

export interface PostExchangeOptions {
  readonly session: Session;
  readonly requestId: JsonRpcId;
  readonly nowMs: number;
  /** What the client said it can read. */
  readonly acceptsJson: boolean;
  readonly acceptsStream: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Allows the connection to be quiet for as long as a stream may. */
  readonly allowQuiet: () => void;
}

/** Exchanges that have sent nothing yet and may become streams, oldest first. */
const waiting = new Set<PostExchange>();
/** Those whose client reads only JSON: their connections must be allowed to be quiet, again and again. */
const quiet = new Set<PostExchange>();

export class PostExchange implements Exchange {
  readonly response: Promise<Response>;
  readonly #options: PostExchangeOptions;
  #resolve: (response: Response) => void = () => {};
  #channel: Channel | undefined;
  #isDone = false;
  #quietSinceMs: number;

  constructor(options: PostExchangeOptions) {
    this.#options = options;
    this.response = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#quietSinceMs = options.nowMs;
    if (options.acceptsStream) waiting.add(this);
    else quiet.add(this);
    if (!options.acceptsJson) this.becomeStream();
  }

  reply(message: Uint8Array): void {
    if (this.#isDone) return;
    this.#end();
    const { session, requestId, headers } = this.#options;
    const answer = answerOrRefusal(session, message, requestId);
    if (this.#channel === undefined) {
      this.#resolve(jsonResponse(answer, session, headers));
      return;
    }
    this.#channel.send(answer, false);
    this.#channel.finish();
  }

  notify(message: Uint8Array, droppable: boolean): void {
    if (this.#isDone || !this.#options.acceptsStream) return; // A client that reads only JSON can't be told.
    this.becomeStream();
    this.#channel?.send(message, droppable);
  }

  /** A client that names no session has no way to answer. */
  ask(message: Uint8Array): boolean {
    if (this.#isDone || !this.#options.acceptsStream || this.#options.session.front === "single")
      return false;
    this.becomeStream();
    return this.#channel?.send(message, false) === true;
  }

  /** The client takes no answer any more, but its HTTP request must end all the same. */
  cancelled(): void {
    this.reply(
      withIdBytes(
        errorBody({ code: -32800, message: "The request was cancelled." }),
        idBytesOf(this.#options.requestId),
      ),
    );
  }

  becomeStream(): void {
    if (this.#channel !== undefined || this.#isDone) return;
    waiting.delete(this);
    const { session, headers, allowQuiet } = this.#options;
    const channel = session.addChannel();
    const stream = new EventStream(session, (closed) => channel.detach(closed));
    this.#channel = channel;
    channel.attach(stream);
    if (session.front === "streamable" && session.revision >= "2025-11-25") channel.prime();
    allowQuiet();
    this.#resolve(new Response(stream.body, { headers: { ...eventStreamHeaders, ...headers } }));
  }

  get #startedMs(): number {
    return this.#options.nowMs;
  }

  #stayQuiet(nowMs: number): void {
    if (nowMs - this.#quietSinceMs < limits.replyAsStreamAfterMs) return;
    this.#quietSinceMs = nowMs;
    this.#options.allowQuiet();
  }

  #end(): void {
    this.#isDone = true;
    waiting.delete(this);
    quiet.delete(this);
  }

  /** Turns what has waited long into streams. Called about once a second for all, so that none needs a timer. */
  static sweep(nowMs: number): void {
    for (const exchange of quiet) exchange.#stayQuiet(nowMs);
    for (const exchange of waiting) {
      if (nowMs - exchange.#startedMs < limits.replyAsStreamAfterMs) return; // The rest is younger.
      exchange.becomeStream();
    }
  }
}
