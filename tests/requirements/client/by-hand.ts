/** HTTP requests as a scenario writes them, and the stream of HTTP+SSE event by event. */
import { type SseEvent, sseEvents } from "../../support/sse-events.ts";
import { waitFor } from "../../support/wait-for.ts";

/** The newest revision with sessions. */
export const latest = "2025-11-25";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

type GivenHeaders = Readonly<Record<string, string>>;

export async function postTo(url: string, body: string, headers: GivenHeaders = {}): Promise<HttpAnswer> {
  return await httpTo(url, "POST", headers, body);
}

export async function httpTo(
  url: string,
  method: string,
  headers: GivenHeaders = {},
  body?: string,
): Promise<HttpAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export interface OpenStream extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  readonly events: readonly SseEvent[];
  /** The next event of this name that nobody took. */
  next(name: string): Promise<SseEvent>;
  readonly ended: Promise<void>;
}

/** Opens a stream and reads it until it is disposed of. Resolves when the headers are there. */
export async function streamFrom(
  url: string,
  init: { readonly method?: string; readonly headers: GivenHeaders; readonly body?: string },
): Promise<OpenStream> {
  const leaving = new AbortController();
  const response = await fetch(url, { ...init, signal: leaving.signal });
  const events: SseEvent[] = [];
  let taken = 0;
  const ended = (async () => {
    for await (const event of sseEvents(response.body ?? new ReadableStream())) events.push(event);
  })().catch(() => undefined); // Cut by its reader.
  return {
    status: response.status,
    headers: response.headers,
    events,
    ended,
    next: (name) =>
      waitFor(
        () => {
          const at = events.findIndex(({ event }, index) => index >= taken && event === name);
          if (at === -1) return undefined;
          taken = at + 1;
          return events[at];
        },
        { what: `an event ${name}`, explain: () => JSON.stringify(events) },
      ),
    [Symbol.asyncDispose]: async () => {
      leaving.abort();
      await ended;
    },
  };
}

export interface SseConversation extends OpenStream {
  readonly endpoint: string;
  post(body: string, headers?: GivenHeaders): Promise<HttpAnswer>;
}

export async function sseStream(url: string): Promise<SseConversation> {
  const stream = await streamFrom(url, { headers: { accept: "text/event-stream" } });
  const { data } = await stream.next("endpoint");
  return {
    ...stream,
    endpoint: data,
    post: (body, headers) => postTo(new URL(data, url).href, body, headers),
    [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose](),
  };
}

/** A session of Streamable HTTP, opened by hand; its headers name it. */
export async function httpSession(url: string, revision: string): Promise<Record<string, string>> {
  const clientInfo = { name: "by hand", version: "1" };
  const params = { protocolVersion: revision, capabilities: {}, clientInfo };
  const { headers, text } = await postTo(
    url,
    JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params }),
  );
  const id = headers.get("mcp-session-id");
  if (id === null) throw new Error(`initialize was answered without a session: ${text}`);
  const named = {
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
    "mcp-session-id": id,
    ...(revision >= "2025-06-18" ? { "mcp-protocol-version": revision } : {}),
  };
  await postTo(url, '{"jsonrpc":"2.0","method":"notifications/initialized"}', named);
  return named;
}
