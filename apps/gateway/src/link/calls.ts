/**
 * Calls in flight to backends: the table that brings each reply, failure and notification to the one who
 * asked. Numbers are the gateway's own; a client's ids and tokens never leave it.
 */
import { type BackendState, type Frame, FrameKind } from "@mcp-gateway/contract";
import { type Clock, GatewayError, type JsonRpcErrorObject, limits, toJsonRpcError } from "@mcp-gateway/kit";
import { idlessBody } from "@mcp-gateway/mcp";
import type { CallOutcome } from "../admin/metrics.ts";
import { certainOwner, type Entry, isAt, isUnnamedAt } from "./call-entry.ts";
import { GivenUpCalls } from "./given-up.ts";
import type { Link } from "./link.ts";
import { noFacts, type StatelessFacts, statelessHeaders, statelessParams } from "./stateless-call.ts";

/** Who asked. Exactly one of `onReply` and `onFailure` is called, once. */
export interface CallOwner {
  /** The backend's response, verbatim, and the frame it came in. */
  onReply(message: Uint8Array, frame: Frame): void;
  onFailure(error: JsonRpcErrorObject): void;
  /** A notification that belongs to this call (progress, log). */
  onNotification?(message: Uint8Array): void;
  /** A request of the backend to the client, within this call. @returns false when it can't be asked */
  onRequest?(message: Uint8Array): boolean;
  /** Groups calls for attribution: the client session's id; undefined for the gateway's own calls. */
  readonly sessionId: string | undefined;
  /** In no client's name and with nothing of any (lists, the log level): whatever a backend says is not about it. */
  readonly isHousekeeping?: true;
}

export interface CallRequest {
  readonly backend: BackendState;
  readonly method: string;
  /** Given the call's upstream progress token; the params to send, or undefined for none. */
  readonly params: (progressToken: string) => unknown;
  readonly timeoutMs: number;
  /** A connection of one client session's own; 0: the shared one. */
  readonly instance?: number;
  /** For a backend of revision 2026-07-28; the gateway's own requests have none. */
  readonly stateless?: StatelessFacts;
}

export interface CallObserver {
  onStarted(backend: string): void;
  onEnded(backend: string, durationMs: number, outcome: CallOutcome): void;
}

const numberMax = 0xffff_ffff;

export class Calls {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #observer: CallObserver;
  readonly #entries = new Map<number, Entry>();
  readonly #givenUp: GivenUpCalls;
  #lastNumber = 0;

  constructor(link: Link, clock: Clock, observer: CallObserver) {
    this.#link = link;
    this.#clock = clock;
    this.#observer = observer;
    this.#givenUp = new GivenUpCalls((request, owner) => this.start(request, owner), clock);
  }

  get inFlight(): number {
    return this.#entries.size;
  }

