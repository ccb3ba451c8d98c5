/** How a session client's messages travel: Streamable HTTP or HTTP+SSE. */
import { sseEvents } from "../../support/sse-events.ts";
import { within } from "../../support/wait-for.ts";

/** A line that came; `post` names the client's own request whose stream carried it. */
export type Take = (text: string, post: string | number | undefined) => void;

export interface Wire {
  /** Sends one message; resolves when its HTTP answer has ended. */
  send(
    body: string,
    id?: string | number,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ status: number }>;
  /** Called once the session is initialized. */
  opened(revision: string): Promise<void>;
  close(): Promise<void>;
}

const waitMs = 15_000;

export function streamableWire(url: string, take: Take): Wire {
  const closing = new AbortController();
  let session: string | undefined;
  let version: string | undefined;
  const headers = (): Record<string, string> => ({
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
    ...(session === undefined ? {} : { "mcp-session-id": session }),
    ...(version === undefined ? {} : { "mcp-protocol-version": version }),
  });
  return {
    send: async (body, id, more) => {
      const response = await fetch(url, {
        method: "POST",
        headers: { ...headers(), ...more },
        body,
        signal: closing.signal,
      });
      session ??= response.headers.get("mcp-session-id") ?? undefined;
      const { status } = response;
      if (response.headers.get("content-type")?.startsWith("text/event-stream") === true)
        await read(response, (text) => take(text, id));
      else {
        const text = await response.text();
        if (text.startsWith("{")) take(text, id);
      }
      return { status };
    },
    opened: async (revision) => {
      // The header came with 2025-06-18.
      version = revision >= "2025-06-18" ? revision : undefined;
      const listening = await fetch(url, {
        headers: { ...headers(), accept: "text/event-stream" },
        signal: closing.signal,
      });
      if (!listening.ok) throw new Error(`GET was answered ${listening.status}: ${await listening.text()}`);
      void read(listening, (text) => take(text, undefined)).catch(() => undefined); // Cut by its own close.
    },
    close: async () => {
      if (session !== undefined)
        await fetch(url, { method: "DELETE", headers: headers(), signal: AbortSignal.timeout(waitMs) });
      closing.abort();
    },
  };
}

export async function sseWire(url: string, take: Take): Promise<Wire> {
  const closing = new AbortController();
  const endpoint = Promise.withResolvers<string>();
  const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal: closing.signal });
  if (!response.ok) throw new Error(`GET was answered ${response.status}: ${await response.text()}`);
  void read(
    response,
    (text) => take(text, undefined),
    (data) => endpoint.resolve(new URL(data, url).href),
  ).catch(() => undefined); // Cut by its own close.
  const target = await within(waitMs, "the endpoint event", endpoint.promise);
  return {
    send: async (body, _id, more) => {
      const posted = await fetch(target, {
        method: "POST",
        headers: { "content-type": "application/json", ...more },
        body,
        signal: closing.signal,
      });
      const text = await posted.text();
      if (!posted.ok) throw new Error(`POST was answered ${posted.status}: ${text}`);
      return { status: posted.status };
    },
    opened: async () => undefined,
    close: async () => closing.abort(),
  };
}

async function read(
  response: Response,
  take: (text: string) => void,
  onEndpoint: (data: string) => void = () => undefined,
): Promise<void> {
  for await (const { event, data } of sseEvents(response.body ?? new ReadableStream())) {
    if (event === "endpoint") onEndpoint(data);
    else if (data !== "") take(data);
  }
}
