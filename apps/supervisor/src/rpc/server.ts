/** The supervisor's end of the link: who is connected, and what each connection is for. */
import {
  contractVersion,
  type Frame,
  FrameKind,
  type Hello,
  type LinkAddress,
  type OperationRequest,
  type Peer,
  type PeerEvents,
  readToSupervisor,
} from "@mcp-gateway/contract";
import {
  type Clock,
  GatewayError,
  isGatewayError,
  type Log,
  limits,
  messageOf,
  version,
} from "@mcp-gateway/kit";
import { widenSendBufferOf } from "../system/send-buffer.ts";
import { judgeHello } from "./hello.ts";
import { Link } from "./link.ts";
import { type LinkListener, listenForLinks } from "./listen.ts";
import type { Router } from "./router.ts";
import type { StateFeed } from "./state-feed.ts";

export interface RpcServerOptions {
  readonly address: LinkAddress;
  readonly token: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly feed: StateFeed;
  readonly router: Router;
  /** @returns what is to be opened in a browser, if anything */
  readonly operate: (request: OperationRequest) => Promise<string | undefined>;
  /** A gateway's control connection is up. */
  readonly onGateway: () => void;
  /** Another supervisor has taken the address. */
  readonly onDisplaced: () => void;
}

/** What a connection is, once its hello was read. */
type Role =
  | { readonly kind: "new" }
  | {
      readonly kind: "control";
      readonly hello: Hello;
      readonly link: Link | undefined;
      readonly unsubscribe: () => void;
    }
  | { readonly kind: "data"; readonly link: Link };

interface Attendance {
  role: Role;
  heardMs: number;
}

