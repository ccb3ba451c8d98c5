/**
 * Finds out where to sign in at a server: its protected resource metadata (RFC 9728), then the authorization server's
 * own (RFC 8414, OpenID Connect Discovery); for servers of 2025-03-26, which have neither, their own origin.
 */

import { GatewayError, isGatewayError, messageOf } from "@mcp-gateway/kit";
import type { AuthorizationServerMetadata } from "@modelcontextprotocol/sdk/shared/auth.js";
import type { Challenge } from "./challenge.ts";
import { type GuardedFetch, refusedAddress } from "./guarded-fetch.ts";
import type { Sdk } from "./load-sdk.ts";
import { shown } from "./token-requests.ts";

export interface Discovered {
  readonly issuer: string;
  /** Undefined: the authorization server describes nothing, and has its endpoints where 2025-03-26 says. */
  readonly metadata: AuthorizationServerMetadata | undefined;
  /** RFC 8707: what the token is to be good for. Undefined: the server says nothing about itself. */
  readonly resource: string | undefined;
  readonly scopes: readonly string[] | undefined;
}

export interface DiscoveryQuestion {
  readonly sdk: Sdk;
  readonly backend: string;
  readonly url: URL;
  readonly challenge: Challenge | undefined;
  /** The one to sign in at, whatever the server names. */
  readonly configuredIssuer: string | undefined;
  /** The one that gave what is kept; it stays if the server still names it. */
  readonly formerIssuer: string | undefined;
  readonly fetch: GuardedFetch;
}

/** @throws GatewayError `sign-in-failed` */
export async function discover(question: DiscoveryQuestion): Promise<Discovered> {
  const { sdk, backend, url, fetch, configuredIssuer, formerIssuer } = question;
  const described = await describedBy(question);
  const resource = await resourceOf(question, described);
  const named = described?.authorization_servers ?? [];
  const isKept = formerIssuer !== undefined && named.includes(formerIssuer);
  const issuer = configuredIssuer ?? (isKept ? formerIssuer : named[0]) ?? url.origin;
  if (!URL.canParse(issuer)) throw failed(backend, "it names an authorization server that is no address");
  const metadata = await failing(backend, () =>
    sdk.discoverAuthorizationServerMetadata(issuer, { fetchFn: fetch }),
  );
  checkIssuer(backend, issuer, metadata, named.length === 0 && configuredIssuer === undefined);
  if (metadata === undefined && new URL(issuer).origin !== url.origin)
    throw failed(backend, `its authorization server ${shown(issuer)} describes itself nowhere`);
  checkEndpoints(backend, url, metadata);
  return { issuer, metadata, resource, scopes: described?.scopes_supported };
}

type Described = Awaited<ReturnType<Sdk["discoverOAuthProtectedResourceMetadata"]>>;

/** What the server says about itself. Where it names a place and nothing good is there, that is no reason to guess. */
async function describedBy({
  sdk,
  backend,
  url,
  challenge,
  fetch,
}: DiscoveryQuestion): Promise<Described | undefined> {
  const place = challenge?.resourceMetadata;
  if (place !== undefined && !URL.canParse(place))
    throw failed(backend, "it names a description that is no address");
  try {
    const options = place === undefined ? {} : { resourceMetadataUrl: place };
    return await sdk.discoverOAuthProtectedResourceMetadata(url, options, fetch);
  } catch (thrown) {
    if (place === undefined && !isGatewayError(thrown)) return undefined; // There is none (RFC 9728 is optional before 2025-06-18).
    throw asFailure(backend, thrown);
  }
}

async function resourceOf({ sdk, backend, url }: DiscoveryQuestion, described: Described | undefined) {
  if (described === undefined) return undefined;
  // Only the check is of interest; what is sent is the text as it came, because some compare it letter by letter.
  await failing(backend, async () => sdk.selectResourceURL(url, nobody, described));
  return described.resource;
}

/** The check asks its provider for nothing but its own view, and there is none. */
const nobody = {} as Parameters<Sdk["selectResourceURL"]>[1];

/**
 * Metadata must be of the one it was asked from (RFC 8414 section 3.3), else one server could pass as another and get
 * the other's codes. A trailing slash, which the URL of an origin gets by itself, is no difference; and a server of
 * 2025-03-26, which nobody named, may have its issuer anywhere within its own origin.
 */
function checkIssuer(
  backend: string,
  issuer: string,
  metadata: AuthorizationServerMetadata | undefined,
  isGuessed: boolean,
): void {
  if (metadata === undefined) return;
  const [said, asked] = [metadata.issuer, issuer].map((text) => text.replace(/\/$/, ""));
  const isWithin =
    URL.canParse(metadata.issuer) && new URL(metadata.issuer).origin === new URL(issuer).origin;
  if (said === asked || (isGuessed && isWithin)) return;
  const way =
    isGuessed && URL.canParse(metadata.issuer)
      ? ` If you trust it, set \`oauth.issuer\` to ${shown(metadata.issuer)}.`
      : "";
  throw failed(
    backend,
    `the metadata of ${shown(issuer)} is that of another one, ${shown(metadata.issuer)}`,
    way,
  );
}

/** What the browser is sent to, and where codes and tokens go. */
function checkEndpoints(backend: string, url: URL, metadata: AuthorizationServerMetadata | undefined): void {
  if (metadata === undefined) return;
  const { authorization_endpoint, token_endpoint } = metadata;
  for (const endpoint of [authorization_endpoint, token_endpoint]) {
    const target = new URL(endpoint); // Checked by the SDK's schema.
    // Plain http stays on this machine, or within the origin that the entry itself names so.
    const isPlain =
      target.protocol === "http:" && (target.origin === url.origin || (isLocal(target) && isLocal(url)));
    if (target.protocol !== "https:" && !isPlain) throw refusedAddress(backend, target, "it is not https");
  }
}

function isLocal({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

/** What the SDK throws, as our error. */
async function failing<T>(backend: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw asFailure(backend, thrown);
  }
}

function asFailure(backend: string, thrown: unknown): GatewayError {
  if (isGatewayError(thrown)) return thrown;
  const isSchema = thrown instanceof Error && thrown.name === "ZodError";
  return failed(backend, isSchema ? "what it describes is malformed" : shown(messageOf(thrown)));
}

function failed(backend: string, why: string, what = ""): GatewayError {
  return new GatewayError(
    "sign-in-failed",
    `The server "${backend}" does not let itself be signed in at: ${why}.${what}`,
    {
      facts: { server: backend },
    },
  );
}
