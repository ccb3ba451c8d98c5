/**
 * Sign-ins of people that are under way: the address to open in a browser, and what comes back from there. Each has a
 * state that is good once, for ten minutes, and only with the very values that it began with.
 */
import { GatewayError, limits, messageOf, randomToken } from "@mcp-gateway/kit";
import type { AuthorizationServerMetadata } from "@modelcontextprotocol/sdk/shared/auth.js";
import type { ClientFacts } from "./credentials.ts";
import type { Discovered } from "./discovery.ts";
import type { Sdk } from "./load-sdk.ts";
import { memberOf } from "./scopes.ts";
import { shown } from "./token-requests.ts";

export interface Login {
  readonly found: Discovered;
  readonly client: ClientFacts;
  readonly redirectUri: string;
  readonly scope: string | undefined;
  readonly verifier: string;
  readonly untilMs: number;
}

/** What the browser brought back, once it was checked. */
export interface Returned {
  readonly login: Login;
  readonly code: string;
}

export class Logins {
  readonly #backend: string;
  readonly #nowMs: () => number;
  readonly #waiting = new Map<string, Login>();

  /** @param nowMs monotonic */
  constructor(backend: string, nowMs: () => number) {
    this.#backend = backend;
    this.#nowMs = nowMs;
  }

  /** @returns the address to open */
  async begin(sdk: Sdk, about: Omit<Login, "verifier" | "untilMs">): Promise<URL> {
    const { found, client, redirectUri, scope } = about;
    const state = randomToken(32);
    const options = {
      ...(found.metadata === undefined ? {} : { metadata: found.metadata }),
      clientInformation: client,
      redirectUrl: redirectUri,
      state,
      ...(scope === undefined ? {} : { scope }),
      ...(found.resource === undefined ? {} : { resource: found.resource }),
    };
    const { authorizationUrl, codeVerifier } = await sdk
      .startAuthorization(found.issuer, options)
      .catch((thrown) => {
        throw this.#failed(shown(messageOf(thrown)));
      });
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined && this.#waiting.size >= limits.signInsWaitingMax) this.#waiting.delete(oldest);
    const untilMs = this.#nowMs() + limits.signInPersonMs;
    this.#waiting.set(state, { ...about, verifier: codeVerifier, untilMs });
    return authorizationUrl;
  }

  /**
   * @param callback the query that came back, or the whole address
   * @throws GatewayError `sign-in-failed`
   */
  finish(callback: string): Returned {
    const answer = parametersOf(callback);
    const state = only(answer, "state");
    const login = state === undefined ? undefined : this.#waiting.get(state);
    if (state === undefined || login === undefined)
      throw this.#failed("what came back belongs to no sign-in that is under way, or was used already");
    this.#waiting.delete(state);
    if (this.#nowMs() > login.untilMs) throw this.#failed("it took too long; begin again");
    this.#checkIssuer(answer, login.found.metadata);
    const error = only(answer, "error");
    if (error !== undefined) {
      const description = shown(only(answer, "error_description") ?? "");
      throw this.#failed(
        `the authorization server says ${shown(error)}${description === "" ? "" : `: ${description}`}`,
      );
    }
    const code = only(answer, "code");
    if (code === undefined || code === "") throw this.#failed("no code came back");
    return { login, code };
  }

  /** RFC 9207: an answer that another server sent must not be taken for this one's. Compared as it is written. */
  #checkIssuer(answer: URLSearchParams, metadata: AuthorizationServerMetadata | undefined): void {
    const said = answer.getAll("iss");
    const isPromised = memberOf(metadata, "authorization_response_iss_parameter_supported") === true;
    if (said.length === 0 && !isPromised) return;
    if (said.length !== 1 || said[0] !== metadata?.issuer)
      throw this.#failed("the answer does not come from the authorization server that was asked");
  }

  #failed(why: string): GatewayError {
    const message = `Signing in at "${this.#backend}" did not work: ${why}.`;
    return new GatewayError("sign-in-failed", message, { facts: { server: this.#backend } });
  }
}

/** A parameter that comes twice is none: two readers could take different ones. */
function only(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name);
  return values.length === 1 ? values[0] : undefined;
}

function parametersOf(callback: string): URLSearchParams {
  const text = callback.trim().slice(0, limits.signInCallbackCharsMax);
  return URL.canParse(text) ? new URL(text).searchParams : new URLSearchParams(text.replace(/^[^?]*\?/, ""));
}

/** Only this machine may be sent a code, and by the very address. @throws GatewayError */
export function checkRedirectUri(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLoopback = url !== undefined && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  const isPlain = url?.protocol === "http:" && url.port !== "" && url.search === "" && url.hash === "";
  // As it was registered, which may be without the slash that every address has.
  const isExact = url?.href === text || url?.href === `${text}/`;
  if (!isLoopback || !isPlain || url.username !== "" || !isExact)
    throw new GatewayError(
      "invalid-params",
      "The browser can only be sent back to this machine: http://127.0.0.1:<port>/…",
    );
}
