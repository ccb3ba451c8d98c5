/**
 * The scripted backend over HTTP: Streamable HTTP at /mcp and legacy SSE at /sse, in one process, with the
 * failings of real HTTP servers. As a program it takes the flags below and listens on --port or $PORT; tests
 * may also start it in their own process with `startFakeHttpBackend`.
 *
 *   --port N --name NAME --tools N --resources N --prompts N
 *   --listen-after MS     begins to listen late
 *   --plain-json          answers POST with JSON instead of an event stream
 *   --status CODE         answers every MCP request with this status;  --html  and an HTML page
 *   --endpoint URL        names this address in the legacy `endpoint` event
 *   --no-sessions         issues no session id
 * Control, for tests: POST /control/forget-sessions, /control/drop-streams, GET /control/state.
 */
import { parseArgs } from "node:util";
import { type FakeMessage, FakeServer, type FakeServerOptions, quietFakeServer } from "./fake-server.ts";

export interface FakeHttpOptions extends FakeServerOptions {
  readonly port: number;
  readonly plainJson: boolean;
  readonly status: number;
  readonly html: boolean;
  readonly endpoint: string | undefined;
  readonly sessions: boolean;
}

export interface FakeHttpBackend extends AsyncDisposable {
  readonly url: string;
  readonly mcpUrl: string;
  readonly sseUrl: string;
  /** Every HTTP request that came, oldest first. */
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
  }[];
  /** The next use of any session is answered with 404. */
  forgetSessions(): void;
  /** From now on a session is forgotten as soon as it was made. */
  forgetAlways(): void;
  /** Sessions made from now on have this tool too. */
  addTool(name: string): void;
  /** Cuts every open event stream. */
  dropStreams(): void;
  sessionCount(): number;
  /** How many messages of this method all sessions together have taken. */
  taken(method: string): number;
}

interface Session {
  readonly id: string;
  readonly server: FakeServer;
  /** Where lines go that belong to no open POST. */
  stream: Stream | undefined;
  readonly posts: Map<string | number, (line: string) => void>;
}

interface Stream {
  event(name: string, data: string): void;
  close(): void;
}

