/**
 * An authorization server with real HTTP (RFC 6749, 7591, 7636, 8414, 8707, 9207), whose person always agrees at once.
 * It holds its clients to the rules, and counts; what it does wrong, it is told to.
 */
import { createHash, createPublicKey, randomUUID, verify } from "node:crypto";

export interface AuthorizationServerOptions {
  readonly tokenSeconds?: number;
  /** `false`: it registers nobody. */
  readonly registers?: boolean;
  /** Known from the beginning; its secret is demanded by HTTP Basic. */
  readonly client?: { readonly id: string; readonly secret?: string; readonly publicKey?: string };
  readonly methods?: readonly string[];
  readonly scopesSupported?: readonly string[];
  readonly givesRefreshTokens?: boolean;
  /** The scope it grants, whatever is asked for. */
  readonly grants?: string;
  /** Changes what it answers with a token. */
  readonly gives?: (tokens: Record<string, unknown>) => unknown;
  /** Sends `iss`, and promises it. */
  readonly iss?: boolean;
  /** Changes what it says about itself. */
  readonly describes?: (metadata: Record<string, unknown>) => unknown;
  /** Changes where it sends the browser back to. */
  readonly sendsBack?: (target: URL) => URL;
  readonly delayMs?: number;
}

interface Grant {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly scope: string | undefined;
  readonly resource: string | undefined;
}

interface Token {
  readonly scope: string | undefined;
  readonly resource: string | undefined;
  readonly untilMs: number;
}

export interface Seen {
  readonly registrations: Record<string, unknown>[];
  readonly authorizations: URLSearchParams[];
  readonly tokenRequests: URLSearchParams[];
  readonly revocations: URLSearchParams[];
  /** Of refresh tokens that were good. */
  refreshes: number;
  readonly paths: string[];
}

export class AuthorizationServer implements Disposable {
  readonly #server: ReturnType<typeof Bun.serve>;
  readonly #options: AuthorizationServerOptions;
  readonly #clients = new Map<
    string,
    { readonly secret: string | undefined; readonly redirectUris: readonly string[] }
  >();
  readonly #codes = new Map<string, Grant>();
  readonly #refreshTokens = new Map<string, Omit<Grant, "challenge" | "redirectUri">>();
  readonly #tokens = new Map<string, Token>();
  readonly seen: Seen = {
    ...{ registrations: [], authorizations: [], tokenRequests: [], revocations: [] },
    ...{ refreshes: 0, paths: [] },
  };
  /** Its token endpoint answers 503. */
  isDown = false;

