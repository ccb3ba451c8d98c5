/** HTTP+SSE of revision 2024-11-05: everything to the client on one GET stream, everything from it by POST. */
import { GatewayError } from "@mcp-gateway/kit";
import { encodeSseEvent } from "@mcp-gateway/mcp";
import type { ClientRequest, Exchange } from "../dispatch/context.ts";
import { acceptsEventStream } from "../guards/accept.ts";
import { readBody } from "../guards/read-body.ts";
import { EventStream, eventStreamHeaders } from "../sessions/event-stream.ts";
import { postedSessionId } from "../sessions/posted-session-id.ts";
import type { Session } from "../sessions/session.ts";
import { answerOrRefusal } from "../sessions/unread.ts";
import { Acceptance, accepted } from "./acceptance.ts";
import { readMessage } from "./message.ts";
import type { FrontContext } from "./streamable-http.ts";

export class LegacySseFront {
  readonly #context: FrontContext;

  constructor(context: FrontContext) {
    this.#context = context;
  }

  /** @param messagesPath where this stream's client shall post, without the query. @throws GatewayError */
  open(request: Request, server: string | undefined, messagesPath: string): Response {
    if (request.method !== "GET") throw new GatewayError("method-not-allowed");
    if (!acceptsEventStream(request.headers.get("accept"))) throw new GatewayError("not-acceptable");
    const { sessions } = this.#context;
    const session = sessions.open("sse", server);
    session.revision = "2024-11-05";
    const stream = new EventStream(session, () => sessions.end(session, "stream closed"));
    session.listen.attach(stream);
    stream.send(
      encodeSseEvent({ event: "endpoint", data: `${messagesPath}?sessionId=${session.id}` }),
      false,
    );
    this.#context.allowQuiet(request);
    return new Response(stream.body, { headers: eventStreamHeaders });
  }

  /** @throws GatewayError */
  async post(request: Request, server: string | undefined, search: string): Promise<Response> {
    if (request.method !== "POST") throw new GatewayError("method-not-allowed");
    const id = postedSessionId(search);
    if (id === undefined)
      throw new GatewayError(
        "session-required",
        "The address needs ?sessionId=, as the `endpoint` event gave it.",
      );
    const text = await readBody(request, this.#context.requestBytesMax);
    const session = this.#context.sessions.find(id, "sse", server);
    if (session === undefined) throw new GatewayError("session-unknown");
    const message = readMessage(text);
    if (message.kind === "request") {
      const acceptance = new Acceptance(session);
      this.#context.dispatcher.request(session, message, new StreamExchange(session, message.id, acceptance));
      return acceptance.response();
    }
    if (message.kind === "response") this.#context.dispatcher.response(session, message);
    if (message.kind === "notification") this.#context.dispatcher.notification(session, message);
    return accepted();
  }
}

/** Answers go to the session's one stream, among everything else. */
class StreamExchange implements Exchange {
  readonly #session: Session;
  readonly #id: ClientRequest["id"];
  readonly #acceptance: Acceptance;

  constructor(session: Session, id: ClientRequest["id"], acceptance: Acceptance) {
    this.#session = session;
    this.#id = id;
    this.#acceptance = acceptance;
  }

  reply(message: Uint8Array, asEvent?: () => Uint8Array): void {
    const answer = answerOrRefusal(this.#session, message, this.#id);
    this.#session.listen.send(answer, false, answer === message ? asEvent : undefined);
    this.#acceptance.answered();
  }

  notify(message: Uint8Array, droppable: boolean): void {
    this.#session.listen.send(message, droppable);
  }

  ask(message: Uint8Array): boolean {
    return this.#session.listen.send(message, false);
  }

  cancelled(): void {
    // No response is due to a cancelled request, and the stream stays open for the others.
    this.#acceptance.answered();
  }
}
