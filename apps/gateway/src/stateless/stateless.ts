/**
 * The stateless revision (2026-07-28) on the client's side: every POST says for itself who asks and what the
 * client can do, and is served without a session of the client's. Towards backends with sessions each request
 * has one of the gateway's own for as long as it lives.
 */
import {
  GatewayError,
  isGatewayError,
  type JsonRpcErrorObject,
  messageOf,
  redact,
  toJsonRpcError,
} from "@mcp-gateway/kit";
import { errorBody, Method, withIdBytes } from "@mcp-gateway/mcp";
import { errorResponse } from "../admin/responses.ts";
import type { ListKind } from "../catalogue/listing.ts";
import { idBytesOf } from "../dispatch/bytes.ts";
import type { ClientMessage, ClientRequest, DispatchContext } from "../dispatch/context.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { progressTokenOf } from "../dispatch/notifications.ts";
import { jsonResponse } from "../fronts/json-response.ts";
import { eventStreamHeaders } from "../sessions/event-stream.ts";
import { Session } from "../sessions/session.ts";
import { Answer } from "./answer.ts";
import { type CallParts, internalId, type Round, StatelessCall } from "./call.ts";
import { missingCapabilityError } from "./error-answer.ts";
import { Faces } from "./faces.ts";
import { openListen } from "./listening.ts";
import { backendParams, isObject, type JsonObject } from "./meta-keys.ts";
import { paramHeaderFault } from "./param-headers.ts";
import { ParkedCalls } from "./parked.ts";
import { describeClient, mismatch, type RequestHead, readHead } from "./request-head.ts";
import { bindingOf, principalOf, RequestStateCodec } from "./request-state.ts";

export interface StatelessPost {
  readonly request: Request;
  /** The server whose own face is asked; undefined: all. */
  readonly server: string | undefined;
  readonly message: ClientMessage;
  readonly acceptsJson: boolean;
  readonly acceptsStream: boolean;
  readonly allowQuiet: () => void;
}

export type StatelessRequestPost = StatelessPost & { readonly message: ClientRequest };

function isRequestPost(post: StatelessPost): post is StatelessRequestPost {
  return post.message.kind === "request";
}

export class Stateless {
  readonly #context: DispatchContext;
  readonly #dispatcher: Dispatcher;
  readonly #faces: Faces;
  readonly #calls: CallParts;
  #requests = 0;
  /** Set once where there are several workers: answers a request whose call is parked at another one. */
  elsewhere: (post: StatelessRequestPost, requestState: string) => Promise<Response> | undefined = () =>
    undefined;

