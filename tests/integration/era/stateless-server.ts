/**
 * A server of revision 2026-07-28 written by hand, over HTTP in the test's own process and, run as a program,
 * on stdio. It checks what the revision demands of a request, so that a careless client is found out.
 *
 * As a program: --legacy reject|serve|exit, how it takes `initialize`; --discover serve|refuse|exit|ignore.
 */
import { parseArgs } from "node:util";

const revision = "2026-07-28";

export interface StatelessMessage {
  readonly id?: string | number;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

export interface SeenRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: StatelessMessage | undefined;
  /** The client left before the answer was complete. */
  left: boolean;
}

export interface StatelessServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Says something on every open `subscriptions/listen`. */
  publish(method: string): void;
}

type Answer = (message: StatelessMessage, seen: SeenRequest) => Response | Promise<Response> | undefined;

/** @param answer comes before the server's own answers */
export function startStatelessServer(answer: Answer = () => undefined, port = 0): StatelessServer {
  const requests: SeenRequest[] = [];
  const listening = new Map<string | number, (method: string) => void>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port,
    idleTimeout: 60,
    fetch: async (request) => {
      const text = await request.text();
      const message: StatelessMessage | undefined = text === "" ? undefined : JSON.parse(text);
      const headers = Object.fromEntries(request.headers);
      const seen: SeenRequest = { method: request.method, headers, message, left: false };
      requests.push(seen);
      request.signal.addEventListener("abort", () => {
        seen.left = true;
      });
      if (message?.id === undefined) return new Response(null, { status: 405 });
      return (await answer(message, seen)) ?? checked(message, seen, listening);
    },
  });
  return {
    url: `${server.url.href}mcp`,
    requests,
    publish: (method) => {
      for (const say of listening.values()) say(method);
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function checked(
  message: StatelessMessage,
  { headers }: SeenRequest,
  listening: Map<string | number, (method: string) => void>,
): Response {
  const { id = 0, method } = message;
  const refuse = (code: number, text: string) =>
    Response.json({ jsonrpc: "2.0", id, error: { code, message: text } }, { status: 400 });
  const fault = faultOf(message);
  if (fault !== undefined) return refuse(-32602, fault);
  if (headers["mcp-protocol-version"] !== revision || headers["mcp-method"] !== method)
    return refuse(-32020, "Header mismatch");
  if (headers["mcp-session-id"] !== undefined) return refuse(-32600, "There are no sessions");
  if (method !== "subscriptions/listen") return Response.json({ jsonrpc: "2.0", id, ...resultOf(message) });
  return eventStream((say) => {
    const tell = (what: string) =>
      say({ jsonrpc: "2.0", method: what, params: { _meta: { [`${prefix}/subscriptionId`]: id } } });
    listening.set(id, tell);
    tell("notifications/subscriptions/acknowledged");
  });
}

const prefix = "io.modelcontextprotocol";

function faultOf({ params }: StatelessMessage): string | undefined {
  const meta = params?.["_meta"];
  if (typeof meta !== "object" || meta === null) return "_meta is missing";
  const required = [`${prefix}/protocolVersion`, `${prefix}/clientCapabilities`];
  return required.find((key) => !Object.hasOwn(meta, key));
}

function resultOf({ method, params }: StatelessMessage): object {
  switch (method) {
    case "server/discover":
      return {
        result: {
          resultType: "complete",
          supportedVersions: [revision],
          capabilities: { tools: {} },
          _meta: { [`${prefix}/serverInfo`]: { name: "stateless", version: "1" } },
          ttlMs: 0,
          cacheScope: "public",
        },
      };
    case "tools/call":
      return {
        result: { resultType: "complete", content: [{ type: "text", text: JSON.stringify(params) }] },
      };
    default:
      return { error: { code: -32601, message: "Method not found" } };
  }
}

/** An event stream that `open` fills; the second argument ends it. */
export function eventStream(open: (say: (message: object) => void, end: () => void) => void): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      const say = (message: object) =>
        controller.enqueue(encoder.encode(`data: ${JSON.stringify(message)}\n\n`));
      open(say, () => controller.close());
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

function serveStdio(legacy: string, discover: string): void {
  const say = (message: object): void => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  };
  const take = (message: StatelessMessage): void => {
    const { id, method } = message;
    if (id === undefined) {
      process.stderr.write(`${JSON.stringify(message)}\n`);
      return;
    }
    const fail = (code: number, text: string) => say({ jsonrpc: "2.0", id, error: { code, message: text } });
    if (method === "initialize") {
      if (legacy === "exit") process.exit(1);
      if (legacy === "reject") return fail(-32602, "params._meta is missing");
      const result = {
        protocolVersion: "2025-11-25",
        capabilities: {},
        serverInfo: { name: "old", version: "1" },
      };
      say({ jsonrpc: "2.0", id, result });
      return;
    }
    if (method === "server/discover") {
      if (discover === "exit") process.exit(1);
      if (discover === "ignore") return;
      if (discover === "refuse") return fail(-32601, "Method not found");
    }
    const fault = faultOf(message);
    if (fault !== undefined) return fail(-32602, fault);
    if (method === "subscriptions/listen") {
      const params = { _meta: { [`${prefix}/subscriptionId`]: id } };
      say({ jsonrpc: "2.0", method: "notifications/subscriptions/acknowledged", params });
      return;
    }
    if (method === "tools/call" && message.params?.["name"] === "hang") return;
    if (method === "tools/call" && message.params?.["name"] === "end_subscription") {
      const { requestId } = message.params["arguments"] as { requestId: number }; // The test's own call.
      say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } });
    }
    say({ jsonrpc: "2.0", id, ...resultOf(message) });
  };
  let rest = "";
  process.stdin.on("data", (chunk) => {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(JSON.parse(line));
  });
  process.stdin.on("end", () => process.exit(0));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      legacy: { type: "string", default: "reject" },
      discover: { type: "string", default: "serve" },
    },
  });
  serveStdio(values.legacy, values.discover);
}
