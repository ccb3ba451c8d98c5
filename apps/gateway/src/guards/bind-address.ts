/** What an address to bind to means: this machine only, or the network as well. */

/** Only spellings that can't mean anything else; a name that a name server decides on is not trusted to be local. */
export function isLoopbackHost(host: string): boolean {
  const bare = unbracketed(host).toLowerCase();
  if (bare === "localhost" || bare === "::1" || bare === "0:0:0:0:0:0:0:1") return true;
  const octets = /^(?:::ffff:)?127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(bare)?.slice(1);
  return octets?.every((octet) => Number(octet) <= 255) ?? false;
}

/** All addresses of the machine. */
export function isWildcardHost(host: string): boolean {
  const bare = unbracketed(host);
  return bare === "" || bare === "0.0.0.0" || /^[0:]*:[0:]*$/.test(bare) || /^::ffff:0\.0\.0\.0$/i.test(bare);
}

function unbracketed(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}
