/**
 * What the requests of one Streamable HTTP session share: its id and revision in the headers, how a refusal
 * is understood, and how an event stream is opened.
 */
import { type GatewayError, limits } from "@mcp-gateway/kit";
import { contentTypeOf, discard, type HttpClient, readRefusal } from "./http-client.ts";
import {
  type HttpRefusal,
  refusalError,
  saysSessionLost,
  sessionIdError,
  sessionLostError,
} from "./http-errors.ts";

export const acceptBoth = "application/json, text/event-stream";

/** What a session id may consist of (MCP transports, "Session Management"). */
const sessionIdPattern = /^[\x21-\x7e]+$/;

export type Refused = {
  readonly kind: "refused" | "session-lost";
  readonly error: GatewayError;
  readonly refusal: HttpRefusal;
};

export class HttpSession {
  readonly client: HttpClient;
  #id: string | undefined;
  #protocolVersion: string | undefined;

  constructor(client: HttpClient) {
    this.client = client;
  }

  get isNegotiated(): boolean {
    return this.#protocolVersion !== undefined;
  }

  negotiated(protocolVersion: string): void {
    this.#protocolVersion = protocolVersion;
  }

  headers(): Record<string, string> {
    return {
      ...(this.#id === undefined ? {} : { "mcp-session-id": this.#id }),
      ...(this.#protocolVersion === undefined ? {} : { "mcp-protocol-version": this.#protocolVersion }),
    };
  }

  /** The server gives its session an id with the answer to `initialize`, and only there. */
  takeId(response: Response): void {
    if (this.isNegotiated) return;
    const id = response.headers.get("mcp-session-id");
    if (id === null) return;
    if (!sessionIdPattern.test(id) || id.length > limits.headerValueBytesMax)
      throw sessionIdError(this.client.backend);
    this.#id = id;
  }

  /** Reads an answer that is no success. `mayBeLost`: a 404 here can mean that the session is gone. */
  async refused(response: Response, mayBeLost: boolean): Promise<Refused> {
    const refusal = await readRefusal(response);
    const hasSession = mayBeLost && this.#id !== undefined;
    if (this.isNegotiated && saysSessionLost(refusal.status, refusal.body, hasSession)) {
      return { kind: "session-lost", error: sessionLostError(this.client.backend), refusal };
    }
    return { kind: "refused", error: refusalError(this.client.backend, refusal), refusal };
  }

  /** A GET for an event stream, from its beginning or behind `lastEventId`. */
  async openStream(lastEventId: string | undefined, signal: AbortSignal): Promise<Response> {
    const headers = {
      ...this.headers(),
      ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
    };
    return this.client.request({
      ...{ method: "GET", accept: "text/event-stream", headers, signal },
      isOptional: true,
    });
  }

  /** Ends the session at the server (MCP transports: DELETE), if there is one. */
  async end(): Promise<void> {
    if (this.#id === undefined) return;
    const signal = AbortSignal.timeout(limits.stopInputGraceMs);
    await discard(
      await this.client.request({
        ...{ method: "DELETE", accept: acceptBoth, headers: this.headers(), signal },
        isOptional: true,
      }),
    );
  }
}

/** Whether a refused stream is worth another attempt: busy, broken, or still held by one that just ended. */
export function mayOpenLater(status: number): boolean {
  return status === 409 || status === 429 || status >= 500;
}

export function isEventStream(response: Response): boolean {
  return response.ok && contentTypeOf(response) === "text/event-stream";
}
