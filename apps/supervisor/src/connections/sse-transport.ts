/**
 * HTTP+SSE (MCP transports, revision 2024-11-05): one event stream brings everything, its first event names
 * the address to which messages are posted. The stream's end is the session's end.
 */
import { GatewayError, isGatewayError, type Log, limits, messageOf, systemClock } from "@mcp-gateway/kit";
import type { SseEvent } from "@mcp-gateway/mcp";
import { Gate } from "../gate.ts";
import { readEventStream } from "./event-stream.ts";
import { fault, faultOfError, isSignedOut } from "./fault.ts";
import { discard, type HttpClient, readRefusal } from "./http-client.ts";
import { isRefused, refusalError, sessionLostError } from "./http-errors.ts";
import { isEventStream } from "./http-session.ts";
import { endpointAddress } from "./legacy-sse.ts";
import { OversizedCount } from "./oversized.ts";
import { passed } from "./timing.ts";
import type { Transport, TransportEvents, TransportFault } from "./transport.ts";

interface Waiting {
  readonly message: Uint8Array;
  readonly requestId: number | undefined;
}

export class SseTransport implements Transport {
  readonly #client: HttpClient;
  readonly #events: TransportEvents;
  readonly #log: Log;
  readonly #gate = new Gate();
  readonly #closing = new AbortController();
  readonly #oversized = new OversizedCount();
  /** Each settles when it is known whether the server took the message. */
  readonly #posts = new Map<AbortController, Promise<void>>();
  readonly #postOfRequest = new Map<number, AbortController>();
  #endpoint: URL | undefined;
  /** Messages sent before the server named its address. */
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #isNegotiated = false;
  #isSessionLost = false;

  constructor(client: HttpClient, events: TransportEvents, log: Log) {
    this.#client = client;
    this.#events = events;
    this.#log = log;
    void this.#follow();
  }

  send(message: Uint8Array, requestId: number | undefined): "sent" | "stalled" | "closed" {
    if (this.#closing.signal.aborted) return "closed";
    if (this.#isSessionLost) {
      // It would only be refused like those before it; the caller is told so, after this returns.
      const error = sessionLostError(this.#client.backend);
      if (requestId !== undefined) queueMicrotask(() => this.#events.onRequestFailed(requestId, error));
      return "sent";
    }
    if (this.#waitingBytes > 0 && this.#waitingBytes + message.length > limits.backendHttpInputBytesMax)
      return "stalled";
    this.#waitingBytes += message.length;
    if (this.#endpoint === undefined) this.#waiting.push({ message, requestId });
    else this.#start(this.#endpoint, { message, requestId });
    return "sent";
  }

  abandon(requestId: number): void {
    this.#postOfRequest.get(requestId)?.abort();
  }

  negotiated(): void {
    this.#isNegotiated = true;
  }

  opened(): void {
    // The one stream has been open from the beginning.
  }

  pause(): void {
    this.#gate.pause();
  }

  resume(): void {
    this.#gate.resume();
  }

  /** Leaving the stream is how a session ends here. */
  close(): Promise<void> {
    this.#stop();
    this.#gate.resume();
    return Promise.resolve();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    try {
      const response = await this.#client.request({ method: "GET", accept: "text/event-stream", signal });
      if (!isEventStream(response)) return this.#end(await this.#faultOfNoStream(response));
      await readEventStream(response, {
        gate: this.#gate,
        onEvent: (event) => this.#takeEvent(event),
        onOversized: (bytes) => this.#tookOversized(bytes),
      });
      this.#end(
        this.#fault(
          "The server ended the event stream.",
          "It is connected again by itself; its log may say why it ended.",
        ),
      );
    } catch (thrown) {
      if (signal.aborted) return;
      if (isGatewayError(thrown)) return this.#end(faultOfError(this.#stage(), thrown));
      this.#end(
        this.#fault(
          `The event stream broke (${messageOf(thrown)}).`,
          "It is connected again by itself; check the network and the server's log.",
        ),
      );
    }
  }

  async #faultOfNoStream(response: Response): Promise<TransportFault> {
    if (response.ok) {
      await discard(response);
      return this.#fault(
        "The address does not answer with an event stream.",
        'Check `url` of its entry; a server with Streamable HTTP needs `type` "http".',
      );
    }
    const error = refusalError(this.#client.backend, await readRefusal(response));
    if (response.status !== 400 && response.status !== 405 && response.status !== 406)
      return faultOfError(this.#stage(), error);
    return this.#fault(
      error.message,
      'Check `url` of its entry; a server with Streamable HTTP needs `type` "http".',
    );
  }

