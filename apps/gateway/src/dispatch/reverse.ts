/**
 * Requests of backends to clients (sampling, elicitation, roots): each reaches exactly the client whose call
 * caused it, on that call's own stream, under an id of this hop. Where the wire does not name the call, it is
 * passed on only if every call in flight there is of one session; otherwise the backend gets an error, never
 * a guess.
 */
import { type Frame, FrameKind } from "@mcp-gateway/contract";
import { GatewayError, type Log, toJsonRpcError } from "@mcp-gateway/kit";
import { errorBody, resultBody, spliceId } from "@mcp-gateway/mcp";
import type { CallOwner, Calls } from "../link/calls.ts";
import type { Instances } from "../link/instances.ts";
import type { Link } from "../link/link.ts";
import type { Mirror } from "../link/mirror.ts";
import type { SessionRegistry } from "../sessions/registry.ts";
import type { Session } from "../sessions/session.ts";
import { idBytesOf } from "./bytes.ts";
import { missingCapability } from "./client-capabilities.ts";
import type { ClientResponse } from "./context.ts";
import { cancelledMessage, readNotification } from "./notifications.ts";

/** A request of a backend that a client is asked and has not answered. */
interface Asked {
  /** Under which the client was asked. */
  readonly id: number;
  readonly session: Session;
  readonly owner: CallOwner;
  readonly backend: number;
  readonly epoch: number;
  readonly reference: number;
  readonly instance: number;
}

export class ReverseRequests {
  readonly #link: Link;
  readonly #calls: Calls;
  readonly #instances: Instances;
  readonly #mirror: Mirror;
  readonly #sessions: SessionRegistry;
  readonly #log: Log;
  readonly #byId = new Map<number, Asked>();
  #lastId = 0;

  constructor(options: {
    link: Link;
    calls: Calls;
    instances: Instances;
    mirror: Mirror;
    sessions: SessionRegistry;
    log: Log;
  }) {
    this.#link = options.link;
    this.#calls = options.calls;
    this.#instances = options.instances;
    this.#mirror = options.mirror;
    this.#sessions = options.sessions;
    this.#log = options.log;
  }

  onFrame(frame: Frame): void {
    if (frame.kind === FrameKind.reverseCancel) this.#onCancelled(frame);
    else this.#onRequest(frame);
  }

  #onRequest(frame: Frame): void {
    try {
      const owner = this.#ownerOf(frame);
      const session = owner.sessionId === undefined ? undefined : this.#sessions.byId(owner.sessionId);
      const request = readNotification(frame.payload);
      if (session === undefined || request === undefined)
        throw new GatewayError("client-request-unattributed");
      const missing = missingCapability(session.capabilities, request.method, request.params);
      if (missing !== undefined) {
        throw new GatewayError("client-request-unsupported", `The client did not declare ${missing}.`, {
          facts: { missing },
        });
      }
      const id = this.#lastId + 1;
      if (owner.onRequest?.(spliceId(frame.payload, frame.idStart, frame.idLength, idBytesOf(id))) !== true) {
        throw new GatewayError(
          "client-request-unsupported",
          "The client reads no event stream and can't be asked.",
        );
      }
      this.#lastId = id;
      const { backend, epoch, reference, instance } = frame;
      this.#byId.set(id, { id, session, owner, backend, epoch, reference, instance });
      this.#log.info("client asked", {
        session: session.shortId,
        backend: this.#mirror.byIndex(backend)?.name,
        method: request.method,
      });
    } catch (error) {
      this.#answer(frame, errorBody(toJsonRpcError(error)));
    }
  }

  /** @throws GatewayError `client-request-unattributed` */
  #ownerOf(frame: Frame): CallOwner {
    const owner = frame.instance === 0 ? this.#sharedOwnerOf(frame) : this.#instanceOwnerOf(frame);
    if (owner === undefined) throw new GatewayError("client-request-unattributed");
    return owner;
  }

  #sharedOwnerOf(frame: Frame): CallOwner | undefined {
    return frame.call === 0 ? this.#calls.certainOwnerAt(frame.backend) : this.#calls.ownerOf(frame.call);
  }

  /** What comes on a session's own connection is that session's; best on the stream of a call that waits. */
  #instanceOwnerOf(frame: Frame): CallOwner | undefined {
    const ofCall = frame.call === 0 ? undefined : this.#calls.ownerOf(frame.call);
    const owner = ofCall ?? this.#calls.ownerAtInstance(frame.instance);
    if (owner !== undefined) return owner;
    const session = this.#instances.byNumber(frame.instance)?.session;
    if (session === undefined) return undefined;
    return {
      sessionId: session.id,
      onReply: () => undefined,
      onFailure: () => undefined,
      onRequest: (message) => session.ask(message),
    };
  }

  #onCancelled(frame: Frame): void {
    for (const asked of this.#byId.values()) {
      if (
        asked.backend !== frame.backend ||
        asked.epoch !== frame.epoch ||
        asked.instance !== frame.instance ||
        asked.reference !== frame.reference
      )
        continue;
      this.#byId.delete(asked.id);
      asked.owner.onRequest?.(cancelledMessage(asked.id, "the server no longer waits for the answer"));
    }
  }

  /** A client answered. Only the session that was asked can; anything else has no question here. */
  onResponse(session: Session, response: ClientResponse): void {
    const asked = typeof response.id === "number" ? this.#byId.get(response.id) : undefined;
    if (asked === undefined || asked.session !== session)
      return this.#log.debug("answer without a question", { session: session.shortId });
    this.#byId.delete(asked.id);
    const body = response.isError
      ? Buffer.from(`"error":${JSON.stringify(response.error)}}`)
      : resultBody(JSON.stringify(response.result));
    this.#answer(asked, body);
  }

  /** A call ended: what its backend still asked on its behalf has nobody to answer it. */
  onCallEnded(owner: CallOwner): void {
    if (this.#byId.size === 0) return;
    for (const asked of this.#byId.values()) {
      if (asked.owner !== owner) continue;
      this.#byId.delete(asked.id);
      this.#answer(asked, errorBody(toJsonRpcError(new GatewayError("client-gone"))));
    }
  }

  /** The supervisor is gone, and with it who asked. */
  forgetAll(): void {
    for (const asked of this.#byId.values())
      asked.owner.onRequest?.(cancelledMessage(asked.id, "the server is gone"));
    this.#byId.clear();
  }

  #answer(to: Pick<Frame, "backend" | "epoch" | "reference" | "instance">, body: Uint8Array): void {
    this.#link.send({
      kind: FrameKind.reverseReply,
      backend: to.backend,
      epoch: to.epoch,
      reference: to.reference,
      instance: to.instance,
      payload: body,
    });
  }
}
