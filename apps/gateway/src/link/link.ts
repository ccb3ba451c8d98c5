/**
 * The gateway's end of the link: one control and one data connection to the supervisor, made again with
 * back-off whenever they are lost. While they are away everything the gateway knows stays as it was.
 */
import { readFileSync } from "node:fs";
import type { BackendDrops, BackendState, ConfigState } from "@mcp-gateway/contract";
import {
  contractVersion,
  type Frame,
  type FrameFields,
  FrameKind,
  type FromSupervisor,
  linkAddress,
  linkToken,
  type Operation,
  openOfferedRing,
  type Peer,
  type PeerData,
  type PeerEvents,
  type PeerRole,
  peerSocketHandlers,
  readFromSupervisor,
  type Snapshot,
} from "@mcp-gateway/contract";
import {
  backoffDelayMs,
  type Clock,
  type ErrorCode,
  errorCatalogue,
  GatewayError,
  type InstancePaths,
  type Log,
  limits,
  messageOf,
} from "@mcp-gateway/kit";

export interface LinkEvents {
  onUp(snapshot: Snapshot): void;
  onDown(reason: string): void;
  onBackend(backend: BackendState): void;
  onRemoved(index: number): void;
  onConfig(config: ConfigState): void;
  /** What was dropped of backends' messages, of all that have any, so far. */
  onDrops(drops: readonly BackendDrops[]): void;
  /** A data frame. */
  onFrame(frame: Frame): void;
}

export interface SupervisorFacts {
  readonly pid: number;
  readonly startedAt: number;
  readonly version: string;
}

interface Settle {
  resolve(url: string | undefined): void;
  reject(error: GatewayError): void;
}

export class Link {
  readonly #paths: InstancePaths;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #events: LinkEvents;
  readonly #operations = new Map<number, Settle>();
  #nextOperation = 1;
  #control: Peer | undefined;
  #data: Peer | undefined;
  #isUp = false;
  #attempt = 0;
  #stopped = false;
  #cancelRetry: (() => void) | undefined;
  #cancelHeartbeat: (() => void) | undefined;
  #lastHeardMs = 0;
  #supervisor: SupervisorFacts | undefined;
  #gatewayNumber = 0;

  constructor(options: { paths: InstancePaths; log: Log; clock: Clock; events: LinkEvents }) {
    this.#paths = options.paths;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#events = options.events;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Of the supervisor attached now. */
  get supervisor(): SupervisorFacts | undefined {
    return this.#isUp ? this.#supervisor : undefined;
  }

  /** This gateway's number at the supervisor; it makes progress tokens unique between gateways. */
  get gatewayNumber(): number {
    return this.#gatewayNumber;
  }

  start(): void {
    void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRetry?.();
    this.#drop("stopping");
  }

  /** @returns false when the supervisor is away or its queue is full */
  send(frame: FrameFields): boolean {
    if (!this.#isUp || this.#data === undefined) return false;
    const sent = this.#data.send(frame);
    if (!sent && this.#data.isClosed) this.#drop("the data connection closed");
    return sent;
  }

  /** @returns what is to be opened in a browser, if anything. @throws GatewayError */
  async operate(operation: Operation, backend: string, input?: string): Promise<string | undefined> {
    const control = this.#control;
    if (!this.#isUp || control === undefined) throw new GatewayError("supervisor-lost");
    const id = this.#nextOperation++;
    const request = { type: "operation", id, operation, backend } as const;
    return await new Promise<string | undefined>((resolve, reject) => {
      this.#operations.set(id, { resolve, reject });
      if (!control.sendControl(input === undefined ? request : { ...request, input })) {
        this.#operations.delete(id);
        reject(new GatewayError("supervisor-lost"));
      }
    });
  }

  async #connect(): Promise<void> {
    try {
      this.#control = await this.#openPeer("gateway", {
        onFrame: (_peer, frame) => this.#onControl(frame),
        onClose: () => this.#drop("the control connection closed"),
        onDrain: () => {},
      });
      this.#lastHeardMs = this.#clock.nowMs();
      this.#scheduleHeartbeat();
      this.#clock.after(limits.linkHelloTimeoutMs, () => {
        if (!this.#isUp && this.#control !== undefined) this.#drop("no answer to hello");
      });
    } catch (error) {
      this.#log.debug("link not connected", { reason: messageOf(error) });
      this.#drop(messageOf(error));
    }
  }

