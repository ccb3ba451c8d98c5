/**
 * The conversation with one backend over a transport: who asked what, the handshake, pings, cancellation,
 * and the end. What becomes of the backend's messages is `inbound.ts`.
 */
import type { DropCounts } from "@mcp-gateway/contract";
import { GatewayError, limits, messageOf, toJsonRpcError } from "@mcp-gateway/kit";
import { idlessBody, notificationMessage, withIdBytes, withRequestId } from "@mcp-gateway/mcp";
import { discoverBody, discoverHeaders } from "./discover.ts";
import type { Era } from "./era.ts";
import type { ConnectionOptions } from "./events.ts";
import { fault, faultOfError, lostError } from "./fault.ts";
import { type Handshake, initializedNotification } from "./handshake.ts";
import { Inbound } from "./inbound.ts";
import { Noise } from "./noise.ts";
import { Opening } from "./opening.ts";
import { type CallOwner, type PendingRequest, PendingRequests } from "./pending.ts";
import { PingWatch } from "./ping.ts";
import { ReverseRequests } from "./reverse.ts";
import { StallWatch } from "./stall-watch.ts";
import type { Transport, TransportFault } from "./transport.ts";

type RefusalCode = "backend-not-ready" | "backend-overloaded" | "backend-stalled";

const pingBody = idlessBody("ping", undefined);
const remedyOfHang = "It is restarted by itself; its log may say why it hung.";

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #transport: Transport;
  readonly #pending = new PendingRequests();
  readonly #reverse = new ReverseRequests();
  readonly #noise: Noise;
  readonly #pings: PingWatch;
  readonly #stall: StallWatch;
  #isClosed = false;
  #isPaused = false;
  #received = 0;
  #pingId: number | undefined;
  #opening: Opening | undefined;
  #era: Era = "session";

  constructor(options: ConnectionOptions) {
    const { backend, log, clock, events } = options;
    this.#options = options;
    this.#noise = new Noise(log, backend, clock, options.onDropped ?? (() => undefined));
    this.#pings = new PingWatch(clock, {
      sendPing: (answered) => this.#probe(answered),
      received: () => this.#received,
      callsInFlight: () => this.#pending.calls,
      isPaused: () => this.#isPaused,
      lost: () => this.#end(fault("running", "The server no longer answers pings.", remedyOfHang)),
      neverAnswers: () => log.info("backend answers no pings", { backend }),
    });
    this.#stall = new StallWatch(
      clock,
      () => this.#probe(() => undefined) === "stalled",
      () => this.#end(fault("running", "The server has stopped reading its input.", remedyOfHang)),
    );
    const inbound = new Inbound({
      backend,
      noise: this.#noise,
      clock,
      pending: this.#pending,
      reverse: this.#reverse,
      events,
      era: () => this.#era,
      forwardsReverse: options.reverse ?? false,
      reply: (message) => this.#sendDroppable(message),
      fail: (id, error) => this.#fail(id, error),
    });
    this.#transport = options.transport({
      onMessage: (message, requestId) => this.#take(inbound, message, requestId),
      waitsFor: (requestId) => this.#pending.has(requestId),
      onRequestFailed: (requestId, error) => this.#fail(requestId, error),
      onClosed: (closed) => this.#end(closed),
    });
  }

  /**
   * Opens the conversation; once, before anything else.
   * @throws GatewayError `backend-not-ready`; unless `close` was called, `onClosed` has told the fault before
   */
  handshake(timeoutMs: number): Promise<Handshake> {
    const { clock, backend, version, capabilities = {}, eras: plan = ["session"] } = this.#options;
    const opening = new Opening({
      clock,
      backend,
      version,
      capabilities,
      plan,
      ask: (body, request, headers) => this.#sendRequest(this.#pending.addOwn(request), body, headers),
      noise: () => this.#noise.described(),
      agreed: ({ protocolVersion, era }) => {
        this.#era = era;
        this.#transport.negotiated(protocolVersion);
        // Nothing was opened that could be confirmed, followed or pinged: each request stands alone.
        if (era === "stateless") return;
        this.#sendDroppable(initializedNotification);
        this.#transport.opened();
        this.#pings.start();
      },
      end: (closed) => this.#end(closed),
    });
    this.#opening = opening;
    const outcome = opening.run(timeoutMs);
    if (this.#isClosed) opening.fail(fault("connect", "The connection is closed.", ""));
    return outcome;
  }

  /** Sends a request; `body` is one without id (`idlessBody`). Ends in one `onReply` or `onFailure`, or in `cancel`. */
  call(owner: CallOwner, body: Uint8Array, headers?: Readonly<Record<string, string>>): void {
    if (this.#isClosed) {
      this.#refuse(owner, "backend-not-ready", "is not connected");
      return;
    }
    if (this.#pending.calls >= limits.backendCallsInFlightMax) {
      this.#refuse(owner, "backend-overloaded", `has ${this.#pending.calls} calls in flight`);
      return;
    }
    const id = this.#pending.addCall(owner);
    if (id === undefined) {
      const { backend, log } = this.#options;
      // The first call's answer will come under this number; a second outcome would be taken for it.
      log.error("call number in use", { backend, link: owner.link, call: owner.call });
      return;
    }
    const outcome = this.#sendRequest(id, body, headers);
    if (outcome === "closed") this.#refuse(owner, "backend-not-ready", "is not connected");
    else if (outcome === "stalled") this.#refuse(owner, "backend-stalled", "does not read its input");
  }

  /** The call is no longer wanted: the backend is told, and an answer that comes all the same is dropped. */
  cancel(owner: CallOwner, reason: string): void {
    const id = this.#pending.idOf(owner);
    if (id === undefined) return;
    this.#pending.take(id);
    const params = { requestId: id, reason: reason.slice(0, limits.cancelReasonCharsMax) };
    this.#sendDroppable(notificationMessage("notifications/cancelled", params));
    this.#transport.abandon(id);
  }

  /** A gateway went away: none of its calls is wanted any more. */
  cancelAllOf(link: number, reason: string): void {
    for (const owner of this.#pending.callsOf(link)) this.cancel(owner, reason);
  }

  /** Sends a complete notification; dropped when the backend does not read. */
  notify(message: Uint8Array): void {
    this.#sendDroppable(message);
  }

  /** Answers a request of the backend; `body` is without id. A late or second answer is dropped. */
  answer(reference: number, body: Uint8Array): void {
    const request = this.#reverse.take(reference);
    if (request === undefined) this.#noise.drop("reverse", body);
    else this.#sendDroppable(withIdBytes(body, request.id));
  }

  pause(): void {
    this.#isPaused = true;
    this.#transport.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#transport.resume();
  }

  /** Calls of all gateways without an answer yet. */
  inFlight(): number {
    return this.#pending.calls;
  }

  inFlightOfOthers(link: number): number {
    return this.#pending.callsOfOthers(link);
  }

  /** The gateways that have calls in flight. */
  callers(): readonly number[] {
    return this.#pending.callers();
  }

  /** What was dropped so far. */
  dropped(): Readonly<DropCounts> {
    return this.#noise.counts;
  }

  /** Ends it: calls in flight fail, then the transport closes in order. `onClosed` does not come after it. */
  async close(reason: string): Promise<void> {
    this.#settle(fault("running", reason, ""));
    await this.#transport.close();
  }

  #take(inbound: Inbound, message: Uint8Array, requestId: number | undefined): void {
    if (this.#isClosed) return;
    this.#received += 1;
    try {
      inbound.take(message, requestId);
    } catch (thrown) {
      const cause = thrown instanceof Error ? thrown.stack : String(thrown);
      // A fault of ours over one message must not end the reading of all that follow.
      this.#options.log.error("message not handled", { backend: this.#options.backend, cause });
    }
  }

  /** Asks for a sign of life, with what is harmless to be asked in this era. */
  #probe(answered: () => void): "sent" | "stalled" | "closed" {
    // An older ping that was never answered must not stay in the table for ever.
    if (this.#pingId !== undefined) this.#pending.take(this.#pingId);
    const onFailed = (error: GatewayError): void => {
      // A server that refuses a ping is alive; one that can't be reached is gone, unless a call proves otherwise.
      const isGone = error.code === "backend-lost" && this.#pending.calls === 0;
      if (isGone) this.#end(faultOfError("running", error));
      else answered();
    };
    const id = this.#pending.addOwn({ onReply: answered, onFailed });
    this.#pingId = id;
    return this.#era === "session"
      ? this.#sendRequest(id, pingBody)
      : this.#sendRequest(id, discoverBody(this.#options.version, {}), discoverHeaders);
  }

  #sendRequest(
    id: number,
    body: Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): "sent" | "stalled" | "closed" {
    const outcome = this.#isClosed ? "closed" : this.#send(withRequestId(body, id), id, headers);
    if (outcome !== "sent") this.#pending.take(id);
    return outcome;
  }

  #sendDroppable(message: Uint8Array): void {
    if (!this.#isClosed && this.#send(message, undefined) !== "sent") this.#noise.drop("outgoing", message);
  }

  #send(
    message: Uint8Array,
    requestId: number | undefined,
    headers?: Readonly<Record<string, string>>,
  ): "sent" | "stalled" | "closed" {
    const outcome = this.#transport.send(message, requestId, headers);
    if (outcome === "sent") this.#stall.moved();
    else if (outcome === "stalled") this.#stall.stalled();
    return outcome;
  }

  /** Fails one request of ours; none if it was answered or cancelled meanwhile. */
  #fail(id: number, error: GatewayError): void {
    const pending = this.#pending.take(id);
    if (pending !== undefined) this.#failPending(pending, error);
  }

  #failPending(pending: PendingRequest, error: GatewayError): void {
    if (pending.kind === "call") this.#options.events.onFailure(pending.owner, toJsonRpcError(error));
    else pending.request.onFailed(error);
  }

  /** The call was not sent. */
  #refuse(owner: CallOwner, code: RefusalCode, what: string): void {
    const { backend, events } = this.#options;
    const error = new GatewayError(code, `The server "${backend}" ${what}.`, { facts: { server: backend } });
    events.onFailure(owner, toJsonRpcError(error));
  }

  /** It ended by itself. */
  #end(closed: TransportFault): void {
    if (!this.#settle(closed)) return;
    this.#options.events.onClosed(closed);
    // The transport may be the one that told; its close releases what is left, within its own deadline.
    this.#transport.close().catch((cause: unknown) => {
      const { backend, log } = this.#options;
      log.debug("transport did not close in order", { backend, cause: messageOf(cause) });
    });
  }

  /** The first call of any end: false when it had ended before. */
  #settle(closed: TransportFault): boolean {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    this.#pings.stop();
    this.#stall.stop();
    this.#reverse.clear();
    const error = lostError(this.#options.backend, closed.message);
    for (const pending of this.#pending.takeAll()) {
      // The connection's own requests have nobody left to tell but the handshake, which is told below.
      if (pending.kind === "call") this.#failPending(pending, error);
    }
    this.#opening?.fail(closed);
    return true;
  }
}
