/**
 * Streamable HTTP (MCP transports, revisions 2025-03-26 to 2025-11-25): each message is a POST of its own,
 * answered by nothing, JSON or an event stream; a GET stream brings what belongs to no request.
 */
import { type GatewayError, isGatewayError, type Log, limits, messageOf } from "@mcp-gateway/kit";
import { Gate } from "../gate.ts";
import { followStream, type OpenedStream } from "./event-stream.ts";
import { faultOfError, isSignedOut } from "./fault.ts";
import type { HttpClient } from "./http-client.ts";
import { isRefused, networkError, sessionLostError } from "./http-errors.ts";
import { type ExchangeHost, HttpExchange } from "./http-exchange.ts";
import { HttpSession, isEventStream, mayOpenLater } from "./http-session.ts";
import { passed } from "./timing.ts";
import type { Transport, TransportEvents, TransportFault } from "./transport.ts";

export class HttpTransport implements Transport {
  readonly #session: HttpSession;
  readonly #events: TransportEvents;
  readonly #log: Log;
  readonly #gate = new Gate();
  readonly #closing = new AbortController();
  readonly #exchanges = new Set<HttpExchange>();
  readonly #byRequest = new Map<number, HttpExchange>();
  readonly #host: ExchangeHost;
  #waitingBytes = 0;
  /** Settles when the server has taken `notifications/initialized`; what is sent after it waits for that. */
  #initialized: Promise<void> | undefined;
  #hasStandbyStream = false;
  /** No session is left that a DELETE could end. */
  #isSessionLost = false;

