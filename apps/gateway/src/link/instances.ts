/**
 * Connections of one client session's own, for backends with `isolation: "session"`: opened by the session's
 * first call, told what that client really declared, and closed with the session. Nobody else's call, and no
 * other client's request, can ever come through one.
 */
import { type BackendState, type Frame, FrameKind, writeOpenInstance } from "@mcp-gateway/contract";
import { GatewayError, type JsonRpcErrorObject, type Log, toJsonRpcError } from "@mcp-gateway/kit";
import type { Session } from "../sessions/session.ts";
import type { Calls } from "./calls.ts";
import type { Link } from "./link.ts";

export interface Instance {
  readonly number: number;
  readonly session: Session;
  readonly backend: BackendState;
}

interface Held extends Instance {
  /** Resolves when it is connected. */
  readonly opened: Promise<void>;
  readonly settle: (error?: JsonRpcErrorObject) => void;
  isOpen: boolean;
}

const numberMax = 0xffff_ffff;

export class Instances {
  readonly #link: Link;
  readonly #calls: Calls;
  readonly #log: Log;
  readonly #byNumber = new Map<number, Held>();
  readonly #bySession = new Map<Session, Map<string, Held>>();
  #lastNumber = 0;

  constructor(options: { link: Link; calls: Calls; log: Log }) {
    this.#link = options.link;
    this.#calls = options.calls;
    this.#log = options.log;
  }

  /** Set once: a session's own connection is there, before its first call. */
  onOpened: (instance: Instance) => void = () => undefined;

  /** Set once: a connection that was there is gone, and its session is not. */
  onLost: (instance: Instance) => void = () => undefined;

  /** The session's own connection, if it is open: calls on it need no waiting. */
  openOf(session: Session, backend: BackendState): number | undefined {
    const held = this.#bySession.get(session)?.get(backend.name);
    return held?.isOpen === true && held.backend.index === backend.index ? held.number : undefined;
  }

  byNumber(number: number): Instance | undefined {
    return this.#byNumber.get(number);
  }

  all(session: Session): readonly Instance[] {
    return [...(this.#bySession.get(session)?.values() ?? [])];
  }

  /** @returns the connection's number, once it is connected. @throws GatewayError */
  async open(session: Session, backend: BackendState): Promise<number> {
    const known = this.#bySession.get(session)?.get(backend.name);
    const held =
      known !== undefined && known.backend.index === backend.index ? known : this.#start(session, backend);
    await held.opened;
    return held.number;
  }

  onFrame(frame: Frame): void {
    const held = this.#byNumber.get(frame.instance);
    if (held === undefined) return;
    if (frame.kind === FrameKind.opened) {
      held.isOpen = true;
      this.onOpened(held);
      held.settle();
      return;
    }
    this.#forget(held);
    // The supervisor writes these with toJsonRpcError.
    const error = JSON.parse(Buffer.from(frame.payload).toString()) as JsonRpcErrorObject;
    this.#calls.failInstance(held.number, error);
    held.settle(error);
    if (held.isOpen) this.onLost(held);
    this.#log.info("instance closed", {
      session: held.session.shortId,
      backend: held.backend.name,
      reason: error.message,
    });
  }

  /** The session ended, or the one request it stood for. */
  closeAll(session: Session): void {
    for (const held of [...(this.#bySession.get(session)?.values() ?? [])]) {
      this.#forget(held);
      const { number, backend } = held;
      this.#link.send({
        kind: FrameKind.close,
        backend: backend.index,
        instance: number,
        payload: new Uint8Array(),
      });
      held.settle(toJsonRpcError(new GatewayError("client-gone")));
    }
  }

  /** The supervisor is gone, and with it every connection. */
  forgetAll(): void {
    for (const held of [...this.#byNumber.values()]) {
      this.#forget(held);
      held.settle(toJsonRpcError(new GatewayError("supervisor-lost")));
      if (held.isOpen) this.onLost(held);
    }
  }

  #start(session: Session, backend: BackendState): Held {
    const number = this.#freeNumber();
    const opening = Promise.withResolvers<void>();
    opening.promise.catch(() => undefined); // Whoever waits hears of it; nobody may be waiting any more.
    const held: Held = {
      number,
      session,
      backend,
      isOpen: false,
      opened: opening.promise,
      settle: (error) => (error === undefined ? opening.resolve() : opening.reject(new InstanceError(error))),
    };
    const sent = this.#link.send({
      kind: FrameKind.open,
      backend: backend.index,
      instance: number,
      payload: writeOpenInstance({ capabilities: { ...session.capabilities } }),
    });
    if (!sent) throw new GatewayError("supervisor-lost", undefined, { facts: { server: backend.name } });
    this.#byNumber.set(number, held);
    const ofSession = this.#bySession.get(session) ?? new Map<string, Held>();
    this.#bySession.set(session, ofSession);
    ofSession.set(backend.name, held);
    return held;
  }

  #forget(held: Held): void {
    this.#byNumber.delete(held.number);
    const ofSession = this.#bySession.get(held.session);
    if (ofSession?.get(held.backend.name) === held) ofSession.delete(held.backend.name);
    if (ofSession?.size === 0) this.#bySession.delete(held.session);
  }

  #freeNumber(): number {
    do this.#lastNumber = this.#lastNumber >= numberMax ? 1 : this.#lastNumber + 1;
    while (this.#byNumber.has(this.#lastNumber));
    return this.#lastNumber;
  }
}

/** What the supervisor said of a connection that could not be opened, to be passed on as it is. */
export class InstanceError extends Error {
  override readonly name = "InstanceError";
  readonly error: JsonRpcErrorObject;

  constructor(error: JsonRpcErrorObject) {
    super(error.message);
    this.error = error;
  }
}
