/** The gateway's end of the link, as far as the tests need it. */
import { readFileSync } from "node:fs";
import {
  type BackendState,
  contractVersion,
  type Frame,
  type FrameFields,
  FrameKind,
  type FromSupervisor,
  type LinkAddress,
  type Operation,
  type Peer,
  type PeerData,
  type PeerRole,
  peerSocketHandlers,
  readFromSupervisor,
} from "@mcp-gateway/contract";
import { until } from "../process/programs.ts";

/** What can be sent, everything that came, and whether it is over. */
export interface LinkConnection {
  readonly peer: Peer;
  readonly messages: FromSupervisor[];
  readonly frames: Frame[];
  closed: boolean;
  socket: { pause(): void; resume(): void };
}

export async function openConnection(
  address: LinkAddress,
  hello: {
    readonly role: PeerRole;
    readonly token: string;
    readonly gateway?: number;
    readonly contract?: number;
  },
): Promise<LinkConnection> {
  const messages: FromSupervisor[] = [];
  const frames: Frame[] = [];
  const state = { closed: false };
  const socket = peerSocketHandlers(() => ({
    onFrame: (_peer, frame) => {
      const message = frame.kind === FrameKind.control ? readFromSupervisor(frame.payload) : undefined;
      if (message === undefined) frames.push({ ...frame, payload: frame.payload.slice() });
      else messages.push(message);
    },
    onClose: () => {
      state.closed = true;
    },
    onDrain: () => undefined,
  }));
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
  if (peer === undefined) throw new Error("closed while it opened");
  peer.sendControl({
    type: "hello",
    contract: hello.contract ?? contractVersion,
    role: hello.role,
    token: hello.token,
    gateway: hello.gateway ?? 0,
    pid: process.pid,
  });
  return Object.defineProperty({ peer, messages, frames, closed: false, socket: opened }, "closed", {
    get: () => state.closed,
  });
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One gateway: control and data, with the state it was told. */
export class LinkClient implements AsyncDisposable {
  readonly control: LinkConnection;
  readonly data: LinkConnection;
  readonly number: number;
  #call = 0;
  #operation = 0;

  private constructor(control: LinkConnection, data: LinkConnection, number: number) {
    this.control = control;
    this.data = data;
    this.number = number;
  }

  static async open(address: LinkAddress, token: string): Promise<LinkClient> {
    const control = await openConnection(address, { role: "gateway", token });
    await until(() => control.messages.some(({ type }) => type === "snapshot"), "the snapshot");
    const welcome = control.messages[0];
    if (welcome?.type !== "welcome") throw new Error("no welcome");
    const data = await openConnection(address, { role: "data", token, gateway: welcome.gateway });
    return new LinkClient(control, data, welcome.gateway);
  }

  /** The newest state of the backend of this name, put together from the snapshot and the events after it. */
  backend(name: string): BackendState | undefined {
    let state: BackendState | undefined;
    for (const message of this.control.messages) {
      if (message.type === "snapshot") state = message.backends.find((backend) => backend.name === name);
      else if (message.type === "backend" && message.backend.name === name) state = message.backend;
      else if (message.type === "removed" && message.index === state?.index) state = undefined;
    }
    return state;
  }

  async untilPhase(name: string, phase: string, timeoutMs = 10_000): Promise<BackendState> {
    try {
      await until(() => this.backend(name)?.phase === phase, `${name} to be ${phase}`, timeoutMs);
    } catch (error) {
      throw new Error(`${String(error)}; it is ${JSON.stringify(this.backend(name))}`);
    }
    const state = this.backend(name);
    if (state === undefined) throw new Error("unreachable");
    return state;
  }

  send(frame: FrameFields): void {
    this.data.peer.send(frame);
  }

  /** Sends a tools/call and returns its number. */
  startCall(backend: BackendState, tool: string, args: Record<string, unknown> = {}): number {
    this.#call += 1;
    const body = `"method":"tools/call","params":${JSON.stringify({ name: tool, arguments: args })}}`;
    this.send({
      kind: FrameKind.call,
      backend: backend.index,
      epoch: backend.epoch,
      call: this.#call,
      payload: encoder.encode(body),
    });
    return this.#call;
  }

  async outcome(
    call: number,
  ): Promise<{ readonly kind: "reply" | "failure"; readonly frame: Frame; readonly text: string }> {
    const find = () =>
      this.data.frames.find(
        (frame) =>
          frame.call === call && (frame.kind === FrameKind.reply || frame.kind === FrameKind.failure),
      );
    await until(() => find() !== undefined, `the outcome of call ${call}`);
    const frame = find();
    if (frame === undefined) throw new Error("unreachable");
    return {
      kind: frame.kind === FrameKind.reply ? "reply" : "failure",
      frame,
      text: decoder.decode(frame.payload),
    };
  }

  call(backend: BackendState, tool: string, args: Record<string, unknown> = {}) {
    return this.outcome(this.startCall(backend, tool, args));
  }

  /** @returns null, or the error code */
  async operate(operation: Operation, backend = ""): Promise<string | null> {
    this.#operation += 1;
    const id = this.#operation;
    this.control.peer.sendControl({ type: "operation", id, operation, backend });
    const find = () => this.control.messages.find((message) => message.type === "done" && message.id === id);
    await until(() => find() !== undefined, `the end of ${operation}`);
    const done = find();
    return done?.type === "done" ? (done.error?.code ?? null) : null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.data.peer.close();
    this.control.peer.close();
  }
}
