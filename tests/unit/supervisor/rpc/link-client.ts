/** The gateway's end of the link, as far as the tests need it. */
import { readFileSync } from "node:fs";
import {
  type BackendState,
  type CallHeaders,
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
  writeOpenInstance,
} from "@mcp-gateway/contract";
import { callWithHeaders } from "../../../support/call-with-headers.ts";
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
  data: LinkConnection;
  readonly number: number;
  readonly #openData: () => Promise<LinkConnection>;
  #call = 0;
  #operation = 0;
  #instance = 0;

  private constructor(
    control: LinkConnection,
    data: LinkConnection,
    number: number,
    openData: () => Promise<LinkConnection>,
  ) {
    this.control = control;
    this.data = data;
    this.number = number;
    this.#openData = openData;
  }

  static async open(address: LinkAddress, token: string): Promise<LinkClient> {
    const control = await openConnection(address, { role: "gateway", token });
    await until(() => control.messages.some(({ type }) => type === "snapshot"), "the snapshot");
    const welcome = control.messages[0];
    if (welcome?.type !== "welcome") throw new Error("no welcome");
    const { gateway } = welcome;
    const openData = () => openConnection(address, { role: "data", token, gateway });
    return new LinkClient(control, await openData(), gateway, openData);
  }

  /** A second data connection takes the place of the first, which the supervisor closes. */
  async renewData(): Promise<void> {
    const { data } = this;
    this.data = await this.#openData();
    await until(() => data.closed, "the first data connection to be closed");
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
  startCall(
    backend: BackendState,
    tool: string,
    args: Record<string, unknown> = {},
    by: { readonly instance?: number } = {},
  ): number {
    return this.startRequest(backend, "tools/call", () => ({ name: tool, arguments: args }), by);
  }

  /** Sends any request; its params are made with the call's progress token. */
  startRequest(
    backend: BackendState,
    method: string,
    params: (progressToken: string) => unknown,
    { instance = 0, headers }: { readonly instance?: number; readonly headers?: CallHeaders } = {},
  ): number {
    this.#call += 1;
    const token = `${this.number}.${this.#call}`;
    const body = encoder.encode(`"method":"${method}","params":${JSON.stringify(params(token))}}`);
    this.send({
      kind: FrameKind.call,
      backend: backend.index,
      epoch: backend.epoch,
      call: this.#call,
      instance,
      ...(headers === undefined ? { payload: body } : callWithHeaders(body, headers)),
    });
    return this.#call;
  }

  /** Asks for a connection of one session's own and returns its number. */
  startOpen(backend: BackendState, capabilities: Record<string, unknown> = {}): number {
    this.#instance += 1;
    const payload = writeOpenInstance({ capabilities });
    this.send({ kind: FrameKind.open, backend: backend.index, instance: this.#instance, payload });
    return this.#instance;
  }

  /** The frame that said how an instance was opened, or that it was closed. */
  async untilInstance(instance: number, kind: "opened" | "closed"): Promise<Frame> {
    const find = () =>
      this.data.frames.find((frame) => frame.instance === instance && frame.kind === FrameKind[kind]);
    await until(() => find() !== undefined, `instance ${instance} to be ${kind}`);
    const frame = find();
    if (frame === undefined) throw new Error("unreachable");
    return frame;
  }

  async open(backend: BackendState, capabilities: Record<string, unknown> = {}): Promise<number> {
    const instance = this.startOpen(backend, capabilities);
    await this.untilInstance(instance, "opened");
    return instance;
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

  call(
    backend: BackendState,
    tool: string,
    args: Record<string, unknown> = {},
    by: { readonly instance?: number } = {},
  ) {
    return this.outcome(this.startCall(backend, tool, args, by));
  }

  /** Requests of backends that came, oldest first. */
  get asked(): readonly Frame[] {
    return this.data.frames.filter(({ kind }) => kind === FrameKind.reverse);
  }

  /** Answers a request of a backend with this result. */
  answer({ backend, epoch, instance, reference }: Frame, result: unknown): void {
    const payload = encoder.encode(`"result":${JSON.stringify(result)}}`);
    this.send({ kind: FrameKind.reverseReply, backend, epoch, instance, reference, payload });
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
