/**
 * Requests of backends to clients (sampling, elicitation, roots): each reaches exactly the client whose call
 * caused it, on that call's own stream, under an id of this hop. Where the wire does not name the call, it is
 * passed on only if every call in flight there is of one session; otherwise the backend gets an error, never
 * a guess.
 */
import { type Frame, FrameKind } from "@mcp-gateway/contract";
import { GatewayError, type Log, toJsonRpcError } from "@mcp-gateway/kit";
import { errorBody, MessageView, resultBody } from "@mcp-gateway/mcp";
import type { CallOwner, Calls } from "../link/calls.ts";
import type { Instances } from "../link/instances.ts";
import type { Link } from "../link/link.ts";
import type { Mirror } from "../link/mirror.ts";
import type { SessionRegistry } from "../sessions/registry.ts";
import type { Session } from "../sessions/session.ts";
import { idBytesOf } from "./bytes.ts";
import { missingCapability, undeclaredSentence } from "./client-capabilities.ts";
import type { ClientNotification, ClientResponse } from "./context.ts";
import { Elicitations } from "./elicitations.ts";
import { cancelledMessage, progressMessage, rootsChangedMessage } from "./notifications.ts";
import type { Tasks } from "./tasks.ts";

type JsonObject = Readonly<Record<string, unknown>>;
type Origin = Pick<Frame, "backend" | "epoch" | "reference" | "instance">;
type Answer =
  | { readonly isError: false; readonly result: unknown }
  | { readonly isError: true; readonly error: JsonObject };

/** A request of a backend that a client is asked and has not answered. */
interface Asked {
  /** Under which the client was asked. */
  readonly id: number;
  readonly session: Session;
  readonly owner: CallOwner;
  /** Where the backend waits; undefined for a question within a stateless backend's answer. */
  readonly from: Origin | undefined;
  readonly answer: (response: Answer) => void;
  /** The backend's own as JSON, for progress that the client reports on the question. */
  readonly progressToken: string | undefined;
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
  readonly #elicitations = new Elicitations();
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

  /** A question of this backend can't be told from those of others. Set by who may know a way out. */
  onDoubt: (backendIndex: number) => void = () => undefined;

  onFrame(frame: Frame): void {
    if (frame.kind === FrameKind.reverseCancel) return this.#onCancelled(frame);
    if (frame.kind !== FrameKind.doubt) return this.#onRequest(frame);
    if (this.#mirror.byIndex(frame.backend)?.epoch === frame.epoch) this.onDoubt(frame.backend);
  }

  #onRequest(frame: Frame): void {
    try {
      const owner = this.#ownerOf(frame);
      const session = owner.sessionId === undefined ? undefined : this.#sessions.byId(owner.sessionId);
      if (session === undefined) throw new GatewayError("client-request-unattributed");
      const answer = (response: Answer): void => this.#answer(frame, answerBody(response));
      this.#put(session, owner, readQuestion(frame.payload), { from: frame, answer });
    } catch (error) {
      this.#answer(frame, errorBody(toJsonRpcError(error)));
    }
  }

