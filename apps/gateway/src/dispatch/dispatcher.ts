/** The one switch: every message of a client passes here, and the whole protocol can be seen on one screen. */
import type { BackendState } from "@mcp-gateway/contract";
import { GatewayError, isGatewayError, limits, messageOf, toJsonRpcError } from "@mcp-gateway/kit";

import { ownName, resultBody, withIdBytes } from "@mcp-gateway/mcp";
import type { ListItem, ListKind } from "../catalogue/listing.ts";
import { notReady } from "../link/calls.ts";
import { isMcpLogLevel, mcpLogLevels, type Session } from "../sessions/session.ts";
import { afterStart, serverToAwait } from "./after-start.ts";
import { idBytesOf } from "./bytes.ts";
import type {
  ClientNotification,
  ClientRequest,
  ClientResponse,
  DispatchContext,
  Exchange,
} from "./context.ts";
import { type Forwarding, forward, replyError } from "./forward.ts";
import { initialize } from "./initialize.ts";
import { emptyResult, readResource, subscribe, unsubscribe } from "./resources.ts";
import { forwardTaskRequest, taskHooks } from "./task-extension.ts";
import { forwardTask, listTasks, registerTask } from "./tasks.ts";
import { callAndWait, isWaited } from "./waited-task.ts";

export class Dispatcher {
  readonly #context: DispatchContext;

  #isSettled = false;

  constructor(context: DispatchContext) {
    this.#context = context;
    void context.firstLists.then(() => {
      this.#isSettled = true;
    });
  }

  /** Every outcome, failures included, goes to the exchange. */
  request(session: Session, request: ClientRequest, exchange: Exchange): void {
    try {
      this.#admit(session, request);
      const server = serverToAwait(this.#context, session, request);
      if (server === undefined) return this.#dispatch(session, request, exchange);
      const go = (): void => this.request(session, request, exchange);
      const fail = (error: GatewayError): void => this.#fail(request, exchange, error);
      afterStart(this.#context, session, request, exchange, { server, go, fail });
    } catch (error) {
      this.#fail(request, exchange, error);
    }
  }

  /** The answer to something a backend asked. */
  response(session: Session, response: ClientResponse): void {
    this.#context.reverse.onResponse(session, response);
  }

  notification(session: Session, notification: ClientNotification): void {
    switch (notification.method) {
      case "notifications/cancelled": {
        const id = notification.params?.["requestId"];
        const reason = notification.params?.["reason"];
        if (typeof id !== "string" && typeof id !== "number") return;
        session.inFlight.get(id)?.cancel(typeof reason === "string" ? reason : "cancelled by the client");
        return;
      }
      case "notifications/progress":
        return this.#context.reverse.onClientProgress(session, notification);
      case "notifications/roots/list_changed":
        return this.#context.reverse.onRootsChanged(session);
      default:
        return; // `initialized` needs nothing; others have no receiver here, and a notification has no answer.
    }
  }

  #admit(session: Session, request: ClientRequest): void {
    if (session.inFlight.has(request.id)) throw new GatewayError("duplicate-request-id");
    if (session.inFlight.size >= limits.callsPerSessionMax) throw new GatewayError("too-many-calls");
    if (!session.isInitialized && request.method !== "initialize" && request.method !== "ping")
      throw new GatewayError("not-initialized");
  }

  #dispatch(session: Session, request: ClientRequest, exchange: Exchange): void {
    const context = this.#context;
    switch (request.method) {
      case "initialize":
        return this.#initialize(session, request, exchange);
      case "ping":
        return exchange.reply(emptyResult(request));
      case "tools/list":
        return this.#list(session, request, exchange, "tools");
      case "prompts/list":
        return this.#list(session, request, exchange, "prompts");
      case "resources/list":
        return this.#list(session, request, exchange, "resources");
      case "resources/templates/list":
        return this.#list(session, request, exchange, "resourceTemplates");
      case "tools/call":
        return this.#callByName(session, request, exchange, "tools");
      case "prompts/get":
        return this.#callByName(session, request, exchange, "prompts");
      case "resources/read":
        return readResource(context, session, request, exchange);
      case "resources/subscribe":
        return subscribe(context, session, request, exchange);
      case "resources/unsubscribe":
        return unsubscribe(context, session, request, exchange);
      case "completion/complete":
        return this.#complete(session, request, exchange);
      case "tasks/update":
        return session.front === "stateless"
          ? forwardTaskRequest(context, session, request, exchange)
          : this.#other(session, request, exchange);
      case "tasks/get":
      case "tasks/result":
      case "tasks/cancel":
        if (session.front === "stateless") return forwardTaskRequest(context, session, request, exchange);
        forwardTask(context, session, request, exchange);
        return;
      case "tasks/list":
        return listTasks(context, session, request, exchange);
      case "logging/setLevel":
        return this.#setLogLevel(session, request, exchange);
      default:
        return this.#other(session, request, exchange);
    }
  }

