/**
 * Reads `name[:port]`, as a Host header and the inside of an Origin have it (RFC 9110 section 7.2).
 *
 * Deliberately narrower than the grammar: what a rebinding or smuggling trick needs (userinfo, lists, paths,
 * percent signs, spaces) has no place here, and numeric spellings of an address (`127.1`, `0x7f.1`) are
 * not translated, so they match no list.
 */
export interface Authority {
  /** Lower case; IPv6 in brackets, as written. */
  readonly name: string;
  /** Empty when none is given. */
  readonly port: string;
}

const shape = /^([a-z0-9](?:[a-z0-9._-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/i;
const portMax = 65_535;

export function readAuthority(text: string): Authority | undefined {
  const match = shape.exec(text);
  const name = match?.[1];
  if (name === undefined) return undefined;
  const port = match?.[2] ?? "";
  if (Number(port) > portMax) return undefined;
  return { name: name.toLowerCase(), port };
}

/** How clients write an address of ours in a URL: IPv6 in brackets and shortest form, the rest as it is. */
export function authorityName(host: string): string | undefined {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  if (!bare.includes(":")) return readAuthority(bare)?.name;
  try {
    return new URL(`http://[${bare}]`).hostname;
  } catch {
    return undefined; // No IPv6 address, so no name that a client could use.
  }
}
