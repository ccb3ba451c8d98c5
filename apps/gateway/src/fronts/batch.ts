/**
 * JSON-RPC batches, which exist in revision 2025-03-26 only (Streamable HTTP, "Sending Messages"). Each request
 * of a batch is answered by itself; together they are one JSON array, or one event stream when anything has
 * to be said before the last answer.
 */
import type { ClientRequest, Exchange } from "../dispatch/context.ts";
import type { Channel } from "../sessions/channel.ts";
import { EventStream, eventStreamHeaders } from "../sessions/event-stream.ts";
import type { Session } from "../sessions/session.ts";
import { addUnread, answerOrRefusal } from "../sessions/unread.ts";
import { jsonResponse } from "./json-response.ts";

export interface BatchOptions {
  readonly session: Session;
  readonly requests: readonly ClientRequest[];
  readonly acceptsStream: boolean;
  readonly allowQuiet: () => void;
}

const openBracket = Buffer.from("[");
const comma = Buffer.from(",");
const closeBracket = Buffer.from("]");

export class Batch {
  readonly response: Promise<Response>;
  readonly #options: BatchOptions;
  #resolve: (response: Response) => void = () => {};
  readonly #replies: Uint8Array[] = [];
  #repliesBytes = 0;
  #open: number;
  #channel: Channel | undefined;

  constructor(options: BatchOptions) {
    this.#options = options;
    this.#open = options.requests.length;
    this.response = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    // A stream can be kept alive while the slowest of them works; an array can't.
    if (options.acceptsStream) this.#becomeStream();
  }

  /** Where the answer to one request of the batch goes. */
  exchange({ id }: ClientRequest): Exchange {
    let isDone = false;
    const done = (message?: Uint8Array): void => {
      if (isDone) return;
      isDone = true;
      this.#take(message);
    };
    return {
      reply: (message) => done(answerOrRefusal(this.#options.session, message, id)),
      notify: (message, droppable) => this.#channel?.send(message, droppable),
      ask: (message) => this.#channel?.send(message, false) === true,
      cancelled: () => done(),
    };
  }

  #take(message: Uint8Array | undefined): void {
    this.#open -= 1;
    if (message !== undefined) {
      if (this.#channel === undefined) this.#keep(message);
      else this.#channel.send(message, false);
    }
    if (this.#open > 0) return;
    if (this.#channel !== undefined) return this.#channel.finish();
    const parts = this.#replies.flatMap((reply, index) => [index === 0 ? openBracket : comma, reply]);
    const array = Buffer.concat([...parts, closeBracket]);
    const { session } = this.#options;
    addUnread(session, -this.#repliesBytes);
    this.#resolve(jsonResponse(array, session));
  }

  /** Until the slowest has come nobody can read the others. */
  #keep(message: Uint8Array): void {
    this.#replies.push(new Uint8Array(message)); // A copy; `slice` of a Buffer is none.
    this.#repliesBytes += message.length;
    addUnread(this.#options.session, message.length);
  }

  #becomeStream(): void {
    const { session } = this.#options;
    const channel = session.addChannel();
    const stream = new EventStream(session, (closed) => channel.detach(closed));
    this.#channel = channel;
    channel.attach(stream);
    this.#options.allowQuiet();
    this.#resolve(new Response(stream.body, { headers: eventStreamHeaders }));
  }
}
