/**
 * The gateway's sign-in at one server: who signs in and how, what a refusal means, and the tokens as they are now.
 * Everybody who speaks to the server shares it.
 */
import type { OAuthSettings } from "@mcp-gateway/config";
import { type Clock, GatewayError, type Log, messageOf, registerSecret } from "@mcp-gateway/kit";
import type { Authorizer } from "./authorizer.ts";
import { type Challenge, readChallenge } from "./challenge.ts";
import { clientFor } from "./client.ts";
import type { CredentialFile } from "./credential-file.ts";
import { type ClientFacts, type Credentials, isExpired, joinScopes, renewAt } from "./credentials.ts";
import { type Discovered, discover } from "./discovery.ts";
import { type GuardedFetch, guardedFetch } from "./guarded-fetch.ts";
import { Keeper } from "./keeper.ts";
import { loadSdk, type Sdk } from "./load-sdk.ts";
import { checkRedirectUri, Logins } from "./login.ts";
import { Renewal } from "./renewal.ts";
import { issuerFactsOf, scopeToAsk } from "./scopes.ts";
import { requiredError, scopeError } from "./sign-in-errors.ts";
import { exchangeCode, failureOf, ownToken, renewToken, type TokenPlace } from "./token-requests.ts";

export interface SignInParts {
  readonly backend: string;
  readonly url: string;
  readonly settings: OAuthSettings;
  readonly file: CredentialFile;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: () => number;
}

export class SignIn implements Authorizer {
  readonly #parts: SignInParts;
  readonly #fetch: GuardedFetch;
  readonly #logins: Logins;
  readonly #keeper: Keeper;
  readonly #renewal: Renewal;
  #challenge: Challenge | undefined;
  /** Rights that a call was refused for. */
  #missingScope: string | undefined;
  /** The client that the last sign-in began with and that did not come back: the authorization server may not know it. */
  #doubtful: string | undefined;

