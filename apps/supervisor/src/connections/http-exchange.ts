/** One POST of Streamable HTTP and everything that comes of it, to the answer of the request in it. */
import { GatewayError, isGatewayError, limits } from "@mcp-gateway/kit";
import { readEnvelope, readIntegerId } from "@mcp-gateway/mcp";
import type { Gate } from "../gate.ts";
import { followStream, type OpenedStream } from "./event-stream.ts";
import { contentTypeOf, discard, readBody } from "./http-client.ts";
import { emptyAnswerError, type HttpRefusal } from "./http-errors.ts";
import { acceptBoth, type HttpSession, isEventStream, mayOpenLater } from "./http-session.ts";
import { findLegacySse } from "./legacy-sse.ts";
import { oversizedError } from "./oversized.ts";

/** What an exchange needs of its transport. */
export interface ExchangeHost {
  readonly session: HttpSession;
  readonly gate: Gate;
  /** A GET stream is open on which a server may answer too. */
  hasStandbyStream(): boolean;
  waitsFor(requestId: number): boolean;
  onMessage(message: Uint8Array, requestId: number | undefined): void;
  /** The message was not taken or not answered; `requestId` is undefined for a notification or an answer. */
  onFailed(requestId: number | undefined, error: GatewayError): void;
  onSessionLost(requestId: number | undefined, error: GatewayError): void;
}

export class HttpExchange {
  readonly #host: ExchangeHost;
  readonly #requestId: number | undefined;
  readonly #abort = new AbortController();
  readonly #judged = Promise.withResolvers<void>();
  #hangUp: ReturnType<typeof setTimeout> | undefined;

  constructor(host: ExchangeHost, requestId: number | undefined) {
    this.#host = host;
    this.#requestId = requestId;
  }

  /** Settles once it is known whether the server took the message; a refusal has been told by then. */
  get judged(): Promise<void> {
    return this.#judged.promise;
  }

  get #signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Cancelled, or the transport closes: nothing more is told of it. */
  abort(): void {
    this.#abort.abort();
  }

  /**
   * Sends the message once `after` has settled. `onHeaders`: the server has it. Resolves when nothing more
   * can come of it; never rejects.
   */
  async run(message: Uint8Array, after: Promise<void> | undefined, onHeaders: () => void): Promise<void> {
    const { session } = this.#host;
    try {
      if (after !== undefined) await after;
      this.#signal.throwIfAborted();
      const response = await session.client
        .request({
          method: "POST",
          accept: acceptBoth,
          body: message,
          headers: session.headers(),
          signal: this.#signal,
        })
        .finally(onHeaders);
      if (response.ok) {
        this.#judged.resolve();
        await this.#take(response);
      } else await this.#takeRefusal(response);
    } catch (thrown) {
      if (this.#signal.aborted) return;
      this.#fail(isGatewayError(thrown) ? thrown : brokenAnswer(session.client.backend, thrown));
    } finally {
      this.#judged.resolve();
      clearTimeout(this.#hangUp);
    }
  }

  async #take(response: Response): Promise<void> {
    const { session, gate } = this.#host;
    session.takeId(response);
    if (isEventStream(response)) return this.#takeStream(response);
    if (this.#requestId === undefined) return discard(response);
    const contentType = contentTypeOf(response);
    if (contentType === "application/json") {
      const body = await readBody(response, limits.backendMessageBytesMax, session.client.backend, gate);
      if (body.length > 0) this.#deliver(body);
      return this.#failUnanswered("JSON that belongs to another request or to none");
    }
    await discard(response);
    // Some servers accept the message and answer on the GET stream, as it was on the older transport.
    if (response.status === 202 && this.#host.hasStandbyStream()) return;
    this.#failUnanswered(
      `HTTP ${response.status} with ${contentType === "" ? "no content" : contentType.slice(0, 100)}`,
    );
  }

  async #takeStream(response: Response): Promise<void> {
    const { session, gate } = this.#host;
    const isWaiting = (): boolean => this.#requestId !== undefined && this.#host.waitsFor(this.#requestId);
    const error = await followStream(response, {
      backend: session.client.backend,
      gate,
      signal: this.#signal,
      withoutId: false,
      retriesMax: limits.backendStreamRetriesMax,
      wanted: isWaiting,
      open: (lastEventId) => this.#resume(lastEventId),
      onMessage: (message) => {
        this.#deliver(message);
        // A server should end the stream behind the answer; one that does not is hung up on.
        if (this.#requestId !== undefined && !isWaiting()) this.#abortSoon();
      },
      onOversized: (bytes) => this.#fail(oversizedError(session.client.backend, bytes)),
    });
    if (error !== undefined) this.#fail(error);
  }

  async #resume(lastEventId: string | undefined): Promise<OpenedStream> {
    const { session } = this.#host;
    try {
      const response = await session.openStream(lastEventId, this.#signal);
      if (isEventStream(response)) return { kind: "stream", response };
      const { kind, error, refusal } = await session.refused(response, true);
      if (kind === "session-lost") this.#host.onSessionLost(undefined, error);
      return {
        kind: "refused",
        error: notResumed(session.client.backend, refusal),
        again: mayOpenLater(refusal.status),
      };
    } catch (thrown) {
      const error = isGatewayError(thrown) ? thrown : brokenAnswer(session.client.backend, thrown);
      return { kind: "refused", error, again: true };
    }
  }

  async #takeRefusal(response: Response): Promise<void> {
    const { session } = this.#host;
    const { kind, error, refusal } = await session.refused(response, true);
    if (this.#signal.aborted) return;
    if (kind === "session-lost") return this.#host.onSessionLost(this.#requestId, error);
    const answer = this.#answerIn(refusal);
    if (answer !== undefined) return this.#deliver(answer);
    const legacy = session.isNegotiated
      ? undefined
      : await findLegacySse(session.client, refusal.status, this.#signal);
    this.#fail(legacy ?? error);
  }

  /** Servers also send JSON-RPC errors with a status that is no success; they are answers. */
  #answerIn(refusal: HttpRefusal): Uint8Array | undefined {
    if (this.#requestId === undefined || !refusal.contentType.includes("json")) return undefined;
    const bytes = Buffer.from(refusal.body);
    const envelope = readEnvelope(bytes);
    if (envelope?.kind !== "response") return undefined;
    return readIntegerId(bytes, envelope.idStart, envelope.idEnd) === this.#requestId ? bytes : undefined;
  }

  #deliver(message: Uint8Array): void {
    if (!this.#signal.aborted) this.#host.onMessage(message, this.#requestId);
  }

  #failUnanswered(what: string): void {
    if (this.#requestId === undefined || !this.#host.waitsFor(this.#requestId)) return;
    this.#fail(emptyAnswerError(this.#host.session.client.backend, what));
  }

  #fail(error: GatewayError): void {
    if (!this.#signal.aborted) this.#host.onFailed(this.#requestId, error);
  }

  #abortSoon(): void {
    this.#hangUp ??= setTimeout(() => this.abort(), limits.stopInputGraceMs);
  }
}

function brokenAnswer(backend: string, cause: unknown): GatewayError {
  return new GatewayError(
    "backend-lost",
    `The answer of the server "${backend}" broke off. The call may have run.`,
    { facts: { server: backend }, cause },
  );
}

function notResumed(backend: string, refusal: HttpRefusal): GatewayError {
  const detail = `The server "${backend}" broke off its answer and does not let it be resumed (HTTP ${refusal.status}). The call may have run.`;
  return new GatewayError("backend-lost", detail, { facts: { server: backend, status: refusal.status } });
}
