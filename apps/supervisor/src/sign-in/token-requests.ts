/** The requests to a token endpoint: for a code, for a refresh token, and for the gateway itself. */
import type { OAuthSettings } from "@mcp-gateway/config";
import { GatewayError, isGatewayError, limits, messageOf, redact } from "@mcp-gateway/kit";
import type { AuthorizationServerMetadata } from "@modelcontextprotocol/sdk/shared/auth.js";
import type { ClientFacts, IssuerFacts, TokenResponse } from "./credentials.ts";
import type { GuardedFetch } from "./guarded-fetch.ts";
import type { Sdk } from "./load-sdk.ts";

/** Where to ask, and as whom. */
export interface TokenPlace {
  readonly sdk: Sdk;
  readonly backend: string;
  readonly issuer: string;
  readonly endpoints: IssuerFacts | undefined;
  readonly resource: string | undefined;
  readonly client: ClientFacts;
  readonly settings: OAuthSettings;
  readonly fetch: GuardedFetch;
}

export interface CodeGrant {
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

/** @throws whatever the SDK throws; see `failureOf` */
export async function exchangeCode(place: TokenPlace, grant: CodeGrant): Promise<TokenResponse> {
  const response = await place.sdk.exchangeAuthorization(place.issuer, {
    ...common(place),
    clientInformation: clientInformation(place),
    authorizationCode: grant.code,
    codeVerifier: grant.verifier,
    redirectUri: grant.redirectUri,
  });
  return bearer(place, response);
}

export async function renewToken(place: TokenPlace, refreshToken: string): Promise<TokenResponse> {
  const response = await place.sdk.refreshAuthorization(place.issuer, {
    ...common(place),
    clientInformation: clientInformation(place),
    refreshToken,
  });
  return bearer(place, response);
}

/** The grant `client_credentials`: nobody signs in but the gateway itself. */
export async function ownToken(place: TokenPlace, scope: string | undefined): Promise<TokenResponse> {
  const { sdk, settings, client } = place;
  const { privateKey } = settings;
  const sign =
    privateKey === undefined
      ? undefined
      : sdk.createPrivateKeyJwtAuth({
          issuer: client.client_id,
          subject: client.client_id,
          privateKey,
          alg: await algorithmOf(privateKey),
        });
  const provider = {
    redirectUrl: undefined,
    clientMetadata: { redirect_uris: [] },
    clientInformation: () => clientInformation(place),
    ...(sign === undefined ? {} : { addClientAuthentication: sign }),
    prepareTokenRequest: () =>
      new URLSearchParams({ grant_type: "client_credentials", ...(scope === undefined ? {} : { scope }) }),
    ...unused,
  };
  return bearer(place, await sdk.fetchToken(provider, place.issuer, common(place)));
}

/** What the SDK's provider has for a person's sign-in, which this grant has none of. */
const unused = {
  tokens: () => undefined,
  saveTokens: () => undefined,
  redirectToAuthorization: () => undefined,
  saveCodeVerifier: () => undefined,
  codeVerifier: () => "",
} as const;

function common({ endpoints, resource, fetch, issuer }: TokenPlace) {
  // The SDK reads of it what is here; the rest is asked for by its type only.
  const metadata =
    endpoints === undefined ? undefined : ({ issuer, ...endpoints } as AuthorizationServerMetadata);
  return {
    ...(metadata === undefined ? {} : { metadata }),
    ...(resource === undefined ? {} : { resource }),
    fetchFn: fetch,
  };
}

function clientInformation({ client, settings }: TokenPlace) {
  const secret = settings.clientId === undefined ? client.client_secret : settings.clientSecret;
  const { client_id, token_endpoint_auth_method } = client;
  return {
    client_id,
    ...(secret === undefined ? {} : { client_secret: secret }),
    ...(token_endpoint_auth_method === undefined ? {} : { token_endpoint_auth_method }),
  };
}

/** @throws GatewayError when no request can carry it */
function bearer({ backend }: TokenPlace, response: TokenResponse): TokenResponse {
  const facts = { server: backend };
  if (response.token_type.toLowerCase() !== "bearer") {
    const message = `The authorization server of "${backend}" gives tokens of the type ${shown(response.token_type)}, and only Bearer is understood.`;
    throw new GatewayError("sign-in-failed", message, { facts });
  }
  // What a header can carry (RFC 6750 section 2.1 allows less, and is not kept to by all).
  if (/^[\x21-\x7e]+$/.test(response.access_token)) return response;
  const message = `The authorization server of "${backend}" gives a token that no header can carry.`;
  throw new GatewayError("sign-in-failed", message, { facts });
}

/** @throws GatewayError when it is no key that can sign */
async function algorithmOf(privateKey: string): Promise<string> {
  const { createPrivateKey } = await import("node:crypto"); // No start needs it.
  const curves: Readonly<Record<string, string>> = {
    prime256v1: "ES256",
    secp384r1: "ES384",
    secp521r1: "ES512",
  };
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(privateKey);
    if (asymmetricKeyType === "rsa") return "RS256";
    const algorithm = asymmetricKeyType === "ec" ? curves[asymmetricKeyDetails?.namedCurve ?? ""] : undefined;
    if (algorithm !== undefined) return algorithm;
  } catch {
    // What is wrong with it is not told: it is a secret.
  }
  throw new GatewayError("sign-in-failed", "`oauth.privateKey` is no RSA or EC key in PKCS #8 and PEM.");
}

/** Why there is no token, and whether asking again can help. */
export interface TokenFailure {
  readonly error: GatewayError;
  /** `grant`: what was presented is worth nothing any more · `client`: the client itself is unknown · `passing`: may help. */
  readonly kind: "grant" | "client" | "passing";
}

export function failureOf(backend: string, issuer: string, thrown: unknown): TokenFailure {
  const code = errorCodeOf(thrown);
  const kind =
    code === "invalid_client" || code === "unauthorized_client"
      ? "client"
      : code === undefined ||
          code === "server_error" ||
          code === "temporarily_unavailable" ||
          code === "too_many_requests"
        ? "passing"
        : "grant";
  if (isGatewayError(thrown)) return { error: thrown, kind: "passing" };
  // The SDK puts the parser's words and the body behind the status of an answer that is not OAuth's.
  const said = shown(messageOf(thrown).replace(/^(HTTP \d+): Invalid OAuth error response.*$/s, "$1"));
  const parts = said.startsWith("HTTP ") ? [said] : [code, said];
  const what = parts.filter((part) => part !== undefined && part !== "").join(": ");
  const message = `The authorization server of "${backend}" (${shown(issuer)}) gives no token: ${what}.`;
  return { error: new GatewayError("sign-in-failed", message, { facts: { server: backend } }), kind };
}

/** The SDK's errors carry OAuth's own code (RFC 6749 section 5.2). */
function errorCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("errorCode" in thrown)) return undefined;
  return typeof thrown.errorCode === "string" ? thrown.errorCode : undefined;
}

/** Foreign words in our sentence: on one line, bounded, without what could be a secret. */
export function shown(text: string): string {
  const line = redact(text.replace(/[\s\p{C}]+/gu, " ").trim());
  return line.slice(0, limits.signInErrorCharsMax).replace(/\.$/, "");
}
