/**
 * Streamable HTTP at one address: POST, GET and DELETE of the revisions with sessions (2025-03-26 to
 * 2025-11-25), and the POST of the stateless one, told apart by each request.
 */

import { type Clock, GatewayError, limits } from "@mcp-gateway/kit";
import { isSessionRevision, sessionRevisions, statelessRevision } from "@mcp-gateway/mcp";
import type { ClientMessage, ClientRequest } from "../dispatch/context.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { acceptsEventStream, acceptsJson } from "../guards/accept.ts";
import { readBody } from "../guards/read-body.ts";
import { readEventId } from "../sessions/channel.ts";
import { EventStream, eventStreamHeaders } from "../sessions/event-stream.ts";
import type { SessionRegistry } from "../sessions/registry.ts";
import type { Session } from "../sessions/session.ts";
import { eraOf } from "../stateless/era.ts";
import type { Stateless } from "../stateless/stateless.ts";
import { Batch } from "./batch.ts";
import { readMessages } from "./message.ts";
import { PostExchange } from "./post-exchange.ts";

const sessionHeader = "mcp-session-id";
const versionHeader = "mcp-protocol-version";

export interface FrontContext {
  readonly sessions: SessionRegistry;
  readonly dispatcher: Dispatcher;
  readonly stateless: Stateless;
  readonly clock: Clock;
  readonly requestBytesMax: number;
  readonly isServer: (name: string) => boolean;
  /** Lets this connection be quiet for `limits.streamIdleTimeoutS`. */
  readonly allowQuiet: (request: Request) => void;
}

export class StreamableHttpFront {
  readonly #context: FrontContext;

  constructor(context: FrontContext) {
    this.#context = context;
  }

  /** @param server the server whose own face is asked for; undefined: all. @throws GatewayError */
  async handle(request: Request, server: string | undefined): Promise<Response> {
    if (request.method !== "POST" && request.headers.get(versionHeader) === statelessRevision)
      throw new GatewayError("method-not-allowed", undefined, { facts: { allow: "POST" } });
    switch (request.method) {
      case "POST":
        return await this.#post(request, server);
      case "GET":
        return this.#get(request, server);
      case "DELETE":
        return this.#delete(request, server);
      default:
        throw new GatewayError("method-not-allowed");
    }
  }

