/** A short conversation with the supervisor, for when the gateway is away. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  contractVersion,
  type FromSupervisor,
  linkAddress,
  type OperationDone,
  type OperationRequest,
  type Peer,
  type PeerData,
  peerSocketHandlers,
  readFromSupervisor,
  type Snapshot,
  type Welcome,
} from "@mcp-gateway/contract";
import { type InstancePaths, limits } from "@mcp-gateway/kit";
import { isOurs, readToken } from "./target.ts";

export interface SupervisorView {
  readonly welcome: Welcome;
  readonly snapshot: Snapshot;
}

/** What the supervisor shows; undefined when none answers. */
export async function viewSupervisor(paths: InstancePaths): Promise<SupervisorView | undefined> {
  return await converse(paths, async (conversation) => conversation.view);
}

export type Order = Pick<OperationRequest, "operation" | "backend" | "input">;

/** Asks the supervisor itself for an operation; undefined when none answers. */
export async function operateSupervisor(
  paths: InstancePaths,
  order: Order,
): Promise<OperationDone | undefined> {
  const isSlow = order.operation !== "start" && order.operation !== "restart" && order.operation !== "reload";
  const timeoutMs = isSlow ? limits.cliSignInTimeoutMs : limits.cliRequestTimeoutMs;
  return await converse(paths, (conversation) => conversation.operate(order), timeoutMs);
}

/** Connects, greets, does one thing, and hangs up; undefined when that can't be done in time. */
async function converse<T>(
  paths: InstancePaths,
  act: (conversation: Conversation) => Promise<T>,
  timeoutMs: number = limits.cliRequestTimeoutMs,
): Promise<T | undefined> {
  const address = isOurs(paths) ? connectAddress(paths) : undefined;
  // The state directory's file: the supervisor makes it; a look at the status makes no files.
  const token = readToken(join(paths.stateDirectory, "link-token"));
  if (address === undefined || token === undefined) return undefined;
  const conversation = new Conversation(token);
  const timer = setTimeout(() => conversation.fail(), timeoutMs);
  try {
    const handlers = peerSocketHandlers((socket) => {
      // The peer hangs on the socket only after this returns.
      queueMicrotask(() => conversation.begin(socket.data.peer));
      return conversation;
    });
    const data: PeerData = { peer: undefined };
    await (address.kind === "unix"
      ? Bun.connect({ unix: address.path, socket: handlers, data })
      : Bun.connect({ hostname: "127.0.0.1", port: address.port, socket: handlers, data }));
    await conversation.greeted;
    return await act(conversation);
  } catch {
    return undefined; // No socket, nobody behind it, or not one of ours: no supervisor, as far as we can tell.
  } finally {
    clearTimeout(timer);
    conversation.close();
  }
}

class Conversation {
  readonly #token: string;
  readonly greeted: Promise<void>;
  #greetedResolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};
  #peer: Peer | undefined;
  #welcome: Welcome | undefined;
  #snapshot: Snapshot | undefined;
  #onDone: ((done: OperationDone) => void) | undefined;
  #onLost: (() => void) | undefined;

  constructor(token: string) {
    this.#token = token;
    this.greeted = new Promise((resolve, reject) => {
      this.#greetedResolve = resolve;
      this.#reject = reject;
    });
    // The connection may fail before anybody waits for the greeting.
    this.greeted.catch(() => {});
  }

  get view(): SupervisorView {
    if (this.#welcome === undefined || this.#snapshot === undefined)
      throw new Error("The view is asked for before the greeting.");
    return { welcome: this.#welcome, snapshot: this.#snapshot };
  }

  begin(peer: Peer | undefined): void {
    this.#peer = peer;
    peer?.sendControl({
      type: "hello",
      contract: contractVersion,
      role: "cli",
      token: this.#token,
      gateway: 0,
      pid: process.pid,
    });
  }

  operate(order: Order): Promise<OperationDone> {
    return new Promise((resolve, reject) => {
      this.#onDone = resolve;
      this.#onLost = () => reject(new Error("The supervisor hung up."));
      this.#peer?.sendControl({ type: "operation", id: 1, ...order });
    });
  }

  fail(): void {
    this.#reject(new Error("The supervisor is not reachable."));
    this.#onLost?.();
  }

  close(): void {
    this.#peer?.close();
  }

  onFrame(_peer: Peer, frame: { readonly payload: Uint8Array }): void {
    const message = readFromSupervisor(frame.payload);
    if (message !== undefined) this.#receive(message);
  }

  onClose(): void {
    this.fail();
  }

  onDrain(): void {}

  #receive(message: FromSupervisor): void {
    if (message.type === "welcome") this.#welcome = message;
    else if (message.type === "snapshot") this.#snapshot = message;
    else if (message.type === "refused") this.fail();
    else if (message.type === "done") this.#onDone?.(message);
    if (this.#welcome !== undefined && this.#snapshot !== undefined) this.#greetedResolve();
  }
}

function connectAddress(
  paths: InstancePaths,
):
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly port: number }
  | undefined {
  const address = linkAddress(paths);
  if (address.kind === "unix") return existsSync(address.path) ? address : undefined;
  if (!existsSync(address.portFile)) return undefined;
  const port = Number(readFileSync(address.portFile, "utf8").trim());
  return Number.isInteger(port) && port > 0 ? { kind: "tcp", port } : undefined;
}
