/** An MCP server over Streamable HTTP that wants a token of an authorization server, and counts what it ran. */
import type { AuthorizationServer } from "./authorization-server.ts";

export interface ProtectedServerOptions {
  readonly authorization: AuthorizationServer;
  /** In the challenge of a 401. */
  readonly scope?: string;
  /** Rights that `tools/call` needs beyond. */
  readonly callScope?: string;
  /** `false`: a server of 2025-03-26, which describes nothing. */
  readonly describesItself?: boolean;
  /** It speaks the stateless revision. */
  readonly isStateless?: boolean;
  readonly scopesSupported?: readonly string[];
  /** Changes what it says about itself. */
  readonly describes?: (metadata: Record<string, unknown>) => unknown;
  /** Changes the challenge. */
  readonly challenges?: (challenge: string) => string;
  /** Further addresses. */
  readonly also?: (request: Request, url: URL) => Response | Promise<Response> | undefined;
}

export class ProtectedServer implements Disposable {
  readonly #server: ReturnType<typeof Bun.serve>;
  readonly #options: ProtectedServerOptions;
  /** Each `Authorization` that came, in order. */
  readonly authorizations: (string | null)[] = [];
  readonly paths: string[] = [];
  /** Calls that ran. */
  calls = 0;
  refusals = 0;

  constructor(options: ProtectedServerOptions) {
    this.#options = options;
    this.#server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => this.#answer(request) });
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  get url(): string {
    return `${this.origin}/mcp`;
  }

  [Symbol.dispose](): void {
    void this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    this.paths.push(url.pathname);
    const { authorization, describesItself = true, also } = this.#options;
    const other = also?.(request, url);
    if (other !== undefined) return await other;
    if (url.pathname === "/.well-known/oauth-protected-resource/mcp" && describesItself)
      return Response.json(this.#metadata());
    if (url.pathname !== "/mcp") return new Response("nothing here", { status: 404 });
    const header = request.headers.get("authorization");
    this.authorizations.push(header);
    const token = authorization.check(header);
    if (token === undefined) return this.#refuse(401, "invalid_token", this.#options.scope);
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const message = (await request.json()) as { readonly id?: number; readonly method: string }; // Sent by the gateway.
    const { callScope } = this.#options;
    const has = (token.scope ?? "").split(" ");
    if (message.method === "tools/call" && callScope !== undefined && !has.includes(callScope))
      return this.#refuse(403, "insufficient_scope", callScope);
    return this.#run(message);
  }

  #run({ id, method }: { readonly id?: number; readonly method: string }): Response {
    if (id === undefined) return new Response(null, { status: 202 });
    const isStateless = this.#options.isStateless ?? false;
    const kind = isStateless ? { resultType: "complete" } : {};
    const reply = (result: object): Response =>
      Response.json({ jsonrpc: "2.0", id, result: { ...result, ...kind } });
    switch (method) {
      case "server/discover":
        if (!isStateless) break;
        return reply({ supportedVersions: ["2026-07-28"], capabilities: { tools: {} } });
      case "initialize":
        if (isStateless) break;
        return reply({
          ...{ protocolVersion: "2025-11-25", capabilities: { tools: {} } },
          serverInfo: { name: "protected", version: "1" },
        });
      case "tools/list":
        return reply({ tools: [{ name: "count", inputSchema: { type: "object" } }] });
      case "tools/call":
        this.calls += 1;
        return reply({ content: [{ type: "text", text: `call ${this.calls}` }] });
    }
    return Response.json({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } });
  }

  #metadata(): unknown {
    const { authorization, scopesSupported, describes } = this.#options;
    const metadata = {
      ...{ resource: this.url, authorization_servers: [authorization.issuer] },
      ...(scopesSupported === undefined ? {} : { scopes_supported: scopesSupported }),
    };
    return describes === undefined ? metadata : describes(metadata);
  }

  #refuse(status: number, error: string, scope: string | undefined): Response {
    this.refusals += 1;
    const { describesItself = true, challenges } = this.#options;
    const parts = [
      `error="${error}"`,
      ...(describesItself
        ? [`resource_metadata="${this.origin}/.well-known/oauth-protected-resource/mcp"`]
        : []),
      ...(scope === undefined ? [] : [`scope="${scope}"`]),
    ];
    const challenge = `Bearer ${parts.join(", ")}`;
    const headers = { "www-authenticate": challenges?.(challenge) ?? challenge };
    return Response.json({ error }, { status, headers });
  }
}
