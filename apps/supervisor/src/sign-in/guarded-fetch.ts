/**
 * Requests to addresses that a server named: its metadata and its authorization server. They are foreign input, so
 * only https is asked (http only where the server itself is), nothing in a nearer network than the server's own,
 * no redirect is followed here, and size and time are bounded. Whatever is in doubt is refused.
 */
import { GatewayError, limits, messageOf, redact, systemCodeOf } from "@mcp-gateway/kit";
import { mayLeadTo, nearest, type Reach, reachOf } from "./reach.ts";

/** As the SDK's functions take it. */
export type GuardedFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** The addresses of a name. @throws when it has none */
export type Resolve = (name: string) => Promise<readonly string[]>;

const resolveBySystem: Resolve = async (name) => {
  const { lookup } = await import("node:dns/promises"); // No start needs it.
  return (await lookup(name, { all: true })).map(({ address }) => address);
};

/** @param server the configured address, to whose origin nothing new is given away */
export function guardedFetch(backend: string, server: URL, resolve: Resolve = resolveBySystem): GuardedFetch {
  let own: Promise<Reach> | undefined;
  return async (target, init) => {
    const url = new URL(target);
    if (url.username !== "" || url.password !== "")
      throw refusedAddress(backend, url, "it has a user name or password in it");
    if (url.origin !== server.origin) {
      own ??= reachOfServer(server.hostname, resolve);
      await check(backend, url, await own, resolve);
    }
    return await ask(backend, url, init);
  };
}

/** @throws GatewayError `sign-in-failed` */
async function check(backend: string, url: URL, own: Reach, resolve: Resolve): Promise<void> {
  const refuse = (why: string): GatewayError => refusedAddress(backend, url, why);
  if (url.protocol === "http:" ? own !== "loopback" : url.protocol !== "https:")
    throw refuse(`${url.protocol.slice(0, -1)} is not https`);
  const reach = await reachOfHost(url.hostname, resolve);
  if (url.protocol === "http:" && reach !== "loopback") throw refuse("http is not https");
  if (!mayLeadTo(own, reach)) throw refuse("it is in a nearer network than the server");
}

/** Of what an answer leads to: the nearest of its addresses counts. */
async function reachOfHost(name: string, resolve: Resolve): Promise<Reach> {
  const written = reachAsWritten(name);
  if (written !== undefined) return written;
  try {
    return nearest((await resolve(bareName(name))).map(reachOf));
  } catch {
    // A name that only a proxy can resolve is asked through it; without one the request fails by itself.
    return isProxied() ? "public" : "private";
  }
}

/**
 * Of the server itself: whoever owns its name can let it resolve to anything, so that alone makes it none of this
 * machine, and one public address makes it public.
 */
async function reachOfServer(name: string, resolve: Resolve): Promise<Reach> {
  const written = reachAsWritten(name);
  if (written !== undefined) return written;
  try {
    const reaches = (await resolve(bareName(name))).map(reachOf);
    return reaches.length === 0 || reaches.includes("public") ? "public" : "private";
  } catch {
    return "public";
  }
}

function reachAsWritten(name: string): Reach | undefined {
  const bare = bareName(name);
  if (/^[\d.]+$/.test(bare) || bare.includes(":")) return reachOf(bare);
  return bare === "localhost" || bare.endsWith(".localhost") ? "loopback" : undefined;
}

function bareName(name: string): string {
  return name.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

function isProxied(): boolean {
  return ["HTTPS_PROXY", "https_proxy"].some((name) => (process.env[name] ?? "") !== "");
}

async function ask(backend: string, url: URL, init: RequestInit | undefined): Promise<Response> {
  const signals = [AbortSignal.timeout(limits.signInRequestMs), ...(init?.signal ? [init.signal] : [])];
  try {
    const response = await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.any(signals) });
    const body = await bounded(response);
    if (body === undefined) throw new GatewayError("sign-in-failed", tooLong(url));
    // In one piece, so that whoever reads it waits for nobody.
    const hasBody = response.status !== 204 && response.status !== 205 && response.status !== 304;
    return new Response(hasBody ? body : null, { status: response.status, headers: plainHeaders(response) });
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown;
    throw unreachable(backend, url, thrown);
  }
}

async function bounded(response: Response): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > limits.signInBodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, bytes));
}

/** The body was decoded on the way. */
function plainHeaders(response: Response): Headers {
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) headers.delete(name);
  return headers;
}

function tooLong(url: URL): string {
  return `The answer of ${url.origin} is longer than ${limits.signInBodyBytesMax} bytes.`;
}

export function refusedAddress(backend: string, url: URL, why: string): GatewayError {
  const where = url.origin === "null" ? url.protocol : url.origin;
  return new GatewayError(
    "sign-in-failed",
    `The server "${backend}" names an address for signing in that is not asked (${where}): ${why}.`,
    { facts: { server: backend } },
  );
}

function unreachable(backend: string, url: URL, thrown: unknown): GatewayError {
  const isLate = thrown instanceof Error && thrown.name === "TimeoutError";
  const how = isLate
    ? `no answer within ${limits.signInRequestMs / 1000} s`
    : redact(systemCodeOf(thrown) ?? messageOf(thrown));
  return new GatewayError(
    "sign-in-failed",
    `${url.origin}, where the server "${backend}" lets people sign in, can't be reached: ${how}.`,
    { facts: { server: backend, unreachable: true }, cause: thrown },
  );
}