  #initialize(session: Session, request: ClientRequest, exchange: Exchange): void {
    if (session.isInitialized)
      throw new GatewayError("invalid-request", "The session is already initialized.");
    initialize(this.#context, session, request).then(
      (result) => exchange.reply(withIdBytes(resultBody(result), idBytesOf(request.id))),
      (error: unknown) => this.#fail(request, exchange, error),
    );
  }

  /** Lists are answered from what is known; only in the first moments after the start they wait a little. */
  #list(session: Session, request: ClientRequest, exchange: Exchange, kind: ListKind): void {
    if (request.params?.["cursor"] !== undefined)
      throw new GatewayError("invalid-params", "No list here has a second page: leave `cursor` out.");
    this.#context.firstLists.then(
      () => {
        const { keeper } = this.#context;
        if (keeper.isStale) keeper.publish();
        const face =
          session.server === undefined ? keeper.catalogue.merged : keeper.catalogue.server(session.server);
        exchange.reply(face[kind].body.withId(idBytesOf(request.id)));
      },
      (error: unknown) => this.#fail(request, exchange, error),
    );
  }

  #callByName(session: Session, request: ClientRequest, exchange: Exchange, kind: "tools" | "prompts"): void {
    const name = request.params?.["name"];
    if (typeof name !== "string" || name === "")
      throw new GatewayError("invalid-params", `${request.method} needs params.name, a string.`);
    if (this.#isSettled || session.server !== undefined || this.#find(name, kind) !== undefined)
      return this.#callNamed(session, request, exchange, kind, name);
    // In the first moments after the start a name may only not be known yet.
    this.#context.firstLists
      .then(() => this.#callNamed(session, request, exchange, kind, name))
      .catch((error: unknown) => this.#fail(request, exchange, error));
  }

  #callNamed(
    session: Session,
    request: ClientRequest,
    exchange: Exchange,
    kind: "tools" | "prompts",
    name: string,
  ): void {
    const { backend, key } = this.#resolve(session, name, kind);
    const params = key === name ? request.params : { ...request.params, name: key };
    const forwarding = { backend, params, target: `${backend.name}/${key}` };
    if (kind === "tools" && isWaited(this.#context, session, backend, key))
      return callAndWait(this.#context, session, request, exchange, forwarding);
    const hooks = this.#taskHooks(session, request, backend);
    forward(this.#context, session, request, exchange, { ...forwarding, ...hooks });
  }

  /** A call may be answered with a task, in the way of its server's era. */
  #taskHooks(session: Session, request: ClientRequest, backend: BackendState): Partial<Forwarding> {
    if (backend.era === "stateless") return taskHooks(this.#context, session, backend);
    if (request.params?.["task"] === undefined) return {};
    return { refuses: (reply, call) => registerTask(this.#context, session, backend, call, reply) };
  }

  #resolve(
    session: Session,
    name: string,
    kind: "tools" | "prompts",
  ): { readonly backend: BackendState; readonly key: string } {
    if (session.server !== undefined) return { backend: this.#backend(session.server), key: name };
    const item = this.#find(name, kind);
    const backend = item === undefined ? undefined : this.#context.mirror.byName(item.server);
    if (item !== undefined && backend !== undefined) return { backend, key: item.key };
    throw this.#unknownName(name, kind);
  }

  #find(name: string, kind: "tools" | "prompts"): ListItem | undefined {
    const { keeper } = this.#context;
    const find = (): ListItem | undefined =>
      kind === "tools" ? keeper.catalogue.tool(name) : keeper.catalogue.prompt(name);
    const known = find();
    if (known !== undefined || !keeper.isStale) return known;
    keeper.publish();
    return find();
  }

  /** A name that would be known if its server were up deserves a better answer than "unknown". */
  #unknownName(name: string, kind: "tools" | "prompts"): GatewayError {
    const { keeper, mirror, settings } = this.#context;
    if (!mirror.hasSnapshot) return new GatewayError("supervisor-lost");
    const hasMark = (server: string): boolean =>
      [settings.separator, "__", "/"].some((mark) => name.startsWith(server + mark));
    const named =
      mirror.all().find((backend) => hasMark(backend.name)) ??
      mirror.all().find((backend) => backend.names === "own" && ownName(name) !== undefined);
    if (named !== undefined && (named.phase !== "ready" || !keeper.isListed(named))) return notReady(named);
    return kind === "tools"
      ? new GatewayError("unknown-tool", `Unknown tool: ${name}`, { facts: { tool: name } })
      : new GatewayError("unknown-prompt", `Unknown prompt: ${name}`, { facts: { prompt: name } });
  }

  #backend(server: string): BackendState {
    const backend = this.#context.mirror.byName(server);
    if (backend === undefined)
      throw new GatewayError("backend-unknown", `No server "${server}" is configured.`);
    return backend;
  }

  #complete(session: Session, request: ClientRequest, exchange: Exchange): void {
    const ref: unknown = request.params?.["ref"];
    if (typeof ref !== "object" || ref === null || !("type" in ref))
      throw new GatewayError("invalid-params", "completion/complete needs params.ref.");
    if (session.server !== undefined) return this.#forwardOwn(session, request, exchange);
    const item = this.#completed(ref);
    forward(this.#context, session, request, exchange, {
      backend: this.#backend(item.server),
      params: {
        ...request.params,
        ref: { ...ref, ...("name" in ref ? { name: item.key } : { uri: item.key }) },
      },
      target: `${item.server}/${item.key}`,
    });
  }

  #completed(ref: object): ListItem {
    const { catalogue } = this.#context.keeper;
    if ("name" in ref && typeof ref.name === "string") {
      const prompt = catalogue.prompt(ref.name);
      if (prompt === undefined) throw this.#unknownName(ref.name, "prompts");
      return prompt;
    }
    const uri = "uri" in ref && typeof ref.uri === "string" ? ref.uri : "";
    const item = catalogue.template(uri) ?? catalogue.resource(uri);
    if (item === undefined)
      throw new GatewayError("unknown-resource", `No server has the resource template ${uri}.`);
    return item;
  }

  #setLogLevel(session: Session, request: ClientRequest, exchange: Exchange): void {
    const level = request.params?.["level"];
    if (!isMcpLogLevel(level))
      throw new GatewayError("invalid-params", `params.level must be one of ${mcpLogLevels.join(", ")}.`);
    session.logLevel = level;
    this.#context.logLevels.apply();
    exchange.reply(emptyResult(request));
  }

  /** Methods nobody here knows: one server's own face passes them on, the merged face can't tell whose they are. */
  #other(session: Session, request: ClientRequest, exchange: Exchange): void {
    if (session.server === undefined)
      throw new GatewayError("method-not-found", `Unknown method: ${request.method}`);
    this.#forwardOwn(session, request, exchange);
  }

  #forwardOwn(session: Session, request: ClientRequest, exchange: Exchange): void {
    const backend = this.#backend(session.server ?? "");
    forward(this.#context, session, request, exchange, {
      backend,
      params: request.params,
      target: backend.name,
    });
  }

  #fail(request: ClientRequest, exchange: Exchange, error: unknown): void {
    if (!isGatewayError(error))
      this.#context.log.error("request failed inside the gateway", {
        method: request.method,
        reason: messageOf(error),
      });
    replyError(request, exchange, toJsonRpcError(error));
  }
}
