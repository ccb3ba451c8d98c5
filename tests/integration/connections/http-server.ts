/** A scripted HTTP server of a test's own: each test says what its MCP endpoint does. */
import type { Server } from "bun";

export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  /** The JSON-RPC message of a POST. */
  readonly message: {
    readonly id?: number;
    readonly method?: string;
    readonly params?: Readonly<Record<string, unknown>>;
  };
  readonly signal: AbortSignal;
}

export type Handler = (request: Incoming) => Response | undefined | Promise<Response | undefined>;

export interface TestServer extends Disposable {
  readonly origin: string;
  readonly url: string;
  readonly seen: readonly Incoming[];
  count(method: string, rpcMethod?: string): number;
}

/** Serves what `handler` says; where it says nothing, a plain server with a session that answers JSON. */
export function serve(handler: Handler, sessionId: string | null = "s-1"): TestServer {
  const seen: Incoming[] = [];
  const server: Server<undefined> = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 60,
    development: false,
    async fetch(request) {
      const text = await request.text();
      const incoming: Incoming = {
        method: request.method,
        path: new URL(request.url).pathname,
        headers: request.headers,
        message: text === "" ? {} : JSON.parse(text),
        signal: request.signal,
      };
      seen.push(incoming);
      return (await handler(incoming)) ?? plain(incoming, sessionId);
    },
  });
  const origin = `http://127.0.0.1:${server.port}`;
  return {
    origin,
    url: `${origin}/mcp`,
    seen,
    count: (method, rpcMethod) =>
      seen.filter(
        (one) => one.method === method && (rpcMethod === undefined || one.message.method === rpcMethod),
      ).length,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

export const initializeResult = {
  protocolVersion: "2025-11-25",
  capabilities: { tools: {} },
  serverInfo: { name: "scripted", version: "1" },
};

function plain({ method, message }: Incoming, sessionId: string | null): Response {
  if (method === "GET") return new Response(null, { status: 405 });
  if (method === "DELETE") return new Response(null, { status: 200 });
  if (message.method === "initialize") {
    return json(message.id, initializeResult, sessionId === null ? {} : { "mcp-session-id": sessionId });
  }
  if (message.id === undefined) return new Response(null, { status: 202 });
  return json(message.id, { params: message.params ?? null });
}

export function json(
  id: number | undefined,
  result: unknown,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ jsonrpc: "2.0", id, result }, { headers });
}

export const answerText = (id: number | undefined, result: unknown): string =>
  JSON.stringify({ jsonrpc: "2.0", id, result });

/** An event stream of these texts; left open when `end` is false. */
export function eventStream(
  parts: readonly string[],
  end = true,
  onCancel: () => void = () => undefined,
): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(encoder.encode(part));
      if (end) controller.close();
    },
    cancel: onCancel,
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

export interface OpenStream {
  readonly response: Response;
  write(text: string): void;
  end(): void;
}

/** An event stream that the test writes to later. */
export function openStream(): OpenStream {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(started) {
      controller = started;
    },
  });
  return {
    response: new Response(body, { headers: { "content-type": "text/event-stream" } }),
    write: (text) => controller?.enqueue(encoder.encode(text)),
    end: () => controller?.close(),
  };
}

const encoder = new TextEncoder();