  #takeEvent(event: SseEvent): void {
    if (this.#closing.signal.aborted) return;
    if (event.event === "message") {
      if (event.data.length > 0) this.#events.onMessage(event.data, undefined);
    } else if (event.event === "endpoint" && this.#endpoint === undefined) {
      this.#takeEndpoint(new TextDecoder().decode(event.data));
    }
  }

  #takeEndpoint(data: string): void {
    const endpoint = endpointAddress(data, this.#client.url);
    if (endpoint === undefined) {
      const remedy =
        "Do not trust this server; if a proxy stands in front of it, let the server name a relative address.";
      this.#end(this.#fault("The server names an address for messages outside its own origin.", remedy));
      return;
    }
    this.#endpoint = endpoint;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) this.#start(endpoint, one);
  }

  #start(endpoint: URL, one: Waiting): void {
    const abort = new AbortController();
    this.#posts.set(abort, this.#post(endpoint, one, abort));
  }

  /** Any success means that the message was taken; the answer comes on the stream. */
  async #post(endpoint: URL, { message, requestId }: Waiting, abort: AbortController): Promise<void> {
    const { signal } = abort;
    if (requestId !== undefined) this.#postOfRequest.set(requestId, abort);
    try {
      const response = await this.#client.request(
        { method: "POST", accept: "application/json, text/event-stream", body: message, signal },
        endpoint,
      );
      if (response.ok) await discard(response);
      else this.#failed(requestId, refusalError(this.#client.backend, await readRefusal(response)), signal);
    } catch (thrown) {
      const lost = (): GatewayError =>
        new GatewayError("backend-lost", undefined, {
          facts: { server: this.#client.backend },
          cause: thrown,
        });
      this.#failed(requestId, isGatewayError(thrown) ? thrown : lost(), signal);
    } finally {
      this.#waitingBytes -= message.length;
      this.#posts.delete(abort);
      if (requestId !== undefined) this.#postOfRequest.delete(requestId);
    }
  }

  #failed(requestId: number | undefined, error: GatewayError, signal: AbortSignal): void {
    if (signal.aborted) return;
    const { system, status } = error.facts;
    // The address carries the session: where it is unknown, the session is gone.
    const isLost = this.#isNegotiated && (status === 404 || status === 410);
    const { backend } = this.#client;
    if (requestId !== undefined)
      this.#events.onRequestFailed(requestId, isLost ? sessionLostError(backend) : error);
    else this.#log.warning("backend refused a message", { backend, cause: error.message });
    if (isSignedOut(error) && this.#isNegotiated) {
      void this.#allJudged().then(() => this.#end(faultOfError("running", error)));
      return;
    }
    if (typeof system === "string" && isRefused(system)) {
      this.#end(faultOfError(this.#stage(), error));
      return;
    }
    if (isLost) this.#sessionLost(faultOfError("running", error));
  }

  /** What is on its way will be refused likewise, and has surely not run when that is heard. */
  #sessionLost(closed: TransportFault): void {
    if (this.#isSessionLost) return;
    this.#isSessionLost = true;
    void this.#allJudged().then(() => this.#end({ ...closed, reconnect: "at-once" }));
  }

  async #allJudged(): Promise<void> {
    await Promise.race([Promise.all(this.#posts.values()), passed(limits.sessionLostGatherMs)]);
  }

  #tookOversized(bytes: number): void {
    this.#log.warning("backend message too large", { backend: this.#client.backend, bytes });
    if (!this.#oversized.isTooMany(systemClock.nowMs())) return;
    this.#end(
      this.#fault(
        `The server keeps sending messages beyond ${limits.backendMessageBytesMax} bytes.`,
        "Ask it for less, or report it to its author.",
      ),
    );
  }

  #stage(): "connect" | "running" {
    return this.#isNegotiated ? "running" : "connect";
  }

  #fault(message: string, remedy: string): TransportFault {
    return fault(this.#stage(), message, remedy);
  }

  #end(closed: TransportFault): void {
    if (this.#closing.signal.aborted) return;
    this.#stop();
    this.#events.onClosed(closed);
  }

  #stop(): void {
    this.#closing.abort();
    this.#waiting = [];
    for (const post of this.#posts.keys()) post.abort();
  }
}