  constructor(client: HttpClient, events: TransportEvents, log: Log) {
    this.#session = new HttpSession(client);
    this.#events = events;
    this.#log = log;
    this.#host = {
      session: this.#session,
      gate: this.#gate,
      hasStandbyStream: () => this.#hasStandbyStream,
      waitsFor: (requestId) => events.waitsFor(requestId),
      onMessage: (message, requestId) => events.onMessage(message, requestId),
      onFailed: (requestId, error) => this.#failed(requestId, error),
      onSessionLost: (requestId, error) => this.#sessionLost(requestId, error),
    };
  }

  send(message: Uint8Array, requestId: number | undefined): "sent" | "stalled" | "closed" {
    if (this.#closing.signal.aborted) return "closed";
    if (this.#isSessionLost) {
      // It would only be refused like those before it; the caller is told so, after this returns.
      if (requestId !== undefined)
        queueMicrotask(() => this.#events.onRequestFailed(requestId, this.#lost()));
      return "sent";
    }
    if (this.#waitingBytes > 0 && this.#waitingBytes + message.length > limits.backendHttpInputBytesMax)
      return "stalled";
    this.#waitingBytes += message.length;
    const exchange = new HttpExchange(this.#host, requestId);
    this.#exchanges.add(exchange);
    if (requestId !== undefined) this.#byRequest.set(requestId, exchange);
    const { promise: taken, resolve } = Promise.withResolvers<void>();
    const after = this.#initialized;
    // The first message after the negotiation is `notifications/initialized`: servers refuse what overtakes it.
    if (this.#session.isNegotiated && after === undefined)
      this.#initialized = Promise.race([taken, passed(limits.backendHttpSettleMs)]);
    void exchange.run(message, after, resolve).finally(() => {
      resolve();
      this.#exchanges.delete(exchange);
      if (requestId !== undefined) this.#byRequest.delete(requestId);
    });
    void taken.then(() => {
      this.#waitingBytes -= message.length;
    });
    return "sent";
  }

  abandon(requestId: number): void {
    this.#byRequest.get(requestId)?.abort();
  }

  negotiated(protocolVersion: string): void {
    this.#session.negotiated(protocolVersion);
  }

  opened(): void {
    void this.#followStandby();
  }

  pause(): void {
    this.#gate.pause();
  }

  resume(): void {
    this.#gate.resume();
  }

  async close(): Promise<void> {
    this.#stop();
    this.#gate.resume();
    if (this.#isSessionLost) return;
    this.#isSessionLost = true;
    try {
      await this.#session.end();
    } catch (thrown) {
      // The server forgets the session by itself, sooner or later.
      this.#log.debug("session not ended", {
        backend: this.#session.client.backend,
        cause: messageOf(thrown),
      });
    }
  }

  /** The stream for what belongs to no request. A server need not have one; that is asked once. */
  async #followStandby(): Promise<void> {
    const { client } = this.#session;
    await this.#initialized;
    const error = await followStream(undefined, {
      backend: client.backend,
      gate: this.#gate,
      signal: this.#closing.signal,
      withoutId: true,
      retriesMax: Number.POSITIVE_INFINITY,
      wanted: () => true,
      open: (lastEventId) => this.#openStandby(lastEventId),
      onMessage: (message) => {
        if (!this.#closing.signal.aborted) this.#events.onMessage(message, undefined);
      },
      onOversized: (bytes) =>
        this.#log.warning("backend message too large", { backend: client.backend, bytes }),
    });
    this.#hasStandbyStream = false;
    if (error !== undefined)
      this.#log.debug("no standby stream", { backend: client.backend, cause: error.message });
  }

  async #openStandby(lastEventId: string | undefined): Promise<OpenedStream> {
    const { signal } = this.#closing;
    try {
      const response = await this.#session.openStream(lastEventId, signal);
      if (isEventStream(response)) {
        this.#hasStandbyStream = true;
        return { kind: "stream", response };
      }
      // Before a stream was ever open, a 404 says that there is none at this address.
      const { kind, error, refusal } = await this.#session.refused(response, this.#hasStandbyStream);
      if (kind === "session-lost") this.#sessionLost(undefined, error);
      return { kind: "refused", error, again: mayOpenLater(refusal.status) };
    } catch (thrown) {
      const error = isGatewayError(thrown)
        ? thrown
        : networkError(this.#session.client.backend, this.#session.client.url.origin, thrown);
      this.#closeIfGone(error);
      return { kind: "refused", error, again: error.code === "backend-lost" };
    }
  }

  #failed(requestId: number | undefined, error: GatewayError): void {
    if (requestId !== undefined) this.#events.onRequestFailed(requestId, error);
    else
      this.#log.warning("backend refused a message", {
        backend: this.#session.client.backend,
        cause: error.message,
      });
    this.#closeIfGone(error);
  }

  /** Where nobody listens any more the session is gone too; waiting for each call to find out helps nobody. */
  #closeIfGone(error: GatewayError): void {
    if (!this.#session.isNegotiated) return;
    const { system } = error.facts;
    const end = (): void => this.#end(faultOfError("running", error));
    if (typeof system === "string" && isRefused(system)) end();
    else if (isSignedOut(error)) void this.#allJudged().then(end);
  }

  /** Others on their way are refused likewise; what is heard of has surely not run, and is not left in doubt. */
  async #allJudged(): Promise<void> {
    const judged = Promise.all([...this.#exchanges].map((exchange) => exchange.judged));
    await Promise.race([judged, passed(limits.sessionLostGatherMs)]);
  }

  /**
   * Messages on their way to the server will be refused likewise. Each that is heard of has surely not run, so
   * they are waited for, for a moment, before the rest is cut off and left in doubt.
   */
  #sessionLost(requestId: number | undefined, error: GatewayError): void {
    if (requestId !== undefined) this.#events.onRequestFailed(requestId, error);
    if (this.#isSessionLost) return;
    this.#isSessionLost = true;
    void this.#allJudged().then(() => this.#endLost());
  }

  #lost(): GatewayError {
    return sessionLostError(this.#session.client.backend);
  }

  #endLost(): void {
    this.#end({
      stage: "running",
      message: "The server has forgotten the session.",
      remedy:
        "Nothing: a new session is being made. If it happens often, look for restarts in the server's log.",
      reconnect: "at-once",
    });
  }

  #end(closed: TransportFault): void {
    if (this.#closing.signal.aborted) return;
    this.#stop();
    this.#events.onClosed(closed);
  }

  #stop(): void {
    this.#closing.abort();
    for (const exchange of this.#exchanges) exchange.abort();
  }
}
