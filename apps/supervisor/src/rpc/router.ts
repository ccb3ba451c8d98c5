/**
 * The data path through the supervisor: frames of gateways to connections of backends, and what backends say
 * back to the gateway it belongs to. Payloads are not looked at.
 */
import {
  type BackendDrops,
  bodyOfCall,
  type DropCounts,
  type Frame,
  type FrameFields,
  FrameKind,
  flagsOf,
  headersOfCall,
} from "@mcp-gateway/contract";
import { type ErrorCode, GatewayError, type JsonRpcErrorObject, toJsonRpcError } from "@mcp-gateway/kit";
import { errorBody, type ResponseEnvelope } from "@mcp-gateway/mcp";
import type { Backend } from "../backend.ts";
import type { CallOwner } from "../connections/index.ts";
import { noDrops } from "../connections/noise.ts";
import type { InstanceAddress, Source, Traffic } from "../traffic.ts";
import { BackPressure } from "./back-pressure.ts";
import type { Link } from "./link.ts";
import { openInstance } from "./open-instance.ts";
import { ReverseTable } from "./reverse-table.ts";

export interface BackendTable {
  backend(index: number): Backend | undefined;
  readonly backends: readonly Backend[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const nothing = new Uint8Array();

export class Router implements Traffic {
  readonly #links = new Map<number, Link>();
  readonly #pressure = new BackPressure();
  readonly #asked = new ReverseTable();
  /** By backend; over all its connections, also those that are gone. */
  readonly #drops = new Map<number, DropCounts>();
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
      backend.instances.closeAllOf(link.number);
    }
    for (const { source, reference } of this.#asked.takeAllOf(link.number))
      refuse(source, reference, new GatewayError("client-gone"));
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
        this.#sourceOf(link, frame)?.connection.cancel(
          { link: link.number, call: frame.call },
          decoder.decode(frame.payload),
        );
        return true;
      case FrameKind.notify:
        this.#sourceOf(link, frame)?.connection.notify(frame.payload);
        return true;
      case FrameKind.reverseReply: {
        const source = this.#sourceOf(link, frame);
        if (source !== undefined && this.#asked.takeFrom(source, frame.reference, link.number))
          source.connection.answer(frame.reference, frame.payload);
        return true;
      }
      case FrameKind.open:
        return this.#open(link, frame);
      case FrameKind.close:
        this.#table.backend(frame.backend)?.instances.close({ link: link.number, number: frame.instance });
        return true;
      case FrameKind.opened:
      case FrameKind.closed:
      case FrameKind.doubt:
      case FrameKind.control:
      case FrameKind.reply:
      case FrameKind.failure:
      case FrameKind.notification:
      case FrameKind.reverse:
      case FrameKind.reverseCancel:
      case FrameKind.ring:
      case FrameKind.ringAnswer:
        return false;
      default:
        return frame.kind satisfies never;
    }
  }

  reply(source: Source, { link, call }: CallOwner, payload: Uint8Array, envelope: ResponseEnvelope): void {
    const { idStart, idEnd, othersEnd: reference } = envelope;
    const place = { idStart, idLength: idEnd - idStart, reference };
    this.#send(source, link, { kind: FrameKind.reply, flags: flagsOf(envelope), call, ...place, payload });
  }

  failure(source: Source, owner: CallOwner, error: JsonRpcErrorObject): void {
    const payload = encoder.encode(JSON.stringify(error));
    this.#send(source, owner.link, { kind: FrameKind.failure, call: owner.call, payload });
  }