  async #openPeer(role: PeerRole, events: PeerEvents): Promise<Peer> {
    const address = linkAddress(this.#paths);
    const socket = peerSocketHandlers(() => events);
    const data: PeerData = { peer: undefined };
    const opened =
      address.kind === "unix"
        ? await Bun.connect<PeerData>({ unix: address.path, socket, data })
        : await Bun.connect<PeerData>({
            hostname: "127.0.0.1",
            port: Number(readFileSync(address.portFile, "utf8")),
            socket,
            data,
          });
    const peer = opened.data.peer;
    if (peer === undefined) throw new Error("The socket was closed while it opened.");
    peer.sendControl({
      type: "hello",
      contract: contractVersion,
      role,
      token: linkToken(this.#paths),
      gateway: role === "data" ? this.#gatewayNumber : 0,
      pid: process.pid,
    });
    return peer;
  }

  #onControl(frame: Frame): void {
    this.#lastHeardMs = this.#clock.nowMs();
    const message = frame.kind === FrameKind.control ? readFromSupervisor(frame.payload) : undefined;
    if (message === undefined) return this.#drop("the supervisor sent something of no known shape");
    this.#onMessage(message);
  }

  #onMessage(message: FromSupervisor): void {
    switch (message.type) {
      case "welcome":
        this.#supervisor = { pid: message.pid, startedAt: message.startedAt, version: message.version };
        this.#gatewayNumber = message.gateway;
        return;
      case "refused":
        this.#log.error("link refused", { reason: message.reason });
        return this.#drop(message.reason);
      case "snapshot":
        void this.#becomeUp(message);
        return;
      case "backend":
        return this.#whenUp(() => this.#events.onBackend(message.backend));
      case "removed":
        return this.#whenUp(() => this.#events.onRemoved(message.index));
      case "config":
        return this.#whenUp(() => this.#events.onConfig(message.config));
      case "done": {
        const operation = this.#operations.get(message.id);
        this.#operations.delete(message.id);
        if (message.error === null) operation?.resolve(message.url);
        else operation?.reject(new GatewayError(errorCodeOf(message.error.code), message.error.message));
        return;
      }
      case "heartbeat":
        return this.#whenUp(() => this.#events.onDrops(message.drops ?? []));
      default:
        message satisfies never;
    }
  }

  /** Events that come while the data connection is being made wait until the snapshot was handed on. */
  #early: (() => void)[] | undefined;

  #whenUp(deliver: () => void): void {
    if (this.#early === undefined) deliver();
    else this.#early.push(deliver);
  }

  /** The data connection is opened before anybody is told, so that "up" means that calls can be made. */
  async #becomeUp(snapshot: Snapshot): Promise<void> {
    const control = this.#control;
    this.#early = [];
    try {
      const data = await this.#openPeer("data", {
        onFrame: (peer, frame) => {
          if (frame.kind === FrameKind.ring) this.#mapRing(peer, frame.payload);
          else this.#events.onFrame(frame);
        },
        onClose: () => this.#drop("the data connection closed"),
        onDrain: () => {},
      });
      if (this.#control !== control) return data.close(); // Lost meanwhile; the retry is under way.
      this.#data = data;
    } catch (error) {
      if (this.#control === control) this.#drop(messageOf(error));
      return;
    }
    this.#isUp = true;
    this.#attempt = 0;
    const early = this.#early;
    this.#early = undefined;
    this.#events.onUp(snapshot);
    for (const deliver of early) deliver();
  }

  /** Without it everything comes through the socket, as where the system has no such memory. */
  #mapRing(data: Peer, offer: Uint8Array): void {
    let reason = "";
    try {
      data.readRing(openOfferedRing(offer));
    } catch (error) {
      reason = messageOf(error);
    }
    data.send({ kind: FrameKind.ringAnswer, payload: Buffer.from(reason) });
  }

  #scheduleHeartbeat(): void {
    this.#cancelHeartbeat?.();
    this.#cancelHeartbeat = this.#clock.after(limits.linkHeartbeatMs, () => {
      if (this.#control === undefined) return;
      if (this.#clock.nowMs() - this.#lastHeardMs > limits.linkSilenceMsMax)
        return this.#drop("the supervisor does not respond");
      this.#control.sendControl({ type: "heartbeat" });
      this.#scheduleHeartbeat();
    });
  }

  /** Ends both connections, tells it once, and tries again after a while. */
  #drop(reason: string): void {
    const wasUp = this.#isUp;
    this.#isUp = false;
    this.#early = undefined;
    this.#cancelHeartbeat?.();
    const peers = [this.#control, this.#data];
    this.#control = undefined;
    this.#data = undefined;
    for (const peer of peers) peer?.close();
    for (const operation of this.#operations.values()) operation.reject(new GatewayError("supervisor-lost"));
    this.#operations.clear();
    if (wasUp) this.#events.onDown(reason);
    if (this.#stopped) return;
    this.#cancelRetry?.();
    const backoff = { minMs: limits.linkRetryMsMin, maxMs: limits.linkRetryMsMax, jitterRatio: 0.2 };
    this.#cancelRetry = this.#clock.after(
      backoffDelayMs(backoff, this.#attempt++, Math.random()),
      () => void this.#connect(),
    );
  }
}

function errorCodeOf(code: string): ErrorCode {
  // The own-property check makes the cast true.
  return Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : "internal";
}
