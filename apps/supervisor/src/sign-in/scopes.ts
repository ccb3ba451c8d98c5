/** What rights to ask for (MCP authorization, "Scope Selection Strategy"), and what of a discovery is kept. Pure. */
import { type IssuerFacts, joinScopes } from "./credentials.ts";
import type { Discovered } from "./discovery.ts";

export interface ScopeQuestion {
  /** What the entry says; it alone counts. */
  readonly configured: readonly string[] | undefined;
  readonly found: Pick<Discovered, "scopes" | "metadata">;
  /** Of the refusal that made a sign-in necessary. */
  readonly challenged: string | undefined;
  /** Rights that a call lacked. */
  readonly missing: string | undefined;
  /** What is granted already, and would be lost by asking for the missing alone. */
  readonly former: string | undefined;
}

/** @returns undefined: ask for nothing in particular */
export function scopeToAsk({
  configured,
  found,
  challenged,
  missing,
  former,
}: ScopeQuestion): string | undefined {
  if (configured !== undefined) return joinScopes(...configured);
  const step = missing === undefined ? undefined : joinScopes(former, missing);
  const wanted = step ?? challenged ?? joinScopes(...(found.scopes ?? []));
  if (wanted === undefined) return undefined;
  // With it some servers give a refresh token, without which somebody would have to sign in every hour.
  const takesOffline = found.metadata?.scopes_supported?.includes("offline_access") === true;
  return joinScopes(wanted, takesOffline ? "offline_access" : undefined);
}

export function issuerFactsOf({ metadata }: Discovered): IssuerFacts | undefined {
  if (metadata === undefined) return undefined;
  const { token_endpoint, token_endpoint_auth_methods_supported: methods } = metadata;
  const revocation = memberOf(metadata, "revocation_endpoint");
  return {
    token_endpoint,
    ...(methods === undefined ? {} : { token_endpoint_auth_methods_supported: methods }),
    ...(typeof revocation === "string" ? { revocation_endpoint: revocation } : {}),
  };
}

/** A member that the SDK's type does not know, as it came. */
export function memberOf(metadata: Discovered["metadata"], name: string): unknown {
  return Object.entries(metadata ?? {}).find(([key]) => key === name)?.[1];
}
