/** The first decision about every request, before any routing: is it addressed to us, and may this page ask? */
import { GatewayError, limits } from "@mcp-gateway/kit";
import { readAuthority } from "./authority.ts";
import { type GuardPolicy, isLoopbackOrigin, readOrigin } from "./guard-policy.ts";
import { readPath } from "./read-path.ts";

export interface RequestFacts {
  readonly method: string;
  /** The Host header; null when it is missing. */
  readonly host: string | null;
  readonly origin: string | null;
  /** As the server gives it: absolute, relative or garbage. */
  readonly url: string;
}

/** OPTIONS is missing on purpose: no web page is ever told that it may read the gateway's answers. */
export const allowedMethods = ["GET", "HEAD", "POST", "DELETE"] as const;

/** @returns the reason to refuse; undefined: go on */
export function checkRequest(facts: RequestFacts, policy: GuardPolicy): GatewayError | undefined {
  const { accepted } = policy;
  if (facts.host === null) {
    if (!isProbe(facts)) return new GatewayError("host-forbidden", "The Host header is missing.");
  } else if (facts.host !== accepted.host || facts.host === "") {
    if (!isHostAllowed(facts.host, policy)) return new GatewayError("host-forbidden");
    accepted.host = facts.host;
  }
  if (facts.origin !== null && (facts.origin !== accepted.origin || facts.origin === "")) {
    if (!isOriginAllowed(facts.origin, policy)) return new GatewayError("origin-forbidden");
    accepted.origin = facts.origin;
  }
  if (!isMethodAllowed(facts.method)) return new GatewayError("method-not-allowed");
  if (facts.url.length > limits.uriBytesMax) {
    return new GatewayError("invalid-request", `The address is longer than ${limits.uriBytesMax} bytes.`);
  }
  return undefined;
}

/** Load balancers probe with HTTP/1.0 and no Host; nothing secret is at these two addresses. */
function isProbe({ method, url }: RequestFacts): boolean {
  if (method !== "GET") return false;
  const path = readPath(url)?.path;
  return path === "/health" || path === "/ready";
}

function isHostAllowed(host: string, policy: GuardPolicy): boolean {
  const authority = readAuthority(host);
  return authority !== undefined && policy.hosts.has(authority.name);
}

function isOriginAllowed(header: string, policy: GuardPolicy): boolean {
  const origin = readOrigin(header);
  return origin !== undefined && (isLoopbackOrigin(origin) || policy.origins.has(origin.serialised));
}

function isMethodAllowed(method: string): boolean {
  // The usual ones first; a list would cost more than the rest of the check.
  return method === "POST" || method === "GET" || method === "DELETE" || method === "HEAD";
}
