/**
 * MCP servers that want a sign-in, as the official SDK has them (its bearer check, its metadata), with two authorization
 * servers: the SDK's own router, and `oidc-provider`. What is written here is what their users have to write.
 */
import { randomUUID } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { InvalidGrantError, InvalidTokenError } from "@modelcontextprotocol/sdk/server/auth/errors.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import type {
  OAuthServerProvider,
  OAuthTokenVerifier,
} from "@modelcontextprotocol/sdk/server/auth/provider.js";
import { mcpAuthMetadataRouter, mcpAuthRouter } from "@modelcontextprotocol/sdk/server/auth/router.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { OAuthClientInformationFull, OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
import { thirdPartyProgram } from "../support/third-party.ts";

export interface SignInServer extends AsyncDisposable {
  readonly url: string;
  readonly issuer: string;
  /** Calls of the tool. */
  readonly calls: () => number;
  /** Access tokens are not good any more; refresh tokens are. */
  expireTokens(): void;
}

const scope = "mcp:use";

/** What of Express is used; the package has no types here. */
interface App extends RequestListener {
  use(...handlers: readonly unknown[]): void;
  all(path: string, ...handlers: readonly unknown[]): void;
}
type Express = (() => App) & { json(): unknown };

async function express(): Promise<Express> {
  const loaded: unknown = await import(thirdPartyProgram("express", "index.js"));
  return (loaded as { readonly default: Express }).default; // A CommonJS module's one export.
}

async function listening(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // A TCP server's address, once it listens.
}

async function ended(...servers: readonly Server[]): Promise<void> {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A new server for each request, as the SDK's stateless example has it. */
function mcpHandler(onCall: () => void) {
  return async (request: { readonly body: unknown }, response: unknown): Promise<void> => {
    const server = new McpServer({ name: "signed", version: "1.0.0" });
    server.registerTool("count", { description: "Counts." }, () => {
      onCall();
      return { content: [{ type: "text", text: "counted" }] };
    });
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport as Parameters<McpServer["connect"]>[0]); // Its optional members differ under exact types.
    const handle = transport.handleRequest.bind(transport) as (...all: readonly unknown[]) => Promise<void>; // Express' own objects.
    await handle(request, response, request.body);
  };
}

interface Grant {
  readonly clientId: string;
  readonly challenge: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
}

/** A store in memory, behind the SDK's router, whose person agrees to everything. */
class MemoryProvider implements OAuthServerProvider {
  readonly #clients = new Map<string, OAuthClientInformationFull>();
  readonly #codes = new Map<string, Grant>();
  readonly #refresh = new Map<string, Grant>();
  readonly tokens = new Map<string, Grant>();

  readonly clientsStore = {
    getClient: (id: string) => this.#clients.get(id),
    registerClient: (client: Omit<OAuthClientInformationFull, "client_id" | "client_id_issued_at">) => {
      const full: OAuthClientInformationFull = { client_id: randomUUID(), ...client };
      this.#clients.set(full.client_id, full);
      return full;
    },
  };

  authorize: OAuthServerProvider["authorize"] = async (client, params, response) => {
    const code = randomUUID();
    const { codeChallenge: challenge, redirectUri, scopes = [] } = params;
    this.#codes.set(code, { clientId: client.client_id, challenge, redirectUri, scopes });
    const target = new URL(redirectUri);
    target.searchParams.set("code", code);
    if (params.state !== undefined) target.searchParams.set("state", params.state);
    response.redirect(target.href);
  };

  async challengeForAuthorizationCode(_client: OAuthClientInformationFull, code: string): Promise<string> {
    const grant = this.#codes.get(code);
    if (grant === undefined) throw new InvalidGrantError("unknown code");
    return grant.challenge;
  }

  async exchangeAuthorizationCode(client: OAuthClientInformationFull, code: string): Promise<OAuthTokens> {
    return this.#give(client, this.#codes, code);
  }

  async exchangeRefreshToken(client: OAuthClientInformationFull, token: string): Promise<OAuthTokens> {
    return this.#give(client, this.#refresh, token);
  }

  async verifyAccessToken(token: string) {
    const grant = this.tokens.get(token);
    if (grant === undefined) throw new InvalidTokenError("not good any more");
    return {
      token,
      clientId: grant.clientId,
      scopes: [...grant.scopes],
      expiresAt: Date.now() / 1000 + 3600,
    };
  }

