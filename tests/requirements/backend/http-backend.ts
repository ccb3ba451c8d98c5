/** The backends of the matrix that are reached over HTTP, in the test's own process. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { SessionServers } from "./session-server.ts";
import { statelessServer } from "./stateless-server.ts";
import { World } from "./vocabulary.ts";

export interface HttpBackend extends AsyncDisposable {
  readonly url: string;
}

/** Streamable HTTP with sessions. */
export function startStreamable(name: string): HttpBackend {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const servers = new SessionServers(new World(name), () => {
    for (const transport of sessions.values()) void transport.close();
    sessions.clear();
  });
  const http = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 120,
    fetch: async (request) => {
      const id = request.headers.get("mcp-session-id");
      const known = id === null ? undefined : sessions.get(id);
      if (id !== null && known === undefined) return new Response("unknown session", { status: 404 });
      if (known !== undefined) return await known.handleRequest(request);
      const transport = new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: () => crypto.randomUUID(),
        onsessioninitialized: (session) => void sessions.set(session, transport),
        onsessionclosed: (session) => void sessions.delete(session),
      });
      await servers.serve(transport);
      return await transport.handleRequest(request);
    },
  });
  return { url: `http://127.0.0.1:${http.port}/mcp`, [Symbol.asyncDispose]: () => http.stop(true) };
}

/** HTTP+SSE of 2024-11-05. */
export async function startSse(name: string): Promise<HttpBackend> {
  const open = new Map<string, SSEServerTransport>();
  const servers = new SessionServers(new World(name), () => {
    for (const transport of open.values()) void transport.close();
  });
  const http = createServer((request, response) => {
    if (request.method === "GET") {
      const transport = new SSEServerTransport("/messages", response);
      open.set(transport.sessionId, transport);
      response.on("close", () => open.delete(transport.sessionId));
      void servers.serve(transport);
      return;
    }
    const id = new URL(request.url ?? "/", "http://localhost").searchParams.get("sessionId") ?? "";
    const transport = open.get(id);
    if (transport === undefined) response.writeHead(404).end("unknown session");
    else void transport.handlePostMessage(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo; // A TCP server has this one.
  return {
    url: `http://127.0.0.1:${port}/sse`,
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}

/** Streamable HTTP of 2026-07-28. */
export function startStateless(name: string): HttpBackend {
  const world = new World(name);
  const listens = new Set<AbortController>();
  const publisher = {
    changed: (_server: unknown, kind: "tools" | "resources" | "prompts") => {
      if (kind === "tools") handler.notify.toolsChanged();
      if (kind === "prompts") handler.notify.promptsChanged();
      if (kind === "resources") handler.notify.resourcesChanged();
    },
    updated: (_server: unknown, uri: string) => handler.notify.resourceUpdated(uri),
    reset: () => {
      for (const listen of listens) listen.abort();
      listens.clear();
    },
  };
  const handler = createMcpHandler(() => statelessServer(world, publisher), { legacy: "reject" });
  const http = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 120,
    fetch: async (request) => {
      const message =
        request.method === "POST"
          ? ((await request.clone().json()) as { method: string })
          : { method: request.method }; // The gateway's own words.
      world.seen.push({ ...message, headers: Object.fromEntries(request.headers) });
      if (message.method !== "subscriptions/listen") return await handler.fetch(request);
      const cut = new AbortController();
      listens.add(cut);
      const response = await handler.fetch(
        new Request(request, { signal: AbortSignal.any([request.signal, cut.signal]) }),
      );
      return new Response(
        response.body?.pipeThrough(new TransformStream(), { signal: cut.signal }) ?? null,
        response,
      );
    },
  });
  return { url: `http://127.0.0.1:${http.port}/mcp`, [Symbol.asyncDispose]: () => http.stop(true) };
}
