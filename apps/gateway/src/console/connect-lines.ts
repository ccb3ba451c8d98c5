/** What a person pastes into a client: addresses that can be connected to, and the command that adds them. */
import { isIP } from "node:net";
import { isLoopbackHost, isWildcardHost } from "../guards/bind-address.ts";

export interface ConnectFacts {
  /** The address bound to; may be all of them. */
  readonly host: string;
  readonly port: number;
  /** This machine's addresses, for a gateway bound to all. */
  readonly machineAddresses: readonly string[];
  readonly token:
    | { readonly kind: "none" }
    | { readonly kind: "configured" }
    | { readonly kind: "generated"; readonly path: string };
}

/** An address that a client on this machine can use: nobody can connect to 0.0.0.0. */
export function localAddress(host: string, port: number): string {
  if (isWildcardHost(host)) return `http://127.0.0.1:${port}`;
  return `http://${urlHost(host)}:${port}`;
}

/** An address that other machines can use; undefined when none can, or when it is the local one anyway. */
export function outsideAddress(
  facts: Pick<ConnectFacts, "host" | "port" | "machineAddresses">,
): string | undefined {
  if (!isWildcardHost(facts.host)) return undefined;
  // Names are left out: whether the other machine can look them up is not known here.
  const outside = facts.machineAddresses.filter(
    (address) => isIP(address) !== 0 && !isLoopbackHost(address) && !isLinkLocal(address),
  );
  const best = outside.find((address) => address.includes(".")) ?? outside[0];
  return best === undefined ? undefined : `http://${urlHost(best)}:${facts.port}`;
}

function urlHost(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** Such an address needs the name of an interface behind it, which no URL can carry. */
function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(address) || address.startsWith("169.254.");
}

/** For Claude Code. The token itself never stands in it: it would stay in the terminal and the shell's history. */
export function claudeCommand(address: string, token: ConnectFacts["token"]): string {
  const command = `claude mcp add --transport http gateway ${address}/mcp`;
  switch (token.kind) {
    case "none":
      return command;
    case "configured":
      return `${command} --header "Authorization: Bearer <gateway.token>"`;
    case "generated":
      return `${command} --header "Authorization: Bearer $(cat ${shellQuoted(token.path)})"`;
    default: {
      const never: never = token;
      return never;
    }
  }
}

function shellQuoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
