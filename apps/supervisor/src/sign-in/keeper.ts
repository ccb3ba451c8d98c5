/** The credentials of one sign-in, in memory and in their file; what of them is secret is struck out of all that is said. */
import type { OAuthSettings } from "@mcp-gateway/config";
import { forgetSecret, type Log, messageOf, registerSecret } from "@mcp-gateway/kit";
import type { CredentialFile } from "./credential-file.ts";
import { type ClientFacts, type Credentials, fits, type TokenResponse, tokensOf } from "./credentials.ts";
import type { Discovered } from "./discovery.ts";
import { issuerFactsOf } from "./scopes.ts";

export interface KeeperParts {
  readonly backend: string;
  readonly url: string;
  readonly settings: OAuthSettings;
  readonly file: CredentialFile;
  readonly log: Log;
}

export class Keeper {
  readonly #parts: KeeperParts;
  #credentials: Credentials | undefined;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    const kept = parts.file.read();
    this.#set(kept !== undefined && fits(kept, parts.url, parts.settings) ? kept : undefined);
  }

  get credentials(): Credentials | undefined {
    return this.#credentials;
  }

  /** The value of `Authorization`. */
  get header(): string | undefined {
    const tokens = this.#credentials?.tokens;
    return tokens === undefined ? undefined : `Bearer ${tokens.accessToken}`;
  }

  /** What a new sign-in brought. */
  keep(found: Discovered, client: ClientFacts, response: TokenResponse, asked: string | undefined): void {
    const { issuer, resource } = found;
    const endpoints = issuerFactsOf(found);
    const scope = response.scope ?? asked;
    this.replace({
      ...{ version: 1, url: this.#parts.url, issuer, client, tokens: tokensOf(response, Date.now()) },
      ...(endpoints === undefined ? {} : { endpoints }),
      ...(resource === undefined ? {} : { resource }),
      ...(scope === undefined ? {} : { scope }),
    });
  }

  /** What a renewal brought; a server that gives no new refresh token lets the old one stand (RFC 6749 section 6). */
  renewed(before: Credentials, response: TokenResponse): void {
    const { refresh_token, scope } = response;
    const tokens = tokensOf(
      { ...response, refresh_token: refresh_token ?? before.tokens?.refreshToken },
      Date.now(),
    );
    this.replace({ ...before, tokens, ...(scope === undefined ? {} : { scope }) });
  }

  replace(credentials: Credentials): void {
    this.#set(credentials);
    try {
      this.#parts.file.write(credentials);
    } catch (error) {
      // It is good until the supervisor ends; whoever looks into the log can make it good for longer.
      this.#parts.log.error("sign-in not kept", { backend: this.#parts.backend, error: messageOf(error) });
    }
  }

  forget(): void {
    this.#set(undefined);
    this.#parts.file.remove();
  }

  /** The file stays. */
  end(): void {
    this.#set(undefined);
  }

  #set(next: Credentials | undefined): void {
    for (const value of secretsOf(this.#credentials)) forgetSecret(value);
    for (const value of secretsOf(next)) registerSecret(value);
    this.#credentials = next;
  }
}

function secretsOf(credentials: Credentials | undefined): readonly string[] {
  const { tokens, client } = credentials ?? {};
  const secrets = [tokens?.accessToken, tokens?.refreshToken, client?.client_secret];
  return secrets.filter((value) => value !== undefined);
}