export function startFakeHttpBackend(given: Partial<FakeHttpOptions> = {}): FakeHttpBackend {
  const options: FakeHttpOptions = {
    ...quietFakeServer,
    port: 0,
    plainJson: false,
    status: 0,
    html: false,
    endpoint: undefined,
    sessions: true,
    ...given,
  };
  const sessions = new Map<string, Session>();
  const streams = new Set<Stream>();
  const addedTools: string[] = [];
  const servers: FakeServer[] = [];
  let isForgetful = false;
  const requests: { method: string; path: string; headers: Record<string, string> }[] = [];

  const server = Bun.serve({ hostname: "127.0.0.1", port: options.port, idleTimeout: 120, fetch: answer });

  async function answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    requests.push({ method: request.method, path: pathname, headers: Object.fromEntries(request.headers) });
    if (pathname.startsWith("/control/")) return control(pathname.slice("/control/".length));
    if (options.html)
      return new Response("<html><body>Bad gateway</body></html>", {
        status: options.status || 200,
        headers: { "content-type": "text/html" },
      });
    if (options.status !== 0) return new Response("scripted failure", { status: options.status });
    if (pathname === "/sse") return openLegacy();
    if (pathname === "/messages")
      return legacyPost(searchParams.get("sessionId") ?? "", await request.text());
    if (pathname !== "/mcp") return new Response("no such path", { status: 404 });
    if (request.method === "GET") return openStandalone(request);
    if (request.method === "DELETE")
      return new Response(null, {
        status: sessions.delete(request.headers.get("mcp-session-id") ?? "") ? 200 : 404,
      });
    return post(request, JSON.parse(await request.text()) as FakeMessage); // Sent by the gateway under test: JSON or a visible fault.
  }

  function newSession(): Session {
    const id = crypto.randomUUID();
    const posts = new Map<string | number, (line: string) => void>();
    const session: Session = {
      id,
      posts,
      stream: undefined,
      server: new FakeServer(options, (line, requestId) => {
        const toPost = requestId === undefined ? undefined : posts.get(requestId);
        if (toPost !== undefined) toPost(line);
        else session.stream?.event("message", line);
      }),
    };
    session.server.extraTools.push(...addedTools);
    servers.push(session.server);
    if (!isForgetful) sessions.set(id, session);
    return session;
  }

  function post(request: Request, message: FakeMessage): Response {
    const given = request.headers.get("mcp-session-id");
    if (isForgetful) sessions.clear();
    const isInitialize = message.method === "initialize";
    const anonymous = !options.sessions ? [...sessions.values()][0] : undefined;
    const session = isInitialize
      ? newSession()
      : (anonymous ?? (given === null ? undefined : sessions.get(given)));
    if (session === undefined) return new Response("unknown session", { status: given === null ? 400 : 404 });
    const headers: Record<string, string> =
      isInitialize && options.sessions ? { "mcp-session-id": session.id } : {};
    if (message.id === undefined || message.method === undefined) {
      session.server.receive(message);
      return new Response(null, { status: 202 });
    }
    const { id } = message;
    const isAnswer = (line: string): boolean => !line.includes('"method"');
    if (options.plainJson) {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          session.posts.set(id, (line) => {
            if (!isAnswer(line)) return;
            session.posts.delete(id);
            controller.enqueue(new TextEncoder().encode(line));
            controller.close();
          });
          session.server.receive(message);
        },
      });
      return new Response(body, { headers: { ...headers, "content-type": "application/json" } });
    }
    return eventStream(headers, (stream) => {
      session.posts.set(id, (line) => {
        stream.event("message", line);
        if (!isAnswer(line)) return;
        session.posts.delete(id);
        stream.close();
      });
      session.server.receive(message);
    });
  }

  function openStandalone(request: Request): Response {
    const session = sessions.get(request.headers.get("mcp-session-id") ?? "");
    if (session === undefined) return new Response("unknown session", { status: 404 });
    return eventStream({}, (stream) => {
      session.stream = stream;
    });
  }

  function openLegacy(): Response {
    const session = newSession();
    return eventStream({}, (stream) => {
      session.stream = stream;
      stream.event("endpoint", options.endpoint ?? `/messages?sessionId=${session.id}`);
    });
  }

  function legacyPost(id: string, body: string): Response {
    const session = sessions.get(id);
    if (session === undefined) return new Response("unknown session", { status: 404 });
    session.server.receive(JSON.parse(body) as FakeMessage); // As above: JSON or a visible fault.
    return new Response("Accepted", { status: 202 });
  }

  function eventStream(
    headers: Readonly<Record<string, string>>,
    opened: (stream: Stream) => void,
  ): Response {
    let stream: Stream | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const own: Stream = {
          event: (name, data) => {
            if (streams.has(own))
              controller.enqueue(new TextEncoder().encode(`event: ${name}\ndata: ${data}\n\n`));
          },
          close: () => {
            if (streams.delete(own)) controller.close();
          },
        };
        stream = own;
        streams.add(own);
        controller.enqueue(new TextEncoder().encode(": open\n\n"));
        opened(own);
      },
      cancel: () => {
        if (stream !== undefined) streams.delete(stream);
      },
    });
    return new Response(body, {
      headers: { ...headers, "content-type": "text/event-stream", "cache-control": "no-cache" },
    });
  }

  function control(action: string): Response {
    if (action === "forget-sessions") sessions.clear();
    if (action === "drop-streams") for (const stream of [...streams]) stream.close();
    return Response.json({ sessions: sessions.size, streams: streams.size, requests: requests.length });
  }

  const url = `http://127.0.0.1:${server.port}`;
  return {
    url,
    mcpUrl: `${url}/mcp`,
    sseUrl: `${url}/sse`,
    requests,
    forgetSessions: () => sessions.clear(),
    forgetAlways: () => {
      isForgetful = true;
    },
    addTool: (name) => addedTools.push(name),
    dropStreams: () => {
      for (const stream of [...streams]) stream.close();
    },
    sessionCount: () => sessions.size,
    taken: (method) =>
      servers.flatMap(({ received }) => received).filter((message) => message.method === method).length,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

if (import.meta.main) {
  const { values: flags } = parseArgs({
    options: {
      port: { type: "string" },
      name: { type: "string", default: "fake-http" },
      tools: { type: "string", default: "0" },
      resources: { type: "string", default: "0" },
      prompts: { type: "string", default: "0" },
      "listen-after": { type: "string", default: "0" },
      "plain-json": { type: "boolean", default: false },
      status: { type: "string", default: "0" },
      html: { type: "boolean", default: false },
      endpoint: { type: "string" },
      "no-sessions": { type: "boolean", default: false },
    },
  });
  setTimeout(() => {
    startFakeHttpBackend({
      port: Number(flags.port ?? process.env["PORT"] ?? 0),
      name: flags.name,
      tools: Number(flags.tools),
      resources: Number(flags.resources),
      prompts: Number(flags.prompts),
      plainJson: flags["plain-json"],
      status: Number(flags.status),
      html: flags.html,
      endpoint: flags.endpoint,
      sessions: !flags["no-sessions"],
    });
  }, Number(flags["listen-after"]));
}
