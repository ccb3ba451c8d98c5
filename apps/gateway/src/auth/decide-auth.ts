/** Who must show what: decided once at the start from the address bound to and the configured token. */
import { unlinkSync } from "node:fs";
import { ensureTokenFile } from "@mcp-gateway/contract";
import { GatewayError, type InstancePaths, registerSecret } from "@mcp-gateway/kit";
import { isLoopbackHost } from "../guards/bind-address.ts";

export interface AuthSettings {
  /** The address the gateway binds to. */
  readonly host: string;
  /** `gateway.token`; empty counts as not set. */
  readonly configuredToken: string | undefined;
  readonly paths: Pick<InstancePaths, "stateDirectory" | "clientTokenPath" | "adminTokenPath">;
}

export interface AuthDecision {
  /** Clients must send the token. */
  readonly required: boolean;
  /** What clients must send; undefined when nothing is demanded of them. */
  readonly token: string | undefined;
  /** The token was made here, because the gateway is reachable from outside and none is configured. */
  readonly generated: boolean;
  /** Where the generated token is kept; undefined for a configured one or none. */
  readonly tokenPath: string | undefined;
  /** Demanded of whoever changes something, always. */
  readonly adminToken: string;
  readonly adminTokenPath: string;
}

/** @throws GatewayError `config-invalid` when no client could ever send the configured token */
export function decideAuth({ host, configuredToken, paths }: AuthSettings): AuthDecision {
  const adminToken = keptToken(paths.stateDirectory, paths.adminTokenPath);
  registerSecret(adminToken);
  const admin = { adminToken, adminTokenPath: paths.adminTokenPath };
  if (configuredToken !== undefined && configuredToken !== "") {
    checkSendable(configuredToken);
    registerSecret(configuredToken);
    return { required: true, token: configuredToken, generated: false, tokenPath: undefined, ...admin };
  }
  if (isLoopbackHost(host)) {
    return { required: false, token: undefined, generated: false, tokenPath: undefined, ...admin };
  }
  const token = keptToken(paths.stateDirectory, paths.clientTokenPath);
  registerSecret(token);
  return { required: true, token, generated: true, tokenPath: paths.clientTokenPath, ...admin };
}

/**
 * What the file holds; it is made when it is not there. A full disk can leave an empty file behind, which would
 * lock everybody out for ever: it is made anew.
 */
export function keptToken(directory: string, path: string): string {
  const token = ensureTokenFile(directory, path);
  if (token !== "") return token;
  unlinkSync(path);
  return ensureTokenFile(directory, path);
}

/** A token that `bearerOf` can't read would lock every client out without a word. */
function checkSendable(token: string): void {
  if (/^[\x21-\x2b\x2d-\x7e]+$/.test(token)) return;
  throw new GatewayError(
    "config-invalid",
    "`gateway.token` holds a character that can't be sent in a header: use letters, digits and -._~+/= only.",
  );
}