export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #startedAt = Date.now();
  readonly #peers = new Map<Peer, Attendance>();
  readonly #links = new Map<number, Link>();
  #lastNumber = 0;
  #listener: LinkListener | undefined;
  #cancelTick: () => void = () => undefined;
  #tickMs = 0;
  #closed = false;

  constructor(options: RpcServerOptions) {
    this.#options = options;
  }

  /** @throws GatewayError `already-running`, `socket-path` */
  async listen(): Promise<void> {
    this.#listener = await listenForLinks(this.#options.address, (socket) => {
      // Bun's handlers make the Peer after this call; the first thing that is heard of it is a frame or its end.
      this.#expectHello(() => socket.data?.peer);
      widenSendBufferOf(socket);
      return this.#events;
    });
    this.#tickMs = this.#options.clock.nowMs();
    this.#scheduleTick();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTick();
    for (const peer of [...this.#peers.keys()]) peer.close();
    this.#listener?.stop();
  }

  readonly #events: PeerEvents = {
    onFrame: (peer, frame) => this.#takeFrame(peer, frame),
    onClose: (peer) => this.#forget(peer),
    onDrain: (peer) => {
      const role = this.#peers.get(peer)?.role;
      if (role?.kind === "data") this.#options.router.drained(role.link);
    },
  };

  #expectHello(peerOf: () => Peer | undefined): void {
    this.#options.clock.after(limits.linkHelloTimeoutMs, () => {
      const peer = peerOf();
      if (peer !== undefined && !peer.isClosed && !this.#peers.has(peer)) peer.close();
    });
  }

  #takeFrame(peer: Peer, frame: Frame): void {
    const attendance = this.#peers.get(peer);
    if (attendance === undefined) return this.#takeHello(peer, frame);
    attendance.heardMs = this.#options.clock.nowMs();
    const { role } = attendance;
    if (role.kind === "data") {
      const isTaken =
        frame.kind === FrameKind.ringAnswer
          ? role.link.ringAnswered(Buffer.from(frame.payload).toString(), this.#options.log)
          : this.#options.router.take(role.link, frame);
      if (!isTaken) this.#expel(peer, "a frame that a gateway may not send");
      return;
    }
    const isReadable =
      frame.kind === FrameKind.control && frame.payload.length <= limits.controlFrameBytesMax;
    const message = isReadable ? readToSupervisor(frame.payload) : undefined;
    if (message === undefined || message.type === "hello") return this.#expel(peer, "no control message");
    if (message.type === "operation") void this.#operate(peer, message);
  }

  #takeHello(peer: Peer, frame: Frame): void {
    if (this.#closed) return peer.close();
    if (frame.kind !== FrameKind.control || frame.payload.length > limits.controlFrameBytesMax) {
      return this.#refuse(peer, "The first message is no hello.");
    }
    const verdict = judgeHello(frame.payload, this.#options.token);
    if (verdict.kind === "refused") return this.#refuse(peer, verdict.reason);
    if (this.#peers.size >= limits.linksMax * 2) return this.#refuse(peer, "Too many connections.");
    const { hello } = verdict;
    if (hello.role === "data") this.#admitData(peer, hello);
    else this.#admitControl(peer, hello);
  }

  #admitControl(peer: Peer, hello: Hello): void {
    const { feed, router, log, onGateway } = this.#options;
    const link = hello.role === "gateway" ? new Link(this.#nextNumber(), peer) : undefined;
    const attendance: Attendance = { role: { kind: "new" }, heardMs: this.#options.clock.nowMs() };
    this.#peers.set(peer, attendance);
    peer.sendControl({
      type: "welcome",
      contract: contractVersion,
      version,
      pid: process.pid,
      startedAt: this.#startedAt,
      gateway: link?.number ?? 0,
    });
    const unsubscribe = feed.subscribe((message) => {
      // State that can't be delivered would be missed for good; a new connection starts from a new snapshot.
      if (!peer.sendControl(message)) peer.close();
    });
    attendance.role = { kind: "control", hello, link, unsubscribe };
    if (link === undefined) return;
    this.#links.set(link.number, link);
    router.attach(link);
    log.info("gateway linked", { gateway: link.number, pid: hello.pid });
    onGateway();
  }

  #admitData(peer: Peer, hello: Hello): void {
    const link = this.#links.get(hello.gateway);
    if (link === undefined)
      return this.#refuse(peer, `There is no control connection of gateway ${hello.gateway}.`);
    if (link.data !== undefined) this.#options.router.lose(link);
    this.#peers.set(peer, { role: { kind: "data", link }, heardMs: this.#options.clock.nowMs() });
    // No welcome: control frames belong to the control connection, and `refused` is the only other answer.
    link.attachData(peer);
  }

  #refuse(peer: Peer, reason: string): void {
    this.#options.log.warning("link refused", { reason });
    peer.sendControl({ type: "refused", reason });
    // Frames of this turn go out at its end; closing at once would take the reason with it.
    setTimeout(() => peer.close(), 0);
  }

  #expel(peer: Peer, reason: string): void {
    this.#options.log.warning("link closed", { reason });
    peer.close();
  }

  #forget(peer: Peer): void {
    const role = this.#peers.get(peer)?.role;
    this.#peers.delete(peer);
    if (role === undefined || role.kind === "new") return;
    if (role.kind === "data") {
      if (role.link.detachData(peer)) this.#options.router.lose(role.link);
      return;
    }
    role.unsubscribe();
    if (role.link === undefined) return;
    this.#links.delete(role.link.number);
    role.link.data?.close();
    this.#options.router.detach(role.link);
    this.#options.log.info("gateway unlinked", { gateway: role.link.number });
  }

  async #operate(peer: Peer, request: OperationRequest): Promise<void> {
    let error: { code: string; message: string } | null = null;
    let url: string | undefined;
    try {
      url = await this.#options.operate(request);
    } catch (thrown) {
      const known = isGatewayError(thrown) ? thrown : new GatewayError("internal", messageOf(thrown));
      error = { code: known.code, message: known.message };
    }
    peer.sendControl({ type: "done", id: request.id, error, ...(url === undefined ? {} : { url }) });
  }

  /** Numbers are not used again soon, so that what is late for a lost gateway can't reach a new one. */
  #nextNumber(): number {
    do this.#lastNumber = this.#lastNumber >= 65_535 ? 1 : this.#lastNumber + 1;
    while (this.#links.has(this.#lastNumber));
    return this.#lastNumber;
  }

  #scheduleTick(): void {
    this.#cancelTick = this.#options.clock.after(limits.linkHeartbeatMs, () => {
      this.#tick();
      if (!this.#closed) this.#scheduleTick();
    });
  }

  /** Heartbeats, silent gateways, and whether the address is still ours. */
  #tick(): void {
    const nowMs = this.#options.clock.nowMs();
    // After a suspension everybody seems to have been silent; their words are still to be read.
    const wasSuspended = nowMs - this.#tickMs > limits.linkHeartbeatMs * 2;
    this.#tickMs = nowMs;
    const drops = this.#options.router.drops();
    const heartbeat = { type: "heartbeat", ...(drops.length === 0 ? {} : { drops: [...drops] }) } as const;
    for (const [peer, { role, heardMs }] of [...this.#peers]) {
      if (role.kind !== "control" || role.link === undefined) continue;
      if (!wasSuspended && nowMs - heardMs > limits.linkSilenceMsMax) this.#expel(peer, "silence");
      else peer.sendControl(heartbeat);
    }
    for (const link of this.#links.values()) link.tick();
    this.#keepAddress();
  }

  #keepAddress(): void {
    const { log, onDisplaced } = this.#options;
    const place = this.#listener?.check();
    if (place === "taken") return onDisplaced();
    if (place !== "gone") return;
    try {
      this.#listener?.renew();
      log.warning("link address was removed and made again");
    } catch (error) {
      log.error("link address was removed and can't be made again", { error: messageOf(error) });
    }
  }
}