  constructor(parts: SignInParts) {
    const { backend, url, clock, random } = parts;
    this.#parts = parts;
    this.#fetch = guardedFetch(backend, new URL(url));
    this.#logins = new Logins(backend, () => clock.nowMs());
    this.#keeper = new Keeper(parts);
    this.#renewal = new Renewal({
      clock,
      random,
      renew: () => this.#renew(),
      dueAt: () => {
        const tokens = this.#keeper.credentials?.tokens;
        return tokens === undefined || !this.#isRenewable ? undefined : renewAt(tokens);
      },
    });
    this.#renewal.schedule();
  }

  header(): string | undefined | Promise<string | undefined> {
    const tokens = this.#keeper.credentials?.tokens;
    if (tokens === undefined || !isExpired(tokens, Date.now())) return this.#keeper.header;
    if (!this.#isRenewable) return undefined;
    if (this.#renewal.isJustDone) return this.#keeper.header;
    return this.#renewal.run().then(() => this.#keeper.header);
  }

  async refused(response: Response, used: string | undefined): Promise<"again" | GatewayError | undefined> {
    const challenge = readChallenge(response.headers.get("www-authenticate"));
    if (challenge === undefined) return undefined;
    if (response.status === 403) return this.#refusedScope(challenge, used);
    if (response.status !== 401) return undefined;
    this.#challenge = challenge;
    const { header } = this.#keeper;
    if (header !== undefined && header !== used) return "again"; // Renewed since it was sent.
    if (this.#isRenewable && !this.#renewal.isFresh) {
      await this.#renewal.run();
      if (this.#keeper.header !== undefined && this.#keeper.header !== used) return "again";
    }
    return requiredError(this.#parts, this.#keeper.credentials !== undefined);
  }

  /** @returns the address that a person must open. @throws GatewayError */
  async begin(wanted: string): Promise<string> {
    this.#expectPerson();
    const redirectUri = this.#parts.settings.redirectUri ?? wanted;
    checkRedirectUri(redirectUri);
    const sdk = await loadSdk();
    const found = await this.#discover(sdk);
    const kept = this.#keptAt(found.issuer);
    const scope = this.#scope(found, kept?.scope);
    const client = await this.#client(sdk, found, redirectUri, scope);
    this.#doubtful = client.client_id;
    return (await this.#logins.begin(sdk, { found, client, redirectUri, scope })).href;
  }

  /** @param callback what the browser was sent back with. @throws GatewayError */
  async finish(callback: string): Promise<void> {
    const { login, code } = this.#logins.finish(callback);
    const { found, client, redirectUri, verifier, scope } = login;
    const { backend, log } = this.#parts;
    const place = this.#placeOf(await loadSdk(), found, client);
    const response = await exchangeCode(place, { code, verifier, redirectUri }).catch((thrown) => {
      throw failureOf(backend, found.issuer, thrown).error;
    });
    this.#missingScope = undefined;
    this.#doubtful = undefined;
    this.#keeper.keep(found, client, response, scope);
    this.#renewal.reset();
    log.info("signed in", { backend, issuer: found.issuer });
  }

  /** Forgets everything, and tells the authorization server where it wants to be told (RFC 7009). */
  async forget(): Promise<void> {
    this.#expectPerson();
    const { credentials } = this.#keeper;
    this.#keeper.forget();
    this.#renewal.reset();
    if (credentials !== undefined) await this.#revoke(credentials);
  }

  /** The entry is gone or another: no timer is left, and the file stays. */
  end(): void {
    this.#renewal.end();
    this.#keeper.end();
  }

  /** Nobody is asked: the gateway signs in by itself. */
  get #isOwn(): boolean {
    return this.#parts.settings.grant === "client_credentials";
  }

  get #isRenewable(): boolean {
    return this.#isOwn || this.#keeper.credentials?.tokens?.refreshToken !== undefined;
  }

  #expectPerson(): void {
    if (!this.#isOwn) return;
    const detail = `The gateway signs in at "${this.#parts.backend}" by itself: \`oauth.grant\` says so.`;
    throw new GatewayError("operation-invalid", detail);
  }

  #keptAt(issuer: string): Credentials | undefined {
    const { credentials } = this.#keeper;
    return credentials?.issuer === issuer ? credentials : undefined;
  }

  #scope(found: Discovered, former: string | undefined): string | undefined {
    const configured = this.#parts.settings.scopes;
    return scopeToAsk({
      configured,
      found,
      challenged: this.#challenge?.scope,
      missing: this.#missingScope,
      former,
    });
  }

  async #refusedScope({ error, scope }: Challenge, used: string | undefined) {
    if (error !== "insufficient_scope") return undefined;
    const before = this.#missingScope;
    this.#missingScope = joinScopes(before, scope);
    // A person is asked by nobody but a person; for itself the gateway asks, once for each right.
    if (this.#isOwn && this.#missingScope !== before) {
      await this.#renewal.run();
      if (this.#keeper.header !== used) return "again";
    }
    return scopeError(this.#parts, scope);
  }

  /** Afterwards there are new tokens, or none. @throws GatewayError when asking again may help */
  async #renew(): Promise<void> {
    const { backend, log, url } = this.#parts;
    const before = this.#keeper.credentials;
    try {
      if (this.#isOwn) await this.#obtain();
      else if (before !== undefined) await this.#refresh(before);
      log.info("token renewed", { backend });
    } catch (thrown) {
      const { error, kind } = failureOf(backend, before?.issuer ?? url, thrown);
      log.warning("token not renewed", { backend, reason: error.message });
      if (this.#keeper.credentials !== before) return; // Somebody signed in meanwhile.
      if (this.#isOwn || kind === "passing") throw error;
      if (before !== undefined) this.#lose(before, kind);
    }
  }

  async #refresh(before: Credentials): Promise<void> {
    const { issuer, endpoints, resource, client, tokens } = before;
    const place = this.#place(await loadSdk(), { issuer, endpoints, resource, client });
    const response = await renewToken(place, tokens?.refreshToken ?? "");
    // Whoever signed in or out meanwhile has the last word.
    if (this.#keeper.credentials === before) this.#keeper.renewed(before, response);
  }

  async #obtain(): Promise<void> {
    const sdk = await loadSdk();
    const found = await this.#discover(sdk);
    const client: ClientFacts = { client_id: this.#parts.settings.clientId ?? "" };
    const scope = this.#scope(found, this.#keptAt(found.issuer)?.scope);
    this.#keeper.keep(found, client, await ownToken(this.#placeOf(sdk, found, client), scope), scope);
  }

  /** What was presented is worth nothing: it is not presented again. A token that still holds is used up. */
  #lose(before: Credentials, kind: "grant" | "client"): void {
    const { tokens, ...rest } = before;
    if (tokens === undefined) return;
    if (kind === "client") this.#doubtful = before.client.client_id;
    const { refreshToken: _, ...access } = tokens;
    const isGood = kind === "grant" && tokens.expiresAt !== undefined && !isExpired(tokens, Date.now());
    this.#keeper.replace(isGood ? { ...rest, tokens: access } : rest);
  }

  #discover(sdk: Sdk): Promise<Discovered> {
    const { backend, url, settings } = this.#parts;
    return discover({
      ...{ sdk, backend, url: new URL(url), challenge: this.#challenge, fetch: this.#fetch },
      configuredIssuer: settings.issuer,
      formerIssuer: this.#keeper.credentials?.issuer,
    });
  }

  async #client(
    sdk: Sdk,
    found: Discovered,
    redirectUri: string,
    scope: string | undefined,
  ): Promise<ClientFacts> {
    const { backend, settings } = this.#parts;
    const kept = this.#keptAt(found.issuer)?.client;
    const former = kept?.client_id === this.#doubtful ? undefined : kept;
    try {
      const about = { sdk, backend, settings, found, redirectUri, scope, former };
      const client = await clientFor({ ...about, nowMs: Date.now(), fetch: this.#fetch });
      if (client.client_secret !== undefined) registerSecret(client.client_secret);
      return client;
    } catch (thrown) {
      throw failureOf(backend, found.issuer, thrown).error;
    }
  }

  #placeOf(sdk: Sdk, found: Discovered, client: ClientFacts): TokenPlace {
    const { issuer, resource } = found;
    return this.#place(sdk, { issuer, resource, client, endpoints: issuerFactsOf(found) });
  }

  #place(
    sdk: Sdk,
    { issuer, endpoints, resource, client }: Pick<TokenPlace, "issuer" | "client"> & Partial<TokenPlace>,
  ): TokenPlace {
    const { backend, settings } = this.#parts;
    return { sdk, backend, issuer, endpoints, resource, client, settings, fetch: this.#fetch };
  }

  async #revoke({ endpoints, tokens, client }: Credentials): Promise<void> {
    const endpoint = endpoints?.revocation_endpoint;
    const token = tokens?.refreshToken ?? tokens?.accessToken;
    if (endpoint === undefined || token === undefined) return;
    const { log, backend, settings } = this.#parts;
    const body = new URLSearchParams({ token, client_id: client.client_id });
    const secret = settings.clientId === undefined ? client.client_secret : settings.clientSecret;
    if (secret !== undefined) body.set("client_secret", secret);
    try {
      const response = await this.#fetch(endpoint, { method: "POST", body });
      if (!response.ok) log.warning("token not revoked", { backend, reason: `HTTP ${response.status}` });
    } catch (error) {
      log.warning("token not revoked", { backend, reason: messageOf(error) });
    }
  }
}
