/** What is said when a server wants a sign-in, or a better one. */
import type { OAuthSettings } from "@mcp-gateway/config";
import { GatewayError } from "@mcp-gateway/kit";
import { shown } from "./token-requests.ts";

interface Who {
  readonly backend: string;
  readonly settings: OAuthSettings;
}

/** @param hadOne somebody signed in before */
export function requiredError({ backend, settings }: Who, hadOne: boolean): GatewayError {
  if (settings.grant === "client_credentials") {
    const message = `The server "${backend}" does not take the token that the gateway got with \`oauth\`.`;
    const remedy = "Check `oauth` of its entry: `clientId`, `scopes`, and the rights of that client.";
    return new GatewayError("sign-in-required", message, { facts: { server: backend, remedy } });
  }
  const message = hadOne
    ? `The sign-in at the server "${backend}" is not good any more.`
    : `The server "${backend}" wants somebody to sign in.`;
  const remedy = `Sign in: \`gateway login ${word(backend)}\``;
  return new GatewayError("sign-in-required", message, { facts: { server: backend, remedy } });
}

export function scopeError({ backend, settings }: Who, scope: string | undefined): GatewayError {
  const what = scope === undefined ? "" : ` (${shown(scope)})`;
  const message = `The sign-in at the server "${backend}" does not allow this${what}. The call was not run.`;
  const remedy =
    settings.grant === "client_credentials"
      ? "Give that client the right, and name it in `oauth.scopes` if those are set."
      : `\`gateway login ${word(backend)}\` asks for the further rights.`;
  return new GatewayError("sign-in-scope", message, { facts: { server: backend, remedy } });
}

/** A name of the configuration, as it is typed in a shell. */
function word(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}
