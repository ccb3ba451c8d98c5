/**
 * MCP clients written by hand, over Streamable HTTP and over legacy SSE. They keep the exact text of all that
 * comes, judge nothing, and send exactly what they are told; independent peers of the code under test.
 */
import { clientOf, initialize, Mailbox } from "./raw-mailbox.ts";
import { type SseEvent, sseEvents } from "./sse-events.ts";
import { within } from "./wait-for.ts";

export interface RawMessage {
  /** As it came. */
  readonly text: string;
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: Readonly<Record<string, unknown>>;
  };
}

export interface RawClientOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocolVersion?: string;
  readonly capabilities?: Readonly<Record<string, unknown>>;
  readonly timeoutMs?: number;
}

export interface RequestOptions {
  readonly id?: string | number;
  readonly timeoutMs?: number;
}

export interface RawClient extends AsyncDisposable {
  readonly front: "mcp" | "sse" | "stdio";
  readonly initializeResult: Readonly<Record<string, unknown>>;
  /** Notifications and requests of the server, and answers nobody waited for, in the order they came. */
  readonly received: readonly RawMessage[];
  /** The answer, whether result or error; rejects on time-out and when the connection breaks. */
  request(method: string, params?: unknown, options?: RequestOptions): Promise<RawMessage>;
  /** The text of the first content block of a tool's result; throws on errors. */
  callText(tool: string, args?: unknown, options?: RequestOptions): Promise<string>;
  notify(method: string, params?: unknown): Promise<void>;
  /** Sends this text as it is. */
  send(body: string): Promise<void>;
  waitForMessage(
    what: string,
    condition: (message: RawMessage) => boolean,
    timeoutMs?: number,
  ): Promise<RawMessage>;
  /** Resolves when the server ended the client's event stream. */
  readonly streamEnded: Promise<void>;
  close(): Promise<void>;
}

/** Opens a client on the front that the address ends with: `…/mcp` or `…/sse`. */
export function openRawClient(url: string, options: RawClientOptions = {}): Promise<RawClient> {
  return url.endsWith("/sse") ? openSseClient(url, options) : openStreamableClient(url, options);
}

async function openStreamableClient(url: string, options: RawClientOptions): Promise<RawClient> {
  const mailbox = new Mailbox();
  const closing = new AbortController();
  const ended = Promise.withResolvers<void>();
  let session: string | undefined;
  let version: string | undefined;

  const headers = (): Record<string, string> => ({
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
    ...(session === undefined ? {} : { "mcp-session-id": session }),
    ...(version === undefined ? {} : { "mcp-protocol-version": version }),
    ...options.headers,
  });
  const send = async (body: string): Promise<void> => {
    const response = await fetch(url, { method: "POST", headers: headers(), body, signal: closing.signal });
    session ??= response.headers.get("mcp-session-id") ?? undefined;
    if (!response.ok) throw await refusal(response);
    if (response.status === 202 || response.body === null) return;
    if (response.headers.get("content-type")?.startsWith("text/event-stream") === true)
      await readStream(response.body, mailbox);
    else mailbox.take(await response.text());
    mailbox.carrierEnded(body);
  };
  const close = async (): Promise<void> => {
    if (session !== undefined && !closing.signal.aborted) {
      // The end of a session that is gone already, or whose server is, needs no telling.
      await fetch(url, { method: "DELETE", headers: headers(), signal: AbortSignal.timeout(2_000) }).catch(
        () => undefined,
      );
    }
    closing.abort();
  };

  const client = await initialize(clientOf("mcp", mailbox, send, ended.promise, close), options);
  version = String(client.initializeResult["protocolVersion"]);
  const listening = await fetch(url, {
    headers: { ...headers(), accept: "text/event-stream" },
    signal: closing.signal,
  });
  if (!listening.ok || listening.body === null) {
    await close();
    throw await refusal(listening);
  }
  void readStream(listening.body, mailbox)
    .catch(() => undefined) // Cut by its own close or by the server's death: both are its end.
    .finally(ended.resolve);
  return client;
}

async function openSseClient(url: string, options: RawClientOptions): Promise<RawClient> {
  const mailbox = new Mailbox();
  const closing = new AbortController();
  const ended = Promise.withResolvers<void>();
  const endpoint = Promise.withResolvers<string>();
  endpoint.promise.catch(() => undefined); // Also awaited below; a rejection before that is not lost.

  const response = await fetch(url, {
    headers: { accept: "text/event-stream", ...options.headers },
    signal: closing.signal,
  });
  if (!response.ok || response.body === null) throw await refusal(response);
  void readStream(response.body, mailbox, (event) => endpoint.resolve(new URL(event.data, url).href))
    .catch(() => undefined) // As above.
    .finally(() => {
      const gone = new Error("the event stream ended");
      endpoint.reject(gone);
      mailbox.failAll(gone);
      ended.resolve();
    });
  const target = await within(options.timeoutMs ?? 15_000, "the endpoint event", endpoint.promise);
  const send = async (body: string): Promise<void> => {
    const posted = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json", ...options.headers },
      body,
      signal: closing.signal,
    });
    if (!posted.ok) throw await refusal(posted);
    await posted.body?.cancel();
  };
  const close = async (): Promise<void> => {
    closing.abort();
    await ended.promise;
  };
  return initialize(clientOf("sse", mailbox, send, ended.promise, close), options);
}

async function readStream(
  body: ReadableStream<Uint8Array>,
  mailbox: Mailbox,
  onEndpoint?: (event: SseEvent) => void,
): Promise<void> {
  for await (const event of sseEvents(body)) {
    if (event.event === "endpoint") onEndpoint?.(event);
    else if (event.event === "message" && event.data !== "") mailbox.take(event.data);
  }
}

/** An HTTP answer that is no success, with all a test may look at. */
export class HttpRefusal extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`HTTP ${status}: ${body.slice(0, 500)}`);
    this.status = status;
    this.body = body;
  }
}

async function refusal(response: Response): Promise<HttpRefusal> {
  return new HttpRefusal(response.status, await response.text());
}
