/**
 * A client that costs little, so that two hundred fit into one process: no stream but what its calls open (or, over
 * HTTP+SSE, the one), and everything that comes goes to one listener as text. It can't wait and it judges nothing.
 * In each era: with a session on both fronts, and without one.
 */
import { sseEvents } from "../support/sse-events.ts";

export interface LightClient {
  /** Over Streamable HTTP it resolves when the answer's stream has ended, over HTTP+SSE when the message was taken. */
  send(body: string): Promise<void>;
  close(): Promise<void>;
}

const hello = JSON.stringify({
  jsonrpc: "2.0",
  id: "hello",
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: { elicitation: {} },
    clientInfo: { name: "light-client", version: "1" },
  },
});
const initialized = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });

/** @param take gets every message but the answer to `initialize` */
export async function openLightClient(url: string, take: (text: string) => void): Promise<LightClient> {
  const client = url.endsWith("/sse") ? await openLegacy(url, take) : openStreamable(url, take);
  await client.send(hello);
  await client.send(initialized);
  return client;
}

/** Of revision 2026-07-28: it has nothing to open, and each message says for itself who sends it. */
export function statelessClient(url: string, take: (text: string) => void): LightClient {
  const send = async (body: string): Promise<void> => {
    const { method, params } = JSON.parse(body) as { method: string; params: { name: string } }; // The test's own.
    const headers = {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      "mcp-name": params.name,
    };
    await takeAnswer(await fetch(url, { method: "POST", headers, body }), take);
  };
  return { send, close: () => Promise.resolve() };
}

/** What each message of a stateless client says about its sender. */
export const statelessMeta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "light-client", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
};

async function takeAnswer(response: Response, take: (text: string) => void): Promise<void> {
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  if (response.headers.get("content-type")?.startsWith("text/event-stream") === true) {
    if (response.body !== null) await readAll(response.body, take);
    return;
  }
  const text = await response.text();
  if (text !== "") take(text);
}

function openStreamable(url: string, take: (text: string) => void): LightClient {
  const headers: Record<string, string> = {
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
  };
  const send = async (body: string): Promise<void> => {
    const response = await fetch(url, { method: "POST", headers, body });
    headers["mcp-session-id"] ??= response.headers.get("mcp-session-id") ?? "";
    await takeAnswer(response, body === hello ? () => undefined : take);
  };
  const close = async (): Promise<void> => {
    await fetch(url, { method: "DELETE", headers });
  };
  return { send, close };
}

async function openLegacy(url: string, take: (text: string) => void): Promise<LightClient> {
  const closing = new AbortController();
  const endpoint = Promise.withResolvers<string>();
  const greeted = Promise.withResolvers<void>();
  const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal: closing.signal });
  if (response.body === null) throw new Error("a stream without a body");
  const read = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const { event, data } of sseEvents(body)) {
      if (event === "endpoint") endpoint.resolve(new URL(data, url).href);
      else if (data.includes('"id":"hello"')) greeted.resolve();
      else take(data);
    }
  };
  const ended = read(response.body).catch(() => undefined); // Its own close; a stream cut by the gateway shows in the counts.
  const target = await endpoint.promise;
  const send = async (body: string): Promise<void> => {
    const posted = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    if (!posted.ok) throw new Error(`HTTP ${posted.status}: ${await posted.text()}`);
    await posted.body?.cancel();
    if (body === hello) await greeted.promise;
  };
  const close = async (): Promise<void> => {
    closing.abort();
    await ended;
  };
  return { send, close };
}

async function readAll(body: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  for await (const { event, data } of sseEvents(body)) if (event === "message" && data !== "") take(data);
}