  constructor(options: AuthorizationServerOptions = {}) {
    this.#options = options;
    if (options.client !== undefined)
      this.#clients.set(options.client.id, { secret: options.client.secret, redirectUris: [] });
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request) => this.#answer(request),
    });
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  /** Of a token that this server gave and still stands by. */
  check(authorization: string | null): Token | undefined {
    const token = this.#tokens.get(authorization?.replace(/^Bearer /, "") ?? "");
    return token !== undefined && token.untilMs > Date.now() ? token : undefined;
  }

  /** As if a person had withdrawn everything. */
  revokeAll(): void {
    this.#tokens.clear();
    this.#refreshTokens.clear();
  }

  /** As after a reset: it knows none of its clients and of their tokens. */
  forgetClients(): void {
    this.#clients.clear();
    this.revokeAll();
  }

  /** Access tokens are not good any more; refresh tokens are. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  [Symbol.dispose](): void {
    void this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    this.seen.paths.push(url.pathname);
    if (this.#options.delayMs !== undefined) await Bun.sleep(this.#options.delayMs);
    switch (url.pathname) {
      case "/.well-known/oauth-authorization-server":
        return Response.json(this.#metadata());
      case "/register":
        return this.#register((await request.json()) as Record<string, unknown>); // What is sent is checked by the tests.
      case "/authorize":
        return this.#authorize(url.searchParams);
      case "/token":
        return this.#token(request);
      case "/revoke":
        this.seen.revocations.push(new URLSearchParams(await request.text()));
        return new Response(null, { status: 200 });
      default:
        return new Response("nothing here", { status: 404 });
    }
  }

  #metadata(): unknown {
    const { registers = true, methods, scopesSupported, iss = false, describes } = this.#options;
    const metadata = {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      revocation_endpoint: `${this.issuer}/revoke`,
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
      ...(registers ? { registration_endpoint: `${this.issuer}/register` } : {}),
      ...(methods === undefined ? {} : { token_endpoint_auth_methods_supported: methods }),
      ...(scopesSupported === undefined ? {} : { scopes_supported: scopesSupported }),
      ...(iss ? { authorization_response_iss_parameter_supported: true } : {}),
    };
    return describes === undefined ? metadata : describes(metadata);
  }

  #register(body: Record<string, unknown>): Response {
    this.seen.registrations.push(body);
    const id = `client-${randomUUID()}`;
    const secret = body["token_endpoint_auth_method"] === "none" ? undefined : `secret-${randomUUID()}`;
    this.#clients.set(id, { secret, redirectUris: body["redirect_uris"] as string[] });
    return Response.json(
      { ...body, client_id: id, ...(secret === undefined ? {} : { client_secret: secret }) },
      { status: 201 },
    );
  }

  #authorize(asked: URLSearchParams): Response {
    this.seen.authorizations.push(asked);
    const clientId = asked.get("client_id") ?? "";
    const redirectUri = asked.get("redirect_uri") ?? "";
    const client = this.#clients.get(clientId);
    const isKnown =
      client !== undefined && (client.redirectUris.length === 0 || client.redirectUris.includes(redirectUri));
    if (!isKnown) return new Response("unknown client or address", { status: 400 });
    if (asked.get("code_challenge_method") !== "S256") return new Response("PKCE is needed", { status: 400 });
    const code = `code-${randomUUID()}`;
    this.#codes.set(code, {
      ...{ clientId, redirectUri, challenge: asked.get("code_challenge") ?? "" },
      scope: asked.get("scope") ?? undefined,
      resource: asked.get("resource") ?? undefined,
    });
    const target = new URL(redirectUri);
    target.searchParams.set("code", code);
    target.searchParams.set("state", asked.get("state") ?? "");
    if (this.#options.iss === true) target.searchParams.set("iss", this.issuer);
    return Response.redirect((this.#options.sendsBack?.(target) ?? target).href, 302);
  }

  async #token(request: Request): Promise<Response> {
    const body = new URLSearchParams(await request.text());
    this.seen.tokenRequests.push(body);
    if (this.isDown) return new Response("down", { status: 503 });
    const clientId = this.#clientOf(request, body);
    if (clientId === undefined) return refused("invalid_client", 401);
    switch (body.get("grant_type")) {
      case "authorization_code":
        return this.#byCode(clientId, body);
      case "refresh_token":
        return this.#byRefresh(clientId, body);
      case "client_credentials":
        return this.#give(
          { clientId, scope: body.get("scope") ?? undefined, resource: body.get("resource") ?? undefined },
          false,
        );
      default:
        return refused("unsupported_grant_type");
    }
  }

  #clientOf(request: Request, body: URLSearchParams): string | undefined {
    const assertion = body.get("client_assertion");
    if (assertion !== null) return this.#clientBy(assertion);
    const basic = /^Basic (.*)$/.exec(request.headers.get("authorization") ?? "")?.[1];
    const [id = "", secret] =
      basic === undefined
        ? [body.get("client_id") ?? "", body.get("client_secret") ?? undefined]
        : Buffer.from(basic, "base64").toString().split(":");
    const client = this.#clients.get(id);
    return client !== undefined && client.secret === secret ? id : undefined;
  }

  /** RFC 7523: signed by the client's key, meant for us, and not over. */
  #clientBy(assertion: string): string | undefined {
    const { client } = this.#options;
    const [head = "", claims = "", signature = ""] = assertion.split(".");
    if (client?.publicKey === undefined) return undefined;
    const key = { key: createPublicKey(client.publicKey), dsaEncoding: "ieee-p1363" } as const;
    if (!verify("sha256", Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, "base64url")))
      return undefined;
    const said = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown>; // Signed by the test's client.
    const isGood =
      said["sub"] === client.id && said["aud"] === this.issuer && Number(said["exp"]) * 1000 > Date.now();
    return isGood ? client.id : undefined;
  }

  #byCode(clientId: string, body: URLSearchParams): Response {
    const code = body.get("code") ?? "";
    const grant = this.#codes.get(code);
    this.#codes.delete(code);
    const challenge = createHash("sha256")
      .update(body.get("code_verifier") ?? "")
      .digest("base64url");
    const isGood =
      grant?.clientId === clientId &&
      grant.redirectUri === body.get("redirect_uri") &&
      grant.challenge === challenge;
    if (!isGood || grant === undefined) return refused("invalid_grant");
    return this.#give(grant, this.#options.givesRefreshTokens ?? true);
  }

  /** Each refresh token is good once. */
  #byRefresh(clientId: string, body: URLSearchParams): Response {
    const token = body.get("refresh_token") ?? "";
    const grant = this.#refreshTokens.get(token);
    this.#refreshTokens.delete(token);
    if (grant?.clientId !== clientId) return refused("invalid_grant");
    this.seen.refreshes += 1;
    return this.#give(grant, true);
  }

  #give(
    { clientId, scope: asked, resource }: Omit<Grant, "challenge" | "redirectUri">,
    withRefresh: boolean,
  ): Response {
    const { tokenSeconds: seconds = 3600, grants } = this.#options;
    const scope = grants ?? asked;
    const access = `access-${randomUUID()}`;
    const refresh = `refresh-${randomUUID()}`;
    this.#tokens.set(access, { scope, resource, untilMs: Date.now() + seconds * 1000 });
    if (withRefresh) this.#refreshTokens.set(refresh, { clientId, scope, resource });
    const tokens = {
      ...{ access_token: access, token_type: "Bearer", expires_in: seconds },
      ...(scope === undefined ? {} : { scope }),
      ...(withRefresh ? { refresh_token: refresh } : {}),
    };
    return Response.json(this.#options.gives?.(tokens) ?? tokens);
  }
}

function refused(error: string, status = 400): Response {
  return Response.json({ error, error_description: `this is ${error}` }, { status });
}
