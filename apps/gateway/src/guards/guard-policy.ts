/** Which Host and Origin headers the gateway answers to: worked out once, from how it is bound and configured. */
import { hostname, networkInterfaces } from "node:os";
import { authorityName, readAuthority } from "./authority.ts";
import { isWildcardHost } from "./bind-address.ts";

export interface GuardSettings {
  /** The address the gateway binds to. */
  readonly host: string;
  readonly port: number;
  /** `gateway.allowedHosts` */
  readonly allowedHosts: readonly string[];
  /** `gateway.allowedOrigins` */
  readonly allowedOrigins: readonly string[];
  /** Names and addresses of this machine; they count only when the gateway is bound to all of them. */
  readonly machineNames?: readonly string[];
}

export interface GuardPolicy {
  readonly hosts: ReadonlySet<string>;
  /** Exact serialised origins (RFC 6454 section 6.2), without a default port. */
  readonly origins: ReadonlySet<string>;
  /** Configured entries that can match nothing, for a warning at the start. */
  readonly unusable: readonly string[];
  /** The headers accepted last: nearly every request repeats them, and comparing is all they cost then. */
  readonly accepted: { host: string; origin: string };
}

/** Spelled out because a browser treats them as this machine without asking any name server. */
const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

export function makeGuardPolicy(settings: GuardSettings): GuardPolicy {
  const { host, allowedHosts, allowedOrigins, machineNames = [] } = settings;
  const unusable: string[] = [];
  const hosts = new Set(loopbackNames);
  for (const own of isWildcardHost(host) ? machineNames : [host]) {
    const name = authorityName(own);
    if (name !== undefined) hosts.add(name);
  }
  for (const allowed of allowedHosts) {
    const name = readAuthority(allowed)?.name ?? authorityName(allowed);
    if (name === undefined) unusable.push(allowed);
    else hosts.add(canonicalName(name));
  }
  const origins = new Set<string>();
  for (const allowed of allowedOrigins) {
    const origin = readOrigin(allowed);
    if (origin === undefined) unusable.push(allowed);
    else origins.add(origin.serialised);
  }
  // A header is never the empty string here: an empty one is refused before it is compared.
  return { hosts, origins, unusable, accepted: { host: "", origin: "" } };
}

function canonicalName(name: string): string {
  return authorityName(name) ?? name;
}

export interface Origin {
  readonly scheme: string;
  readonly name: string;
  readonly serialised: string;
}

const originShape = /^([a-z][a-z0-9+.-]{0,31}):\/\/([^/]+)$/i;
const defaultPorts: ReadonlyMap<string, string> = new Map([
  ["http", "80"],
  ["https", "443"],
]);

/** One origin exactly: no path, no userinfo, no list, and not `null`, which any page can bring about. */
export function readOrigin(text: string): Origin | undefined {
  const match = originShape.exec(text);
  const authority = readAuthority(match?.[2] ?? "");
  if (match === null || authority === undefined) return undefined;
  const scheme = (match[1] ?? "").toLowerCase();
  const port = authority.port === defaultPorts.get(scheme) ? "" : authority.port;
  return {
    scheme,
    name: authority.name,
    serialised: `${scheme}://${authority.name}${port === "" ? "" : `:${port}`}`,
  };
}

/** Web pages of this machine itself, on any port. */
export function isLoopbackOrigin(origin: Origin): boolean {
  return (origin.scheme === "http" || origin.scheme === "https") && loopbackNames.includes(origin.name);
}

/** What other machines may call this one. */
export function readMachineNames(): readonly string[] {
  const names = [hostname()];
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address } of addresses ?? []) {
      // A zone (`fe80::1%eth0`) never stands in a URL's host.
      names.push(address.split("%")[0] ?? address);
    }
  }
  return names;
}