  async #post(request: Request, server: string | undefined): Promise<Response> {
    const accept = request.headers.get("accept");
    const [json, stream] = [acceptsJson(accept), acceptsEventStream(accept)];
    if (!json && !stream) throw new GatewayError("not-acceptable");
    const message = readMessages(await readBody(request, this.#context.requestBytesMax));
    if (!("kind" in message)) return await this.#batch(request, server, message, stream);
    if (eraOf(request.headers.get(versionHeader), message) === "stateless") {
      return this.#context.stateless.post({
        request,
        server,
        message,
        acceptsJson: json,
        acceptsStream: stream,
        allowQuiet: () => this.#context.allowQuiet(request),
      });
    }
    if (message.kind === "request" && message.method === "initialize") {
      const session = this.#context.sessions.open("streamable", server);
      return await this.#initialize(request, session, message, json, stream);
    }
    const session = this.#sessionOf(request, server);
    switch (message.kind) {
      case "request":
        return this.#exchange(request, session, message, json, stream, {});
      case "notification":
        this.#context.dispatcher.notification(session, message);
        return new Response(null, { status: 202 });
      case "response":
        this.#context.dispatcher.response(session, message);
        return new Response(null, { status: 202 });
      default:
        return message satisfies never;
    }
  }

  /** @throws GatewayError */
  async #batch(
    request: Request,
    server: string | undefined,
    messages: readonly ClientMessage[],
    stream: boolean,
  ): Promise<Response> {
    const session = this.#sessionOf(request, server);
    if (session.revision !== "2025-03-26" || session.front === "single") {
      throw new GatewayError(
        "invalid-request",
        "JSON-RPC batches exist only in sessions of revision 2025-03-26: send the messages one by one.",
      );
    }
    const requests = messages.filter((message) => message.kind === "request");
    if (requests.some(({ method }) => method === "initialize")) {
      throw new GatewayError("invalid-request", "`initialize` can't be part of a batch.");
    }
    const { dispatcher } = this.#context;
    for (const message of messages) {
      if (message.kind === "notification") dispatcher.notification(session, message);
      if (message.kind === "response") dispatcher.response(session, message);
    }
    if (requests.length === 0) return new Response(null, { status: 202 });
    const batch = new Batch({
      session,
      requests,
      acceptsStream: stream,
      allowQuiet: () => this.#context.allowQuiet(request),
    });
    for (const message of requests) dispatcher.request(session, message, batch.exchange(message));
    return await batch.response;
  }

  /** A session whose handshake failed is not kept. */
  async #initialize(
    request: Request,
    session: Session,
    message: ClientRequest,
    json: boolean,
    stream: boolean,
  ): Promise<Response> {
    const response = await this.#exchange(request, session, message, json, stream, {
      [sessionHeader]: session.id,
    });
    if (session.isInitialized || response.headers.get("content-type") !== "application/json") return response;
    this.#context.sessions.end(session, "initialize failed");
    response.headers.delete(sessionHeader);
    return response;
  }

  #exchange(
    request: Request,
    session: Session,
    message: ClientRequest,
    json: boolean,
    stream: boolean,
    headers: Readonly<Record<string, string>>,
  ): Promise<Response> {
    const exchange = new PostExchange({
      session,
      requestId: message.id,
      nowMs: this.#context.clock.nowMs(),
      acceptsJson: json,
      acceptsStream: stream,
      headers,
      allowQuiet: () => this.#context.allowQuiet(request),
    });
    this.#context.dispatcher.request(session, message, exchange);
    return exchange.response;
  }

  /** The stream for messages that belong to no request, or the rest of one that was interrupted. */
  #get(request: Request, server: string | undefined): Response {
    if (!acceptsEventStream(request.headers.get("accept"))) throw new GatewayError("not-acceptable");
    if (request.headers.get(sessionHeader) === null) throw new GatewayError("session-required");
    const session = this.#sessionOf(request, server);
    const lastEventId = request.headers.get("last-event-id");
    const resumed = lastEventId === null ? undefined : readEventId(lastEventId);
    const channel = resumed === undefined ? session.listen : session.channel(resumed.channel);
    if (channel === undefined)
      throw new GatewayError("not-found", "Nothing can be resumed from this event id.");
    if (!channel.isAttached && session.openChannels >= limits.streamsPerSessionMax)
      throw new GatewayError("too-many-streams");
    const stream = new EventStream(session, (closed) => channel.detach(closed));
    channel.attach(stream, resumed?.sequence);
    if (channel === session.listen) {
      if (session.revision >= "2025-11-25" && resumed === undefined) channel.prime();
      session.tellPending();
    }
    this.#context.allowQuiet(request);
    return new Response(stream.body, { headers: { ...eventStreamHeaders, [sessionHeader]: session.id } });
  }

  #delete(request: Request, server: string | undefined): Response {
    if (request.headers.get(sessionHeader) === null) throw new GatewayError("session-required");
    this.#context.sessions.end(this.#sessionOf(request, server), "ended by the client");
    return new Response(null, { status: 200 });
  }

  /** @throws GatewayError */
  #sessionOf(request: Request, server: string | undefined): Session {
    const revision = request.headers.get(versionHeader);
    if (revision !== null && !isSessionRevision(revision)) {
      throw new GatewayError(
        "protocol-version-unsupported",
        `MCP-Protocol-Version ${revision.slice(0, 40)} is not one of ${sessionRevisions.join(", ")}.`,
      );
    }
    const id = request.headers.get(sessionHeader);
    // Some clients drop the header; what needs no session is answered all the same.
    if (id === null) {
      const single = this.#context.sessions.single(server);
      single.revision = revision ?? "2025-03-26"; // "Protocol Version Header": what a missing header means.
      return single;
    }
    const session = this.#context.sessions.find(id, "streamable", server);
    if (session === undefined) throw new GatewayError("session-unknown");
    return session;
  }
}
