/**
 * Streamable HTTP of revision 2026-07-28: each request is a POST that stands alone, answered by JSON or by an
 * event stream of its own, which is never resumed. There is no session, no GET, no DELETE; leaving a stream
 * cancels its request, and that is the only thing a client tells but requests.
 */
import { GatewayError, isGatewayError, limits } from "@mcp-gateway/kit";
import { errorReply, idBytes, readEnvelope, readIntegerId, statelessRevision } from "@mcp-gateway/mcp";
import { type Static, Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";
import { Gate } from "../gate.ts";
import { readEventStream } from "./event-stream.ts";
import { faultOfError, isSignedOut } from "./fault.ts";
import { contentTypeOf, discard, type HttpClient, readBody, readRefusal } from "./http-client.ts";
import { emptyAnswerError, type HttpRefusal, isRefused, refusalError } from "./http-errors.ts";
import { acceptBoth, isEventStream } from "./http-session.ts";
import { oversizedError } from "./oversized.ts";
import { passed } from "./timing.ts";
import type { Transport, TransportEvents } from "./transport.ts";

interface Exchange {
  readonly requestId: number;
  readonly abort: AbortController;
  hangUp: ReturnType<typeof setTimeout> | undefined;
}

export class StatelessHttpTransport implements Transport {
  readonly #client: HttpClient;
  readonly #events: TransportEvents;
  readonly #gate = new Gate();
  readonly #exchanges = new Map<number, Exchange>();
  #waitingBytes = 0;
  #isClosed = false;
  #isNegotiated = false;

  constructor(client: HttpClient, events: TransportEvents) {
    this.#client = client;
    this.#events = events;
  }

  send(
    message: Uint8Array,
    requestId: number | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): "sent" | "stalled" | "closed" {
    if (this.#isClosed) return "closed";
    // The revision defines no notification of a client over HTTP; `abandon` is how it cancels.
    if (requestId === undefined) return "sent";
    if (this.#waitingBytes > 0 && this.#waitingBytes + message.length > limits.backendHttpInputBytesMax)
      return "stalled";
    this.#waitingBytes += message.length;
    const exchange: Exchange = { requestId, abort: new AbortController(), hangUp: undefined };
    this.#exchanges.set(requestId, exchange);
    void this.#run(exchange, message, headers).finally(() => {
      clearTimeout(exchange.hangUp);
      this.#exchanges.delete(requestId);
    });
    return "sent";
  }

  abandon(requestId: number): void {
    this.#exchanges.get(requestId)?.abort.abort();
  }

  negotiated(): void {
    this.#isNegotiated = true;
  }

  opened(): void {
    // Nothing is opened: a subscription is a request like any other.
  }

  pause(): void {
    this.#gate.pause();
  }

  resume(): void {
    this.#gate.resume();
  }

  close(): Promise<void> {
    this.#stop();
    return Promise.resolve();
  }

  /** Never rejects. */
  async #run(
    exchange: Exchange,
    message: Uint8Array,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { signal } = exchange.abort;
    try {
      const response = await this.#client
        .request({
          method: "POST",
          accept: acceptBoth,
          body: message,
          headers: { ...headers, "mcp-protocol-version": statelessRevision },
          signal,
        })
        .finally(() => {
          this.#waitingBytes -= message.length;
        });
      if (!response.ok) await this.#takeRefusal(exchange, response);
      else if (isEventStream(response)) await this.#takeStream(exchange, response);
      else await this.#takeBody(exchange, response);
    } catch (thrown) {
      this.#fail(exchange, isGatewayError(thrown) ? thrown : this.#broken(thrown));
    }
  }

  async #takeBody(exchange: Exchange, response: Response): Promise<void> {
    const { backend } = this.#client;
    const contentType = contentTypeOf(response);
    if (contentType !== "application/json") {
      await discard(response);
      const shown = contentType === "" ? "no content" : contentType.slice(0, 100);
      return this.#failUnanswered(exchange, `HTTP ${response.status} with ${shown}`);
    }
    const body = await readBody(response, limits.backendMessageBytesMax, backend, this.#gate);
    if (body.length > 0) this.#deliver(exchange, body);
    this.#failUnanswered(exchange, "JSON that belongs to another request or to none");
  }

  async #takeStream(exchange: Exchange, response: Response): Promise<void> {
    const isWaiting = (): boolean => this.#events.waitsFor(exchange.requestId);
    await readEventStream(response, {
      gate: this.#gate,
      onEvent: ({ event, data }) => {
        if (event !== "message" || data.length === 0) return;
        this.#deliver(exchange, data);
        // A server should end the stream behind the answer; one that does not is hung up on.
        if (!isWaiting())
          exchange.hangUp ??= setTimeout(() => exchange.abort.abort(), limits.stopInputGraceMs);
      },
      onOversized: (bytes) => this.#fail(exchange, oversizedError(this.#client.backend, bytes)),
    });
    if (isWaiting()) this.#fail(exchange, this.#broken(undefined));
  }

  async #takeRefusal(exchange: Exchange, response: Response): Promise<void> {
    const refusal = await readRefusal(response);
    const answer = answerIn(refusal, exchange.requestId);
    if (answer === undefined) this.#fail(exchange, refusalError(this.#client.backend, refusal));
    else this.#deliver(exchange, answer);
  }

  #deliver(exchange: Exchange, message: Uint8Array): void {
    if (!exchange.abort.signal.aborted) this.#events.onMessage(message, exchange.requestId);
  }

  #failUnanswered(exchange: Exchange, what: string): void {
    if (this.#events.waitsFor(exchange.requestId))
      this.#fail(exchange, emptyAnswerError(this.#client.backend, what));
  }

  #fail(exchange: Exchange, error: GatewayError): void {
    if (exchange.abort.signal.aborted) return;
    this.#events.onRequestFailed(exchange.requestId, error);
    const { system } = error.facts;
    // Where nobody listens, asking again for each call helps nobody: it is tried until it is back.
    if (!this.#isNegotiated) return;
    if (typeof system === "string" && isRefused(system)) this.#end(error);
    // Others on their way are refused likewise, and are heard of in a moment.
    else if (isSignedOut(error)) void passed(limits.sessionLostGatherMs).then(() => this.#end(error));
  }

  #end(error: GatewayError): void {
    if (this.#isClosed) return;
    this.#stop();
    this.#events.onClosed(faultOfError("running", error));
  }

  #broken(cause: unknown): GatewayError {
    const { backend } = this.#client;
    const detail = `The answer of the server "${backend}" broke off. The call may have run.`;
    return new GatewayError("backend-lost", detail, { facts: { server: backend }, cause });
  }

  #stop(): void {
    this.#isClosed = true;
    this.#gate.resume();
    for (const { abort } of this.#exchanges.values()) abort.abort();
  }
}

const NamelessError = Type.Object({
  error: Type.Object({
    code: Type.Integer(),
    message: Type.String(),
    data: Type.Optional(Type.Unknown()),
  }),
  id: Type.Optional(Type.Null()),
});

/**
 * JSON-RPC errors come with a status that is no success (400, 404) and are answers all the same. Where the
 * server could not read the id, there is still only one request that it can mean.
 */
function answerIn(refusal: HttpRefusal, requestId: number): Uint8Array | undefined {
  if (!refusal.contentType.includes("json")) return undefined;
  const bytes = Buffer.from(refusal.body);
  const envelope = readEnvelope(bytes);
  if (envelope?.kind === "response" && readIntegerId(bytes, envelope.idStart, envelope.idEnd) === requestId) {
    return bytes;
  }
  const error = namelessErrorIn(refusal.body);
  return error === undefined ? undefined : errorReply(idBytes(requestId), error);
}

function namelessErrorIn(body: string): Static<typeof NamelessError>["error"] | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return Check(NamelessError, value) ? value.error : undefined;
  } catch {
    return undefined; // Not JSON after all: the status says what there is to say.
  }
}
