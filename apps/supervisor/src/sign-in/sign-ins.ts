/** The sign-ins of all servers, one for each entry that may need one. */
import { join } from "node:path";
import type { OAuthSettings, ServerConfig } from "@mcp-gateway/config";
import { type Clock, GatewayError, type Log } from "@mcp-gateway/kit";
import type { Authorizer } from "./authorizer.ts";
import { CredentialFile } from "./credential-file.ts";
import { SignIn } from "./sign-in.ts";

export interface SignInsOptions {
  readonly stateDirectory: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: () => number;
}

interface Held {
  readonly url: string;
  readonly settings: OAuthSettings;
  readonly signIn: SignIn;
}

export class SignIns {
  readonly #options: SignInsOptions;
  readonly #held = new Map<string, Held>();

  constructor(options: SignInsOptions) {
    this.#options = options;
  }

  /** Undefined: nobody signs in there. */
  authorizer(server: ServerConfig): Authorizer | undefined {
    return this.#of(server);
  }

  /** @throws GatewayError `operation-invalid` when there is nothing to sign in at */
  require(server: ServerConfig): SignIn {
    const signIn = this.#of(server);
    if (signIn !== undefined) return signIn;
    const why =
      server.transport === "stdio"
        ? "it is a program on this machine"
        : "its entry has an Authorization header, or `oauth` set to false";
    throw new GatewayError("operation-invalid", `Nobody signs in at the server "${server.name}": ${why}.`);
  }

  /** Those of other entries are over; their files stay, so that an entry that comes back needs nobody. */
  keepOnly(servers: readonly ServerConfig[]): void {
    const wanted = new Map(servers.map((server) => [server.name, server]));
    for (const [name, held] of this.#held) {
      const server = wanted.get(name);
      if (server?.enabled === true && isFor(held, server)) continue;
      held.signIn.end();
      this.#held.delete(name);
    }
  }

  #of({ name, url, oauth, transport }: ServerConfig): SignIn | undefined {
    if (oauth === undefined || url === undefined || transport === "stdio") return undefined;
    const held = this.#held.get(name);
    if (held !== undefined && isFor(held, { url, oauth })) return held.signIn;
    held?.signIn.end();
    const { stateDirectory, log, clock, random } = this.#options;
    const file = new CredentialFile(join(stateDirectory, "sign-ins"), name, url, log);
    const signIn = new SignIn({ backend: name, url, settings: oauth, file, log, clock, random });
    this.#held.set(name, { url, settings: oauth, signIn });
    return signIn;
  }
}

function isFor({ url, settings }: Held, server: Pick<ServerConfig, "url" | "oauth">): boolean {
  return url === server.url && Bun.deepEquals(settings, server.oauth);
}