  /** Without an owner it goes to all, with the number of calls that others have in flight, and each decides. */
  notification(source: Source, payload: Uint8Array, owner: CallOwner | undefined): void {
    const { instance, connection } = source;
    const kind = FrameKind.notification;
    if (owner !== undefined) return this.#send(source, owner.link, { kind, call: owner.call, payload });
    if (instance !== undefined) return this.#send(source, instance.link, { kind, payload });
    for (const link of this.#links.keys())
      this.#send(source, link, { kind, reference: connection.inFlightOfOthers(link), payload });
  }

  /**
   * It goes to the gateway of the call it belongs to, or whose own the connection is. Without either it can be
   * put to the only gateway there is, or that has calls in flight there, which may know; among several nobody
   * is asked, because a guess could show one user's question to another. They are told, since calls that only wait
   * for their clients can be given up, and the next question is certain then.
   */
  reverse(
    source: Source,
    reference: number,
    payload: Uint8Array,
    idStart: number,
    idLength: number,
    owner: CallOwner | undefined,
  ): void {
    const callers = this.#links.size === 1 ? [...this.#links.keys()] : source.connection.callers();
    const link = owner?.link ?? source.instance?.link ?? (callers.length === 1 ? callers[0] : undefined);
    if (link === undefined || this.#links.get(link)?.data === undefined) {
      if (link === undefined)
        for (const caller of callers) this.#send(source, caller, { kind: FrameKind.doubt, payload: nothing });
      return refuse(source, reference, new GatewayError("client-request-unattributed"));
    }
    this.#asked.add(source, reference, link);
    const call = owner?.call ?? 0;
    this.#send(source, link, { kind: FrameKind.reverse, call, reference, idStart, idLength, payload });
  }

  reverseCancel(source: Source, reference: number): void {
    const link = this.#asked.take(source, reference);
    if (link !== undefined)
      this.#send(source, link, { kind: FrameKind.reverseCancel, reference, payload: nothing });
  }

  dropped(backend: number, kind: keyof DropCounts): void {
    const counts = this.#drops.get(backend) ?? noDrops();
    counts[kind] += 1;
    this.#drops.set(backend, counts);
  }

  /** Of backends that are configured; what the others dropped is of no interest any more. */
  drops(): readonly BackendDrops[] {
    for (const index of this.#drops.keys())
      if (this.#table.backend(index) === undefined) this.#drops.delete(index);
    return Array.from(this.#drops, ([index, counts]) => ({ index, counts }));
  }

  ended(source: Source): void {
    this.#asked.forget(source);
    this.#pressure.forget(source);
  }

  instanceOpened(backend: number, { link, number }: InstanceAddress, initializeResult: string): void {
    const payload = encoder.encode(initializeResult);
    this.#links.get(link)?.send({ kind: FrameKind.opened, backend, instance: number, payload });
  }

  instanceClosed(backend: number, { link, number }: InstanceAddress, error: GatewayError): void {
    const payload = encoder.encode(JSON.stringify(toJsonRpcError(error)));
    this.#links.get(link)?.send({ kind: FrameKind.closed, backend, instance: number, payload });
  }

  #open(link: Link, frame: Frame): boolean {
    const address = { link: link.number, number: frame.instance };
    if (frame.instance === 0 || this.#table.backend(frame.backend)?.instances.has(address) === true)
      return false;
    const error = openInstance(this.#table, link.number, frame);
    if (error !== undefined) this.instanceClosed(frame.backend, address, error);
    return true;
  }

  #call(link: Link, frame: Frame): void {
    const backend = this.#table.backend(frame.backend);
    if (backend === undefined)
      return this.#failCall(link, frame, "backend-unknown", "The server is not configured any more.");
    const source = this.#sourceOf(link, frame);
    if (source === undefined) return this.#failUnsent(link, frame, backend);
    const headers = headersOfCall(frame);
    if (headers === undefined)
      return this.#failCall(link, frame, "invalid-params", "A value can't be repeated in an HTTP header.");
    source.connection.call({ link: link.number, call: frame.call }, bodyOfCall(frame), headers);
  }

  /** The call has not run: its connection ended while it was on its way. */
  #failUnsent(link: Link, frame: Frame, backend: Backend): void {
    const { name } = backend;
    if (frame.instance !== 0) {
      const detail = `The client's own connection to the server "${name}" was just closed.`;
      return this.#failCall(link, frame, "instance-closed", detail);
    }
    if (backend.isRenewing) {
      const detail = `The connection to the server "${name}" is being made anew; the call was not run.`;
      return this.#failCall(link, frame, "backend-renewing", detail);
    }
    const { phase, fault } = backend.state();
    const why = fault === null ? "" : ` ${fault.message} ${fault.remedy}`;
    this.#failCall(link, frame, "backend-not-ready", `The server "${name}" is not ready (${phase}).${why}`);
  }

  #failCall(link: Link, frame: Frame, code: ErrorCode, message: string): void {
    const { backend, epoch, instance, call } = frame;
    const payload = encoder.encode(JSON.stringify(toJsonRpcError(new GatewayError(code, message))));
    link.send({ kind: FrameKind.failure, backend, epoch, instance, call, payload });
  }

  /** The connection that a gateway's frame names. */
  #sourceOf(link: Link, { backend: index, epoch, instance }: Frame): Source | undefined {
    const backend = this.#table.backend(index);
    return instance === 0
      ? backend?.sourceAt(epoch)
      : backend?.instances.sourceAt({ link: link.number, number: instance });
  }

  #send(source: Source, number: number, fields: FrameFields): void {
    const link = this.#links.get(number);
    if (link === undefined) return;
    const { backend, epoch, instance } = source;
    link.send({ ...fields, backend, epoch, instance: instance?.number ?? 0 });
    if (link.isAboveHighWater) this.#pressure.pause(source, number);
  }
}

function refuse(source: Source, reference: number, error: GatewayError): void {
  source.connection.answer(reference, errorBody(toJsonRpcError(error)));
}
