/**
 * The data path through the supervisor: frames of gateways to connections of backends, and what backends say
 * back to the gateway it belongs to. Payloads are not looked at.
 */
import { type Frame, FrameKind } from "@mcp-gateway/contract";
import { type ErrorCode, GatewayError, type JsonRpcErrorObject, toJsonRpcError } from "@mcp-gateway/kit";
import type { Backend } from "../backend.ts";
import type { CallOwner } from "../connections/index.ts";
import type { Source, Traffic } from "../traffic.ts";
import { BackPressure } from "./back-pressure.ts";
import type { Link } from "./link.ts";

export interface BackendTable {
  backend(index: number): Backend | undefined;
  readonly backends: readonly Backend[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Router implements Traffic {
  readonly #links = new Map<number, Link>();
  readonly #pressure = new BackPressure();
  /** Which gateway was asked, by `backend.epoch`, then reference. */
  readonly #reverses = new Map<string, Map<number, { readonly link: number; readonly source: Source }>>();
  #table: BackendTable = { backend: () => undefined, backends: [] };

  /** Set once, before any link is attached. */
  setTable(table: BackendTable): void {
    this.#table = table;
  }

  attach(link: Link): void {
    this.#links.set(link.number, link);
  }

  /** The gateway's data connection is gone: what it asked for is cancelled, what it was asked is refused. */
  lose(link: Link): void {
    this.#pressure.release(link.number);
    for (const backend of this.#table.backends) {
      backend.connectionAt(backend.epoch)?.cancelAllOf(link.number, "the gateway that asked went away");
    }
    for (const references of this.#reverses.values()) {
      for (const [reference, asked] of references) {
        if (asked.link !== link.number) continue;
        references.delete(reference);
        this.#refuse(asked.source, reference);
      }
    }
  }

  detach(link: Link): void {
    this.lose(link);
    this.#links.delete(link.number);
  }

  drained(link: Link): void {
    this.#pressure.release(link.number);
  }

  /** A frame from a gateway's data connection. @returns false when it may not send such a frame */
  take(link: Link, frame: Frame): boolean {
    switch (frame.kind) {
      case FrameKind.call:
        this.#call(link, frame);
        return true;
      case FrameKind.cancel:
        this.#connectionOf(frame)?.cancel(
          { link: link.number, call: frame.call },
          decoder.decode(frame.payload),
        );
        return true;
      case FrameKind.notify:
        this.#connectionOf(frame)?.notify(frame.payload);
        return true;
      case FrameKind.reverseReply:
        this.#reverseReply(link, frame);
        return true;
      case FrameKind.open:
      case FrameKind.close:
      case FrameKind.opened:
      case FrameKind.closed:
      case FrameKind.control:
      case FrameKind.reply:
      case FrameKind.failure:
      case FrameKind.notification:
      case FrameKind.reverse:
      case FrameKind.reverseCancel:
        return false;
      default:
        return frame.kind satisfies never;
    }
  }

  reply(source: Source, owner: CallOwner, message: Uint8Array, idStart: number, idLength: number): void {
    const { backend, epoch } = source;
    this.#send(source, owner.link, {
      kind: FrameKind.reply,
      backend,
      epoch,
      call: owner.call,
      idStart,
      idLength,
      payload: message,
    });
  }

  failure(source: Source, owner: CallOwner, error: JsonRpcErrorObject): void {
    const { backend, epoch } = source;
    const payload = encoder.encode(JSON.stringify(error));
    this.#send(source, owner.link, { kind: FrameKind.failure, backend, epoch, call: owner.call, payload });
  }

  /** Without an owner it goes to all, with the number of calls that others have in flight, and each decides. */
  notification(source: Source, message: Uint8Array, owner: CallOwner | undefined): void {
    const { backend, epoch, connection } = source;
    const frame = { kind: FrameKind.notification, backend, epoch, payload: message };
    if (owner !== undefined) {
      this.#send(source, owner.link, { ...frame, call: owner.call });
      return;
    }
    for (const link of this.#links.keys())
      this.#send(source, link, { ...frame, reference: connection.inFlightOfOthers(link) });
  }

  /**
   * With an owner it goes to that call's gateway. Without one it can be put to the only gateway there is, which
   * may know; among several nobody is asked, because a guess could show one user's question to another.
   */
  reverse(
    source: Source,
    reference: number,
    message: Uint8Array,
    idStart: number,
    idLength: number,
    owner: CallOwner | undefined,
  ): void {
    const { backend, epoch } = source;
    const only = this.#links.size === 1 ? this.#links.keys().next().value : undefined;
    const link = owner?.link ?? only;
    if (link === undefined || this.#links.get(link)?.data === undefined) {
      this.#refuse(source, reference);
      return;
    }
    this.#referencesOf(backend, epoch).set(reference, { link, source });
    const call = owner?.call ?? 0;
    this.#send(source, link, {
      kind: FrameKind.reverse,
      backend,
      epoch,
      call,
      reference,
      idStart,
      idLength,
      payload: message,
    });
  }

  reverseCancel(source: Source, reference: number): void {
    const { backend, epoch } = source;
    const asked = this.#referencesOf(backend, epoch).get(reference);
    if (asked === undefined) return;
    this.#referencesOf(backend, epoch).delete(reference);
    this.#send(source, asked.link, {
      kind: FrameKind.reverseCancel,
      backend,
      epoch,
      reference,
      payload: new Uint8Array(),
    });
  }

  ended(backend: number, epoch: number): void {
    this.#reverses.delete(`${backend}.${epoch}`);
    this.#pressure.forget(backend, epoch);
  }

  #call(link: Link, frame: Frame): void {
    const backend = this.#table.backend(frame.backend);
    if (backend === undefined)
      return this.#failCall(link, frame, "backend-unknown", "The server is not configured any more.");
    const connection = frame.instance === 0 ? backend.connectionAt(frame.epoch) : undefined;
    if (connection !== undefined) {
      connection.call({ link: link.number, call: frame.call }, frame.payload);
      return;
    }
    // An old epoch means that it was restarted while the call was on its way: the call has not run.
    const { phase } = backend.state();
    this.#failCall(
      link,
      frame,
      "backend-not-ready",
      `The server "${backend.name}" is ${phase === "ready" ? "just restarted" : phase}.`,
    );
  }

  #failCall(link: Link, frame: Frame, code: ErrorCode, message: string): void {
    const payload = encoder.encode(JSON.stringify(toJsonRpcError(new GatewayError(code, message))));
    link.send({
      kind: FrameKind.failure,
      backend: frame.backend,
      epoch: frame.epoch,
      call: frame.call,
      payload,
    });
  }

  #connectionOf(frame: Frame) {
    return frame.instance === 0 ? this.#table.backend(frame.backend)?.connectionAt(frame.epoch) : undefined;
  }

  /** Only the gateway that was asked may answer. */
  #reverseReply(link: Link, frame: Frame): void {
    const references = this.#reverses.get(`${frame.backend}.${frame.epoch}`);
    if (references?.get(frame.reference)?.link !== link.number) return;
    references.delete(frame.reference);
    this.#connectionOf(frame)?.answer(frame.reference, frame.payload);
  }

  #refuse(source: Source, reference: number): void {
    const error = toJsonRpcError(new GatewayError("client-request-unsupported"));
    source.connection.answer(reference, encoder.encode(`"error":${JSON.stringify(error)}}`));
  }

  #referencesOf(
    backend: number,
    epoch: number,
  ): Map<number, { readonly link: number; readonly source: Source }> {
    const key = `${backend}.${epoch}`;
    const known = this.#reverses.get(key);
    if (known !== undefined) return known;
    const references = new Map<number, { readonly link: number; readonly source: Source }>();
    this.#reverses.set(key, references);
    return references;
  }

  #send(source: Source, number: number, frame: Parameters<Link["send"]>[0]): void {
    const link = this.#links.get(number);
    if (link === undefined) return;
    link.send(frame);
    if (link.isAboveHighWater) this.#pressure.pause(source, number);
  }
}