  /** @throws GatewayError `client-request-unattributed` */
  #ownerOf(frame: Frame): CallOwner {
    const owner = frame.instance === 0 ? this.#sharedOwnerOf(frame) : this.#instanceOwnerOf(frame);
    if (owner === undefined) this.onDoubt(frame.backend);
    if (owner === undefined) throw new GatewayError("client-request-unattributed");
    return owner;
  }

  /**
   * Puts a question of a stateless backend to the client, within the call that raised it.
   * @param params JSON
   * @returns the client's result. @throws GatewayError when it can't be asked, or answers with an error
   */
  async ask(session: Session, owner: CallOwner, method: string, params: string): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const text = `{"jsonrpc":"2.0","id":0,"method":${JSON.stringify(method)},"params":${params}}`;
    const question = readQuestion(Buffer.from(text));
    this.#put(session, owner, question, {
      from: undefined,
      answer: (response) => {
        if (!response.isError) return resolve(response.result);
        const said = `The client answered ${method} with an error.`;
        reject(new GatewayError("client-refused", said, { cause: response.error }));
      },
    });
    return await promise;
  }

  /** @throws GatewayError when the client can't be asked */
  #put(
    session: Session,
    owner: CallOwner,
    question: MessageView,
    { from, answer }: Pick<Asked, "from" | "answer">,
  ): void {
    const { method } = question;
    const missing = missingCapability(session.capabilities, method, (name) => question.param(name));
    if (missing !== undefined) {
      session.missingCapabilities.add(missing);
      throw new GatewayError("client-request-unsupported", undeclaredSentence(missing), {
        facts: { missing },
      });
    }
    const id = this.#lastId + 1;
    const progressToken = question.meta?.text("progressToken");
    // Two backends may use one token, so the client is given one of this hop.
    const meta = progressToken === undefined ? {} : { set: { progressToken: String(id) } };
    const message = question.with({ id: idBytesOf(id), meta });
    if (message === undefined || owner.onRequest?.(message) !== true) {
      throw new GatewayError(
        "client-request-unsupported",
        "The client reads no event stream and can't be asked.",
      );
    }
    this.#lastId = id;
    this.#byId.set(id, { id, session, owner, from, answer, progressToken });
    this.#elicitations.remember(session, question.param("elicitationId"));
    const backend = from === undefined ? undefined : this.#mirror.byIndex(from.backend)?.name;
    this.#log.info("client asked", { session: session.shortId, backend, method });
  }

  #sharedOwnerOf(frame: Frame): CallOwner | undefined {
    if (frame.call !== 0) return this.#calls.ownerOf(frame.call);
    return this.#taskOwnerOf(frame) ?? this.#calls.certainOwnerAt(frame.backend);
  }

  /** What comes on a session's own connection is that session's; best on the stream of a call that waits. */
  #instanceOwnerOf(frame: Frame): CallOwner | undefined {
    const ofCall = frame.call === 0 ? this.#taskOwnerOf(frame) : this.#calls.ownerOf(frame.call);
    const owner = ofCall ?? this.#calls.ownerAtInstance(frame.instance);
    if (owner !== undefined) return owner;
    const session = this.#instances.byNumber(frame.instance)?.session;
    return session === undefined ? undefined : listeningOwner(session);
  }

  /**
   * A request within a task names it, and a task belongs to one session (2025-11-25, Tasks, "Related Task"):
   * it goes where that session waits for the task's result, or where it listens.
   */
  #taskOwnerOf({ payload, backend, epoch, instance }: Frame): CallOwner | undefined {
    const server = this.#mirror.byIndex(backend)?.name;
    const related = MessageView.read(payload)?.meta?.object(relatedTaskKey);
    if (server === undefined || related?.isUnambiguous !== true) return undefined;
    const task = this.#tasks.at({ server, epoch, instance }, related.value("taskId"));
    return task?.waiter ?? (task === undefined ? undefined : listeningOwner(task.session));
  }

  #onCancelled(frame: Frame): void {
    for (const asked of this.#byId.values()) {
      if (
        asked.from?.backend !== frame.backend ||
        asked.from.epoch !== frame.epoch ||
        asked.from.instance !== frame.instance ||
        asked.from.reference !== frame.reference
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
    asked.answer(response);
  }

  /** A client reports on what a backend asked; the backend knows the question by a token of its own. */
  onClientProgress(session: Session, notification: ClientNotification): void {
    const token = notification.params?.["progressToken"];
    const asked = typeof token === "number" ? this.#byId.get(token) : undefined;
    if (asked?.session !== session || asked.progressToken === undefined || asked.from === undefined) return;
    const report = MessageView.read(progressMessage(notification.params ?? {}));
    const message = report?.with({ params: { set: { progressToken: asked.progressToken } } });
    if (message !== undefined) this.#notify(asked.from, message);
  }

  /** Roots are a session's state: only backends of its own were told of them. */
  onRootsChanged(session: Session): void {
    for (const { backend, number } of this.#instances.all(session)) {
      this.#notify({ backend: backend.index, epoch: backend.epoch, instance: number }, rootsChangedMessage);
    }
  }

  /** A URL elicitation was completed out of band: only the client that was shown the URL hears of it. */
  onElicitationComplete(completed: MessageView): void {
    this.#elicitations.take(completed.param("elicitationId"))?.tell(completed.bytes);
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

  /** A call ended: what its backend still asked on its behalf has nobody to answer it. */
  onCallEnded(owner: CallOwner): void {
    if (this.#byId.size === 0) return;
    for (const asked of this.#byId.values()) {
      if (asked.owner !== owner) continue;
      this.#byId.delete(asked.id);
      asked.answer({ isError: true, error: { ...toJsonRpcError(new GatewayError("client-gone")) } });
    }
  }

  /** The supervisor is gone, and with it who asked. */
  forgetAll(): void {
    for (const asked of this.#byId.values())
      asked.owner.onRequest?.(cancelledMessage(asked.id, "the server is gone"));
    this.#byId.clear();
  }

  #answer(to: Origin, body: Uint8Array): void {
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

/** @throws GatewayError `backend-malformed` */
function readQuestion(message: Uint8Array): MessageView {
  const question = MessageView.read(message);
  if (question === undefined) throw new GatewayError("backend-malformed");
  return question;
}

/** What the client said, as the rest of a response without its id. */
function answerBody(response: Answer): Uint8Array {
  return response.isError
    ? Buffer.from(`"error":${JSON.stringify(response.error)}}`)
    : resultBody(JSON.stringify(response.result));
}