  #give(client: OAuthClientInformationFull, from: Map<string, Grant>, key: string): OAuthTokens {
    const grant = from.get(key);
    from.delete(key);
    if (grant?.clientId !== client.client_id) throw new InvalidGrantError("not good any more");
    const [access, refresh] = [randomUUID(), randomUUID()];
    this.tokens.set(access, grant);
    this.#refresh.set(refresh, grant);
    return {
      access_token: access,
      token_type: "bearer",
      expires_in: 3600,
      refresh_token: refresh,
      scope: grant.scopes.join(" "),
    };
  }
}

/** Authorization server and MCP server in one, by the SDK's router. */
export async function startSdkServer(): Promise<SignInServer> {
  const make = await express();
  const provider = new MemoryProvider();
  let calls = 0;
  const app = make();
  const server = await listening(app);
  const origin = originOf(server);
  const resourceServerUrl = new URL(`${origin}/mcp`);
  const options = { provider, issuerUrl: new URL(origin), resourceServerUrl, scopesSupported: [scope] };
  app.use(mcpAuthRouter(options));
  app.all(
    "/mcp",
    bearer(provider, origin),
    make.json(),
    mcpHandler(() => (calls += 1)),
  );
  return {
    ...{ url: resourceServerUrl.href, issuer: origin, calls: () => calls },
    expireTokens: () => provider.tokens.clear(),
    [Symbol.asyncDispose]: () => ended(server),
  };
}

function bearer(verifier: OAuthTokenVerifier, origin: string) {
  const resourceMetadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`;
  return requireBearerAuth({ verifier, requiredScopes: [scope], resourceMetadataUrl });
}

/** What of `oidc-provider` is used; the package has no types. */
interface OidcProvider {
  callback(): RequestListener;
  readonly AccessToken: {
    find(token: string): Promise<OidcToken | undefined>;
  };
}
interface OidcToken {
  readonly clientId: string;
  readonly scope?: string;
  readonly aud?: string | readonly string[];
  readonly exp: number;
}

/** The MCP server by the SDK, its authorization server by `oidc-provider`, with its pages for login and consent. */
export async function startOidcServer(): Promise<SignInServer> {
  const loaded: unknown = await import(thirdPartyProgram("oidc-provider", "lib/index.js"));
  const { Provider } = loaded as {
    readonly Provider: new (issuer: string, options: unknown) => OidcProvider;
  }; // As above.
  const make = await express();
  let calls = 0;
  const presented = new Set<string>();
  const withdrawn = new Set<string>();
  let issuing: RequestListener = (_request, response) => response.end();
  const authorization = await listening((request, response) => issuing(request, response));
  const app = make();
  const server = await listening(app);
  const [issuer, origin] = [originOf(authorization), originOf(server)];
  const resource = `${origin}/mcp`;
  const provider = new Provider(issuer, {
    scopes: ["openid", "offline_access", scope],
    pkce: { required: () => true },
    features: {
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope, accessTokenFormat: "opaque", accessTokenTTL: 3600 }),
      },
    },
  });
  issuing = provider.callback();
  const verifier: OAuthTokenVerifier = {
    async verifyAccessToken(token) {
      presented.add(token);
      const found = await provider.AccessToken.find(token);
      if (found === undefined || found.aud !== resource || withdrawn.has(token))
        throw new InvalidTokenError("not good");
      const { clientId, exp } = found;
      return { token, clientId, scopes: (found.scope ?? "").split(" "), expiresAt: exp };
    },
  };
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
  const oauthMetadata = (await answer.json()) as Parameters<typeof mcpAuthMetadataRouter>[0]["oauthMetadata"]; // Its own.
  const resourceServerUrl = new URL(resource);
  app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl, scopesSupported: [scope] }));
  app.all(
    "/mcp",
    bearer(verifier, origin),
    make.json(),
    mcpHandler(() => (calls += 1)),
  );
  return {
    ...{ url: resource, issuer, calls: () => calls },
    expireTokens: () => {
      for (const token of presented) withdrawn.add(token);
    },
    [Symbol.asyncDispose]: () => ended(server, authorization),
  };
}
