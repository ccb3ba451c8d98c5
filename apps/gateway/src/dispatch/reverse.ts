/**
 * Requests of backends to clients (sampling, elicitation, roots): each reaches exactly the client whose call
 * caused it, on that call's own stream, under an id of this hop. Where the wire does not name the call, it is
 * passed on only if every call in flight there is of one session; otherwise the backend gets an error, never
 * a guess.
 */
import { type Frame, FrameKind } from "@mcp-gateway/contract";
import { GatewayError, type Log, limits, toJsonRpcError } from "@mcp-gateway/kit";
import { errorBody, resultBody, spliceId } from "@mcp-gateway/mcp";
import type { CallOwner, Calls } from "../link/calls.ts";
import type { Instances } from "../link/instances.ts";
import type { Link } from "../link/link.ts";
import type { Mirror } from "../link/mirror.ts";
import type { SessionRegistry } from "../sessions/registry.ts";
import type { Session } from "../sessions/session.ts";
import { idBytesOf } from "./bytes.ts";
import { missingCapability, undeclaredSentence } from "./client-capabilities.ts";
import type { ClientNotification, ClientResponse } from "./context.ts";
import {
  cancelledMessage,
  progressMessage,
  progressTokenOf,
  readNotification,
  rootsChangedMessage,
} from "./notifications.ts";
import type { Tasks } from "./tasks.ts";

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
  /** The backend's own, for progress that the client reports on the question. */
  readonly progressToken: unknown;
}

const relatedTaskKey = "io.modelcontextprotocol/related-task";

/** Asks a session on the stream for what belongs to no call. */
function listeningOwner(session: Session): CallOwner {
  return {
    sessionId: session.id,
    onReply: () => undefined,
    onFailure: () => undefined,
    onRequest: (message) => session.ask(message),
  };
}

export class ReverseRequests {
  readonly #link: Link;
  readonly #calls: Calls;
  readonly #instances: Instances;
  readonly #tasks: Tasks;
  readonly #mirror: Mirror;
  readonly #sessions: SessionRegistry;
  readonly #log: Log;
  readonly #byId = new Map<number, Asked>();
  /** Who was shown which URL elicitation, newest last. */
  readonly #elicitations = new Map<string, Session>();
  #lastId = 0;

  constructor(options: {
    link: Link;
    calls: Calls;
    instances: Instances;
    tasks: Tasks;
    mirror: Mirror;
    sessions: SessionRegistry;
    log: Log;
  }) {
    this.#link = options.link;
    this.#calls = options.calls;
    this.#instances = options.instances;
    this.#tasks = options.tasks;
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
        session.missingCapabilities.add(missing);
        throw new GatewayError("client-request-unsupported", undeclaredSentence(missing), {
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
      this.#byId.set(id, {
        id,
        session,
        owner,
        backend,
        epoch,
        reference,
        instance,
        progressToken: progressTokenOf(request.params),
      });
      this.#rememberElicitation(session, request.params);
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
    const ofTask = frame.call === 0 ? this.#taskOwnerOf(frame) : undefined;
    if (ofTask !== undefined) return ofTask;
    return frame.call === 0 ? this.#calls.certainOwnerAt(frame.backend) : this.#calls.ownerOf(frame.call);
  }

  /** A request within a task names it, and a task belongs to one session (2025-11-25, Tasks, "Related Task"). */
  #taskOwnerOf(frame: Frame): CallOwner | undefined {
    const meta = readNotification(frame.payload)?.params["_meta"];
    if (typeof meta !== "object" || meta === null || !Object.hasOwn(meta, relatedTaskKey)) return undefined;
    const related = (meta as Readonly<Record<string, unknown>>)[relatedTaskKey]; // An object that has the member.
    const taskId =
      typeof related === "object" && related !== null && "taskId" in related ? related.taskId : undefined;
    const session = this.#tasks.ownerOf(taskId)?.session;
    return session === undefined ? undefined : listeningOwner(session);
  }

  /** What comes on a session's own connection is that session's; best on the stream of a call that waits. */
  #instanceOwnerOf(frame: Frame): CallOwner | undefined {
    const ofCall = frame.call === 0 ? undefined : this.#calls.ownerOf(frame.call);
    const owner = ofCall ?? this.#calls.ownerAtInstance(frame.instance);
    if (owner !== undefined) return owner;
    const session = this.#instances.byNumber(frame.instance)?.session;
    return session === undefined ? undefined : listeningOwner(session);
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

  /** A client reports on what a backend asked; the token is the backend's own. */
  onClientProgress(session: Session, notification: ClientNotification): void {
    const token = notification.params?.["progressToken"];
    for (const asked of this.#byId.values()) {
      if (asked.session !== session || asked.progressToken === undefined || asked.progressToken !== token)
        continue;
      this.#notify(asked, progressMessage(notification.params ?? {}));
      return;
    }
  }

  /** Roots are a session's state: only backends of its own were told of them. */
  onRootsChanged(session: Session): void {
    for (const { backend, number } of this.#instances.all(session)) {
      this.#notify({ backend: backend.index, epoch: backend.epoch, instance: number }, rootsChangedMessage);
    }
  }

  /** A URL elicitation was completed out of band: only the client that was shown the URL hears of it. */
  onElicitationComplete(frame: Frame): void {
    const id = readNotification(frame.payload)?.params["elicitationId"];
    const session = typeof id === "string" ? this.#elicitations.get(id) : undefined;
    if (typeof id === "string") this.#elicitations.delete(id);
    session?.tell(frame.payload);
  }

  #notify(to: Pick<Frame, "backend" | "epoch" | "instance">, payload: Uint8Array): void {
    this.#link.send({
      kind: FrameKind.notify,
      backend: to.backend,
      epoch: to.epoch,
      instance: to.instance,
      payload,
    });
  }

  #rememberElicitation(session: Session, params: Readonly<Record<string, unknown>>): void {
    const id = params["elicitationId"];
    if (typeof id !== "string") return;
    this.#elicitations.set(id, session);
    const oldest = this.#elicitations.keys().next().value;
    if (this.#elicitations.size > limits.elicitationsRememberedMax && oldest !== undefined)
      this.#elicitations.delete(oldest);
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
