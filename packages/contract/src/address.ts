/**
 * Where the link listens: a Unix socket in a private directory, or, on Windows and by choice
 * (MCP_GATEWAY_LINK=tcp), loopback TCP whose port stands in a file beside the token.
 */
import { chmodSync, existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type InstancePaths, makePrivateDirectory, randomToken } from "@mcp-gateway/kit";

export type LinkAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly portFile: string };

export function linkAddress(paths: InstancePaths, environment: NodeJS.ProcessEnv = process.env): LinkAddress {
  const tcp = process.platform === "win32" || environment["MCP_GATEWAY_LINK"] === "tcp";
  return tcp
    ? { kind: "tcp", portFile: join(paths.runtimeDirectory, "supervisor.port") }
    : { kind: "unix", path: paths.socketPath };
}

/** The secret of the link, made by whoever comes first. 0600 in a 0700 directory. */
export function linkToken(paths: InstancePaths): string {
  return ensureTokenFile(paths.stateDirectory, join(paths.stateDirectory, "link-token"));
}

/** Reads a token file, or makes one of 256 random bits. Safe when two processes do it at once. */
export function ensureTokenFile(directory: string, path: string): string {
  makePrivateDirectory(directory);
  if (!existsSync(path)) makeTokenFile(path);
  chmodSync(path, 0o600);
  return readFileSync(path, "utf8").trim();
}

/** The file is there with its token or not at all: whoever looks at it in this very moment finds no empty one. */
function makeTokenFile(path: string): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${randomToken(32)}\n`, { mode: 0o600 });
  try {
    linkSync(fresh, path);
  } catch (error) {
    // Another process was faster, and its token is the one; or the file system has no links.
    if (!existsSync(path)) renameSync(fresh, path);
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}