  constructor(context: DispatchContext, dispatcher: Dispatcher, mark: string) {
    this.#context = context;
    this.#dispatcher = dispatcher;
    this.#faces = new Faces(context);
    this.#calls = {
      context,
      parked: new ParkedCalls(),
      states: new RequestStateCodec(mark),
      release: (session) => context.sessions.release(session),
    };
    context.reverse.onDoubt = (backendIndex) =>
      this.#calls.parked.giveWay(context.calls.sessionsAt(backendIndex), context.clock.nowMs());
  }

  /** Every outcome, failures included, is a response. */
  post(post: StatelessPost): Response | Promise<Response> {
    if (isRequestPost(post)) {
      try {
        return this.#serve(post);
      } catch (error) {
        return this.#refuse(post.message, error);
      }
    }
    if (post.message.kind === "response")
      return errorResponse(new GatewayError("invalid-request", "Answers travel in `inputResponses` here."));
    return new Response(null, { status: 202 }); // No notification has a meaning here: to cancel is to close the stream.
  }

  /** Called every now and then. */
  sweep(nowMs: number): void {
    Answer.sweep(nowMs);
    this.#calls.parked.sweep(nowMs);
  }

  /** The gateway stops: nobody can come back, and who listens is told that it ends. */
  stop(reason: string): void {
    this.#calls.parked.endAll(reason);
    const { sessions } = this.#context;
    for (const session of [...sessions.all()]) if (session.front === "listen") sessions.end(session, reason);
  }

  /** @throws GatewayError */
  #serve(post: StatelessRequestPost): Response | Promise<Response> {
    const { message, request, server } = post;
    const state = message.params?.["requestState"];
    const elsewhere = typeof state === "string" ? this.elsewhere(post, state) : undefined;
    if (elsewhere !== undefined) return this.#orRefusal(message, elsewhere);
    const head = readHead(request.headers, message);
    const session = this.#session(server, head, request);
    switch (message.method) {
      case Method.serverDiscover:
        return this.#discover(post, session);
      case Method.toolsList:
        return this.#list(post, session, "tools");
      case Method.promptsList:
        return this.#list(post, session, "prompts");
      case Method.resourcesList:
        return this.#list(post, session, "resources");
      case Method.resourceTemplatesList:
        return this.#list(post, session, "resourceTemplates");
      case Method.subscriptionsListen:
        return this.#listen(post, session);
      case Method.tasksGet:
      case Method.tasksUpdate:
      case Method.tasksCancel:
        this.#faces.checkTasks(session, message.method);
        return this.#call(post, head, session);
      default:
        return this.#call(post, head, session);
    }
  }

  #session(server: string | undefined, head: RequestHead, { headers }: Request): Session {
    const session = new Session({
      id: `one-${(++this.#requests).toString(36)}`,
      front: "stateless",
      server,
      nowMs: this.#context.clock.nowMs(),
    });
    session.isInitialized = true;
    session.principal = principalOf(headers.get("authorization"));
    describeClient(session, head);
    return session;
  }

  /** What takes more than this moment, and may fail in a later one. */
  #orRefusal(message: ClientRequest, response: Promise<Response>): Promise<Response> {
    return response.catch((error: unknown) => this.#refuse(message, error));
  }

  #discover(post: StatelessRequestPost, session: Session): Promise<Response> {
    const id = idBytesOf(post.message.id);
    const body = this.#faces.discover(session);
    return this.#orRefusal(
      post.message,
      body.then((known) => this.#answer(post, withIdBytes(known, id))),
    );
  }

  #list(post: StatelessRequestPost, session: Session, kind: ListKind): Promise<Response> {
    if (post.message.params?.["cursor"] !== undefined)
      throw new GatewayError("invalid-params", "No list here has a second page: leave `cursor` out.");
    const id = idBytesOf(post.message.id);
    const body = this.#faces.list(session, kind);
    return this.#orRefusal(
      post.message,
      body.then((list) => this.#answer(post, list.withId(id))),
    );
  }

  #answer(post: StatelessRequestPost, message: Uint8Array): Promise<Response> {
    const { answer } = this.#round(post);
    answer.send(message, 200);
    return answer.response;
  }

  #listen(post: StatelessRequestPost, asker: Session): Response {
    if (!post.acceptsStream) throw new GatewayError("not-acceptable");
    const parts = { context: this.#context, dispatcher: this.#dispatcher, faces: this.#faces };
    const { stream } = openListen(parts, asker, post.message);
    post.allowQuiet();
    return new Response(stream.body, { headers: eventStreamHeaders });
  }

  /** @throws GatewayError */
  #call(post: StatelessRequestPost, head: RequestHead, session: Session): Promise<Response> {
    const { message, server } = post;
    const { method, params } = message;
    if (method === Method.toolsCall) this.#checkParamHeaders(post);
    const answers = answersIn(params);
    const binding = (): string => bindingOf(session.principal, server, method, params);
    const parked = this.#parkedCall(params?.["requestState"], binding, answers);
    if (parked !== undefined) {
      parked.check(answers);
      const round = this.#round(post);
      parked.resume(round, answers, head);
      return round.answer.response;
    }
    const { sessions, logLevels } = this.#context;
    sessions.adopt(session);
    const round = this.#round(post);
    if (session.logLevel !== undefined) logLevels.apply();
    const isRetry = params?.["requestState"] !== undefined;
    const call = new StatelessCall({
      parts: this.#calls,
      session,
      request: message,
      bindingOf: binding,
      serverInfo: this.#faces.serverInfo(server),
      offered: isRetry ? {} : answers,
    });
    call.attach(round);
    const upstream = {
      kind: "request",
      id: internalId,
      method,
      params: backendParams(method, params),
    } as const;
    this.#dispatcher.request(session, upstream, call);
    return round.answer.response;
  }

  /** @throws GatewayError `header-mismatch` */
  #checkParamHeaders({ message, request, server }: StatelessRequestPost): void {
    const name = message.params?.["name"];
    if (typeof name !== "string") return;
    const headers = this.#faces.paramHeaders(server, name);
    const fault = paramHeaderFault(headers, message.params?.["arguments"], (header) =>
      request.headers.get(header),
    );
    if (fault !== undefined) throw mismatch(fault);
  }

  /**
   * The call that a `requestState` leads to; undefined: the request is to be made from the start.
   * @throws GatewayError
   */
  #parkedCall(text: unknown, binding: () => string, answers: JsonObject): StatelessCall | undefined {
    if (text === undefined) return undefined;
    const { parked, states } = this.#calls;
    const state = typeof text === "string" ? states.open(text) : undefined;
    if (state === undefined || state.binding !== binding()) throw new GatewayError("request-state-invalid");
    const nowMs = this.#context.clock.nowMs();
    if (state.expiresMs <= nowMs) throw new GatewayError("request-state-over");
    if (state.call === "") {
      const isDone = Object.values(answers).every(
        (answer) => isObject(answer) && answer["action"] === "accept",
      );
      if (!isDone) throw new GatewayError("input-declined");
      return undefined;
    }
    const call = parked.find(state.call, nowMs);
    if (call === undefined || call.roundNumber !== state.round) throw new GatewayError("request-state-over");
    return call;
  }

  #round({ request, message, acceptsJson, acceptsStream, allowQuiet }: StatelessRequestPost): Round {
    const nowMs = this.#context.clock.nowMs();
    const answer = new Answer({ request, id: message.id, acceptsJson, acceptsStream, nowMs, allowQuiet });
    return { answer, id: message.id, progressToken: progressTokenOf(message.params) };
  }

  #refuse({ id, method }: ClientRequest, error: unknown): Response {
    if (!isGatewayError(error))
      this.#context.log.error("request failed inside the gateway", { method, reason: messageOf(error) });
    if (!isGatewayError(error)) return errorResponse(error, id);
    const { extension } = error.facts;
    if (error.code === "client-capability-missing" && typeof extension === "string")
      return refusal(missingCapabilityError({ extensions: { [extension]: {} } }), id, 400);
    if (error.code !== "method-not-found") return errorResponse(error, id);
    // The transport wants this status for a method that does not exist (2026-07-28, Streamable HTTP).
    return refusal({ ...toJsonRpcError(error), message: redact(error.message) }, id, 404);
  }
}

function refusal(error: JsonRpcErrorObject, id: ClientRequest["id"], status: number): Response {
  return jsonResponse(withIdBytes(errorBody(error), idBytesOf(id)), { unreadBytes: 0 }, {}, status);
}

/** @throws GatewayError `invalid-params` */
function answersIn(params: JsonObject | undefined): JsonObject {
  const answers = params?.["inputResponses"];
  if (answers === undefined) return {};
  if (!isObject(answers) || !Object.values(answers).every(isObject))
    throw new GatewayError("invalid-params", "params.inputResponses must be an object of answers.");
  return answers;
}
