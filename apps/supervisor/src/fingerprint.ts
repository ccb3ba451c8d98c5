/**
 * Tells one configuration of a server from another without telling anything of it. Everything that may change what
 * the server offers is in it, secrets included; the salt keeps them from being guessed by whoever sees it elsewhere.
 */
import type { ServerConfig } from "@mcp-gateway/config";

export type Fingerprint = (server: ServerConfig) => string;

const characters = 24;

/** @param salt the same for every start of this instance */
export function fingerprinter(salt: string): Fingerprint {
  const known = new WeakMap<ServerConfig, string>();
  return (server) => {
    const before = known.get(server);
    if (before !== undefined) return before;
    const { transport, command, args, env, inheritEnv, cwd, url, headers, oauth, isolation, protocol } =
      server;
    const facts = [transport, command, args, env, inheritEnv, cwd, url, headers, oauth, isolation, protocol];
    const digest = new Bun.CryptoHasher("sha256", salt).update(JSON.stringify(facts)).digest("hex");
    const fingerprint = digest.slice(0, characters);
    known.set(server, fingerprint);
    return fingerprint;
  };
}
