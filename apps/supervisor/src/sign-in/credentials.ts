/** What is kept of one sign-in, and what can be told from it. Pure. */
import type { OAuthSettings } from "@mcp-gateway/config";
import { limits } from "@mcp-gateway/kit";
import { type Static, Type } from "@sinclair/typebox";

const text = Type.String({ minLength: 1 });

/** Of the authorization server's metadata (RFC 8414) what is needed after the sign-in. */
export const IssuerFacts = Type.Object({
  token_endpoint: text,
  token_endpoint_auth_methods_supported: Type.Optional(Type.Array(Type.String())),
  revocation_endpoint: Type.Optional(text),
});
export type IssuerFacts = Static<typeof IssuerFacts>;

export const ClientFacts = Type.Object({
  client_id: text,
  /** Only of a client that registered itself; a configured secret stays in the configuration. */
  client_secret: Type.Optional(text),
  /** Unix seconds; 0: never (RFC 7591). */
  client_secret_expires_at: Type.Optional(Type.Number()),
  token_endpoint_auth_method: Type.Optional(Type.String()),
  /** Of a client that registered itself: where it may be sent back to. */
  redirect_uris: Type.Optional(Type.Array(Type.String())),
});
export type ClientFacts = Static<typeof ClientFacts>;

export const TokenFacts = Type.Object({
  accessToken: text,
  refreshToken: Type.Optional(text),
  /** Unix milliseconds. */
  issuedAt: Type.Number(),
  expiresAt: Type.Optional(Type.Number()),
});
export type TokenFacts = Static<typeof TokenFacts>;

export const Credentials = Type.Object({
  version: Type.Literal(1),
  /** The server they are for, and who gave them: neither is ever sent to another. */
  url: text,
  issuer: text,
  /** Undefined: the server of 2025-03-26 that describes nothing, and has its endpoints where that revision says. */
  endpoints: Type.Optional(IssuerFacts),
  /** RFC 8707. */
  resource: Type.Optional(text),
  client: ClientFacts,
  tokens: Type.Optional(TokenFacts),
  /** What was asked for, or granted where that was said. */
  scope: Type.Optional(Type.String()),
});
export type Credentials = Static<typeof Credentials>;

/** A token response (RFC 6749 section 5.1), checked by the SDK. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in?: number | undefined;
  readonly refresh_token?: string | undefined;
  readonly scope?: string | undefined;
}

export function tokensOf(response: TokenResponse, nowMs: number): TokenFacts {
  const { access_token, refresh_token, expires_in } = response;
  return {
    accessToken: access_token,
    issuedAt: nowMs,
    ...(refresh_token === undefined || refresh_token === "" ? {} : { refreshToken: refresh_token }),
    ...(expires_in === undefined ? {} : { expiresAt: nowMs + Math.max(0, expires_in) * 1000 }),
  };
}

export function isExpired({ expiresAt }: TokenFacts, nowMs: number): boolean {
  return expiresAt !== undefined && nowMs >= expiresAt;
}

/** When to renew, well before the end; undefined: it never ends. */
export function renewAt({ issuedAt, expiresAt }: TokenFacts): number | undefined {
  if (expiresAt === undefined) return undefined;
  const lifeMs = expiresAt - issuedAt;
  return Math.max(issuedAt + lifeMs * limits.signInRenewShare, expiresAt - limits.signInRenewBeforeMs);
}

/** Do they belong to the entry as it is now? */
export function fits({ url, issuer, client }: Credentials, server: string, settings: OAuthSettings): boolean {
  if (url !== server) return false;
  if (settings.issuer !== undefined && settings.issuer !== issuer) return false;
  const isConfigured = settings.clientId !== undefined;
  return isConfigured ? client.client_id === settings.clientId : true;
}

/** Words of both, each once, in order. */
export function joinScopes(...scopes: readonly (string | undefined)[]): string | undefined {
  const words = new Set(scopes.flatMap((scope) => (scope ?? "").split(/\s+/)).filter((word) => word !== ""));
  return words.size === 0 ? undefined : [...words].slice(0, limits.signInScopesMax).join(" ");
}
