/** A server of HTTP+SSE that wants a token for its stream and for each message. */
import type { AuthorizationServer } from "../../support/authorization-server.ts";

const encoder = new TextEncoder();

export class SseGuard implements Disposable {
  readonly #authorization: AuthorizationServer;
  readonly #server: ReturnType<typeof Bun.serve>;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  calls = 0;

  constructor(authorization: AuthorizationServer) {
    this.#authorization = authorization;
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 0,
      fetch: (request) => this.#answer(request),
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}/sse`;
  }

  [Symbol.dispose](): void {
    void this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, origin } = new URL(request.url);
    if (pathname === "/.well-known/oauth-protected-resource/sse")
      return Response.json({ resource: this.url, authorization_servers: [this.#authorization.issuer] });
    if (pathname !== "/sse" && pathname !== "/messages") return new Response("", { status: 404 });
    if (this.#authorization.check(request.headers.get("authorization")) === undefined) {
      const challenge = `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/sse"`;
      return new Response("", { status: 401, headers: { "www-authenticate": challenge } });
    }
    if (pathname === "/sse") return this.#open();
    const { id, method } = (await request.json()) as { readonly id?: number; readonly method: string }; // Sent by the gateway.
    if (id !== undefined) this.#tell("message", JSON.stringify({ jsonrpc: "2.0", id, ...this.#run(method) }));
    return new Response("", { status: 202 });
  }

  #open(): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#stream = controller;
        this.#tell("endpoint", "/messages");
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  #run(method: string): Record<string, unknown> {
    switch (method) {
      case "initialize": {
        const capabilities = { tools: {} };
        return {
          result: {
            protocolVersion: "2024-11-05",
            capabilities,
            serverInfo: { name: "guard", version: "1" },
          },
        };
      }
      case "tools/list":
        return { result: { tools: [{ name: "count", inputSchema: { type: "object" } }] } };
      case "tools/call":
        this.calls += 1;
        return { result: { content: [{ type: "text", text: `call ${this.calls}` }] } };
      default:
        return { error: { code: -32601, message: "Method not found" } };
    }
  }

  #tell(event: string, data: string): void {
    this.#stream?.enqueue(encoder.encode(`event: ${event}\ndata: ${data}\n\n`));
  }
}
