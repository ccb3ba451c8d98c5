/**
 * Runs the conformance fixture: on stdio, or with `--port N` (or $PORT) as a Streamable HTTP server at /mcp
 * with sessions, resumable streams and the Host and Origin check that the suite looks for.
 */
import { parseArgs } from "node:util";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import {
  type EventStore,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { createFixtureServer } from "./fixture-server.ts";

/** Event ids are `<stream>/<count>`; a fixture lives seconds, so nothing is ever dropped. */
function memoryEventStore(): EventStore {
  const events: { readonly id: string; readonly stream: string; readonly message: JSONRPCMessage }[] = [];
  const streamOf = (id: string): string => id.slice(0, id.lastIndexOf("/"));
  return {
    storeEvent: async (stream, message) => {
      const id = `${stream}/${events.length}`;
      events.push({ id, stream, message });
      return id;
    },
    getStreamIdForEventId: async (id) => streamOf(id),
    replayEventsAfter: async (lastId, { send }) => {
      const stream = streamOf(lastId);
      const last = events.findIndex((event) => event.id === lastId);
      for (const event of events.slice(last + 1))
        if (event.stream === stream) await send(event.id, event.message);
      return stream;
    },
  };
}

function serveHttp(port: number): void {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

  async function answer(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== "/mcp") return new Response("not found", { status: 404 });
    const id = request.headers.get("mcp-session-id");
    if (id !== null)
      return (
        (await sessions.get(id)?.handleRequest(request)) ?? new Response("unknown session", { status: 404 })
      );
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      eventStore: memoryEventStore(),
      retryInterval: 100,
      enableDnsRebindingProtection: true,
      allowedHosts: [`127.0.0.1:${server.port}`, `localhost:${server.port}`],
      allowedOrigins: [`http://127.0.0.1:${server.port}`, `http://localhost:${server.port}`],
      onsessioninitialized: (session) => {
        sessions.set(session, transport);
      },
      onsessionclosed: (session) => {
        sessions.delete(session);
      },
    });
    await createFixtureServer().connect(transport);
    return transport.handleRequest(request);
  }

  const server = Bun.serve({ hostname: "127.0.0.1", port, idleTimeout: 120, fetch: answer });
  process.stderr.write(`listening on ${server.url}mcp\n`);
}

const { values } = parseArgs({ options: { port: { type: "string" } } });
const port = values.port ?? process.env["PORT"];
if (port === undefined) await createFixtureServer().connect(new StdioServerTransport());
else serveHttp(Number(port));
