/** Who the gateway is at an authorization server: as configured, by a document, as registered before, or newly registered. */
import type { OAuthSettings } from "@mcp-gateway/config";
import { GatewayError, isGatewayError } from "@mcp-gateway/kit";
import type { ClientFacts } from "./credentials.ts";
import type { Discovered } from "./discovery.ts";
import type { GuardedFetch } from "./guarded-fetch.ts";
import type { Sdk } from "./load-sdk.ts";
import { shown } from "./token-requests.ts";

export interface ClientQuestion {
  readonly sdk: Sdk;
  readonly backend: string;
  readonly settings: OAuthSettings;
  readonly found: Discovered;
  /** One that registered itself at this issuer before. */
  readonly former: ClientFacts | undefined;
  readonly redirectUri: string;
  readonly scope: string | undefined;
  readonly nowMs: number;
  readonly fetch: GuardedFetch;
}

/** @throws GatewayError `sign-in-failed`; or what the SDK throws */
export async function clientFor(question: ClientQuestion): Promise<ClientFacts> {
  const { settings, found, former, redirectUri, backend } = question;
  const { clientId, clientMetadataUrl } = settings;
  if (clientId !== undefined) return { client_id: clientId };
  const takesDocuments = found.metadata?.client_id_metadata_document_supported === true;
  if (clientMetadataUrl !== undefined && takesDocuments) return { client_id: clientMetadataUrl };
  if (former !== undefined && isGood(former, redirectUri, question.nowMs)) return former;
  if (found.metadata !== undefined && found.metadata.registration_endpoint === undefined) {
    throw new GatewayError(
      "sign-in-failed",
      `The authorization server of "${backend}" (${shown(found.issuer)}) registers no clients by itself. Register one there, for the address ${redirectUri}, and set \`oauth.clientId\`, \`oauth.redirectUri\` and, if it has one, \`oauth.clientSecret\`.`,
      { facts: { server: backend } },
    );
  }
  try {
    return await register(question);
  } catch (thrown) {
    // Nobody said that there is one: it was only where one of 2025-03-26 would be.
    if (found.metadata !== undefined || isGatewayError(thrown)) throw thrown;
    const message = `The server "${backend}" describes no way to sign in, and at ${shown(found.issuer)} nobody registers clients. If it has an authorization server elsewhere, set \`oauth.issuer\`.`;
    throw new GatewayError("sign-in-failed", message, { facts: { server: backend }, cause: thrown });
  }
}

function isGood(
  { redirect_uris, client_secret_expires_at }: ClientFacts,
  redirectUri: string,
  nowMs: number,
): boolean {
  const expires = client_secret_expires_at ?? 0;
  return redirect_uris?.includes(redirectUri) === true && (expires === 0 || expires * 1000 > nowMs);
}

async function register({ sdk, found, redirectUri, scope, fetch }: ClientQuestion): Promise<ClientFacts> {
  const { metadata, issuer } = found;
  // RFC 7591; a program on a person's machine is a native one (OpenID Connect Dynamic Client Registration, section 2).
  const clientMetadata = {
    client_name: "MCP Gateway",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: methodFor(metadata?.token_endpoint_auth_methods_supported),
    application_type: "native",
  };
  const registered = await sdk.registerClient(issuer, {
    ...(metadata === undefined ? {} : { metadata }),
    clientMetadata,
    ...(scope === undefined ? {} : { scope }),
    fetchFn: fetch,
  });
  const { client_id, client_secret, client_secret_expires_at, token_endpoint_auth_method } = registered;
  return {
    client_id,
    redirect_uris: [redirectUri],
    ...(client_secret === undefined || client_secret === "" ? {} : { client_secret }),
    ...(client_secret_expires_at === undefined ? {} : { client_secret_expires_at }),
    ...(token_endpoint_auth_method === undefined ? {} : { token_endpoint_auth_method }),
  };
}

/** PKCE protects the code; a secret protects nothing more, and is taken only where none is not allowed. */
function methodFor(supported: readonly string[] | undefined): string {
  const known = ["none", "client_secret_basic", "client_secret_post"];
  return known.find((method) => supported?.includes(method) ?? true) ?? "client_secret_basic";
}