  inFlightAt(backendIndex: number): number {
    let count = 0;
    for (const entry of this.#entries.values()) if (entry.backend.index === backendIndex) count += 1;
    return count;
  }

  /** Any call in flight on a session's own connection. */
  ownerAtInstance(instance: number): CallOwner | undefined {
    for (const entry of this.#entries.values()) if (entry.instance === instance) return entry.owner;
    return undefined;
  }

  /** A session's own connection is gone, and with it its calls. */
  failInstance(instance: number, error: JsonRpcErrorObject): void {
    for (const entry of this.#entries.values()) {
      if (entry.instance !== instance) continue;
      this.#entries.delete(entry.number);
      this.#fail(entry, error);
    }
  }

  ownerOf(number: number): CallOwner | undefined {
    return this.#entries.get(number)?.owner;
  }

  /** Whose it is what this backend says without naming a call; `undefined` when it is not certain. */
  certainOwnerAt(backendIndex: number): CallOwner | undefined {
    return certainOwner(this.#entries.values(), this.#givenUp, backendIndex);
  }

  /** The sessions whose calls make it doubtful what this backend speaks of. */
  sessionsAt(backendIndex: number): ReadonlySet<string | undefined> {
    const entries = [...this.#entries.values()].filter((entry) => isUnnamedAt(entry, backendIndex));
    return new Set(entries.map(({ owner }) => owner.sessionId));
  }

  /** Whether a call of this session keeps others from being told apart. */
  isInTheWay(sessionId: string): boolean {
    return [...this.#entries.values()].some(
      (entry) =>
        entry.owner.sessionId === sessionId &&
        entry.backend.transport !== "http" &&
        isUnnamedAt(entry, entry.backend.index),
    );
  }

  /** @returns the call's number. @throws GatewayError when it can't be sent; the owner is not called then */
  start(request: CallRequest, owner: CallOwner): number {
    const { backend } = request;
    if (!this.#link.isUp)
      throw new GatewayError("supervisor-lost", undefined, { facts: { server: backend.name } });
    if (backend.phase !== "ready") throw notReady(backend);
    if (this.#entries.size >= limits.callsInFlightMax) throw new GatewayError("too-many-calls");
    const number = this.#freeNumber();
    const given = request.params(`${this.#link.gatewayNumber}.${number}`);
    const isStateless = backend.era === "stateless";
    const facts = request.stateless ?? noFacts;
    const stated = isStateless ? statelessParams(given, facts) : undefined;
    const body = idlessBody(request.method, stated ?? given);
    const headers =
      stated === undefined
        ? undefined
        : Buffer.from(JSON.stringify(statelessHeaders(request.method, stated, facts)));
    const sent = this.#link.send({
      kind: FrameKind.call,
      backend: backend.index,
      call: number,
      epoch: backend.epoch,
      instance: request.instance ?? 0,
      ...(headers === undefined
        ? { payload: body }
        : { payload: Buffer.concat([body, headers]), idStart: body.length, idLength: headers.length }),
    });
    // A link that closed in this very moment does not say so before the next turn.
    if (!sent && !this.#link.isUp)
      throw new GatewayError("supervisor-lost", undefined, { facts: { server: backend.name } });
    if (!sent)
      throw new GatewayError("backend-overloaded", "The link to the supervisor is full.", {
        facts: { server: backend.name },
      });
    const nowMs = this.#clock.nowMs();
    this.#entries.set(number, {
      number,
      owner,
      backend,
      instance: request.instance ?? 0,
      method: request.method,
      startedMs: nowMs,
      // A stateless backend logs only for requests that name a level, and asks within their answers.
      mayBeUnnamed: !isStateless || facts.logLevel !== undefined,
      deadlineMs: nowMs + request.timeoutMs,
    });
    // The gateway's own requests are no calls of anybody.
    if (owner.sessionId !== undefined) this.#observer.onStarted(backend.name);
    return number;
  }

  /** Gives a call this much time from now. */
  allow(number: number, timeMs: number): void {
    const entry = this.#entries.get(number);
    if (entry !== undefined) entry.deadlineMs = this.#clock.nowMs() + timeMs;
  }

  /** Stops a call upstream. Its owner hears nothing more. */
  cancel(number: number, reason: string): void {
    const entry = this.#take(number);
    if (entry === undefined) return;
    this.#sendCancel(entry, reason);
    this.#observe(entry, "cancelled");
  }

  onFrame(frame: Frame): void {
    switch (frame.kind) {
      case FrameKind.reply: {
        const entry = this.#take(frame.call);
        if (entry === undefined) return; // Cancelled or timed out: nobody waits for it.
        this.#observe(entry, "ok");
        entry.owner.onReply(frame.payload, frame);
        return;
      }
      case FrameKind.failure: {
        const entry = this.#take(frame.call);
        if (entry !== undefined) this.#fail(entry, failureOf(frame.payload));
        return;
      }
      case FrameKind.notification: {
        const entry = this.#entries.get(frame.call);
        // A progress token can be made up; only the connection that has the call may speak of it.
        if (entry !== undefined && isAt(entry, frame)) entry.owner.onNotification?.(frame.payload);
        return;
      }
      default:
        return; // Other kinds are not for calls.
    }
  }

  /** The supervisor is gone, and with it every call. */
  failAll(error: GatewayError): void {
    this.#givenUp.clear();
    for (const entry of [...this.#entries.values()]) {
      this.#entries.delete(entry.number);
      this.#fail(entry, withServer(error, entry.backend.name));
    }
  }

  /** Ends what has waited too long. Called about once a second, so that a call costs no timer. */
  sweep(): void {
    const nowMs = this.#clock.nowMs();
    for (const entry of this.#entries.values()) {
      if (entry.deadlineMs > nowMs) continue;
      this.#entries.delete(entry.number);
      const waitedMs = Math.round(nowMs - entry.startedMs);
      this.#sendCancel(entry, `no answer within ${waitedMs} ms`);
      const detail = `${entry.backend.name} did not answer ${entry.method} within ${waitedMs} ms; the call was cancelled.`;
      this.#fail(
        entry,
        toJsonRpcError(
          new GatewayError("call-timeout", detail, { facts: { server: entry.backend.name, waitedMs } }),
        ),
        "timeout",
      );
    }
  }

  #observe(entry: Entry, outcome: CallOutcome): void {
    if (entry.owner.sessionId === undefined) return;
    this.#observer.onEnded(entry.backend.name, this.#clock.nowMs() - entry.startedMs, outcome);
  }

  #take(number: number): Entry | undefined {
    const entry = this.#entries.get(number);
    if (entry !== undefined) this.#entries.delete(number);
    return entry;
  }

  #fail(entry: Entry, error: JsonRpcErrorObject, outcome: CallOutcome = "error"): void {
    this.#observe(entry, outcome);
    entry.owner.onFailure(error);
  }

  #sendCancel(entry: Entry, reason: string): void {
    this.#link.send({
      kind: FrameKind.cancel,
      backend: entry.backend.index,
      epoch: entry.backend.epoch,
      instance: entry.instance,
      call: entry.number,
      payload: Buffer.from(reason),
    });
    this.#givenUp.add(entry);
  }

  #freeNumber(): number {
    do {
      this.#lastNumber = this.#lastNumber >= numberMax ? 1 : this.#lastNumber + 1;
    } while (this.#entries.has(this.#lastNumber));
    return this.#lastNumber;
  }
}

function withServer(error: GatewayError, server: string): JsonRpcErrorObject {
  return toJsonRpcError(new GatewayError(error.code, error.message, { facts: { ...error.facts, server } }));
}

/** Says why a backend takes no calls now, and what to do. */
export function notReady(backend: BackendState): GatewayError {
  const { fault } = backend;
  const why = fault === null ? [backend.note] : [fault.message.replace(/[^.!?]$/, "$&."), fault.remedy];
  const detail = [`The server "${backend.name}" is not ready (${backend.phase}).`, ...why].join(" ").trim();
  return new GatewayError("backend-not-ready", detail, {
    facts: { server: backend.name, phase: backend.phase },
  });
}

function failureOf(payload: Uint8Array): JsonRpcErrorObject {
  const value: unknown = JSON.parse(Buffer.from(payload).toString());
  // The supervisor writes these with toJsonRpcError; anything else is a broken invariant of ours.
  return value as JsonRpcErrorObject;
}
