/** Where the bundle of a server lies, and whether it may be trusted. Loads nothing that a fast start can do without. */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

export type StartServer = (args: readonly string[]) => Promise<void>;

export const bundleName = "server.js";
export const bytecodeName = "server.js.jsc";
export const manifestName = "manifest.json";
/** From this file to the folder that holds `servers` and `packages`. */
const root = resolve(import.meta.dir, "../../../..");
const openToOthers = 0o022;
const keyCharacters = 24;

/**
 * The folder's name tells what the bundle was made of: the sources, the versions of all packages, and the Bun
 * that compiled it. So a bundle is never stale, only missing.
 * @returns undefined when there is to be none
 */
export function bundleFolder(
  entry: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (environment["MCP_GATEWAY_PREBUILT"] === "0") return undefined;
  try {
    const hash = new Bun.CryptoHasher("sha256");
    hash.update(`${Bun.version} ${Bun.revision} ${process.platform} ${process.arch} ${root}\n`);
    for (const file of ["package.json", "bun.lock"]) hash.update(readFileSync(join(root, file)));
    for (const folder of [
      dirname(entry),
      join(root, "servers/shell-core/src"),
      join(root, "packages/kit/src"),
    ])
      for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort())
        if (file.endsWith(".ts") || file.endsWith(".json"))
          hash.update(`\n${file}\n`).update(readFileSync(join(folder, file)));
    const server = basename(dirname(dirname(entry)));
    return join(cacheFolder(environment), `${server}-${hash.digest("hex").slice(0, keyCharacters)}`);
  } catch {
    return undefined; // Laid out otherwise than in its repository: it then starts from its source.
  }
}

function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const base =
    environment["MCP_GATEWAY_CACHE_DIR"] ??
    join(environment["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "mcp-gateway");
  return join(base, "servers");
}

/** Sizes and hashes of the two files, written last: without it, or with another one, there is no bundle. */
export function manifestOf(folder: string): string {
  return JSON.stringify(
    [bundleName, bytecodeName].map((name) => {
      const bytes = readFileSync(join(folder, name));
      return { name, bytes: bytes.length, hash: Bun.hash(bytes).toString(16) };
    }),
  );
}

/** @returns undefined when there is none, or none that can be trusted */
export async function loadBundle(folder: string): Promise<StartServer | undefined> {
  try {
    if (!isPrivate(dirname(folder)) || !isPrivate(folder)) return undefined;
    if (readFileSync(join(folder, manifestName), "utf8") !== manifestOf(folder)) return undefined;
    const loaded: unknown = await import(join(folder, bundleName));
    return startOf(loaded);
  } catch {
    return undefined; // The source serves as well, only later.
  }
}

/** It is code that will run: nobody else may have put it there. */
export function isPrivate(folder: string): boolean {
  const stat = lstatSync(folder);
  if (!stat.isDirectory()) return false;
  if (process.platform === "win32") return true; // The user's own folder, by its access list.
  return stat.uid === process.getuid?.() && (stat.mode & openToOthers) === 0;
}

function startOf(loaded: unknown): StartServer | undefined {
  if (typeof loaded !== "object" || loaded === null) return undefined;
  const holder = "start" in loaded ? loaded : "default" in loaded ? loaded.default : undefined;
  if (typeof holder !== "object" || holder === null || !("start" in holder)) return undefined;
  // Built from a module whose `start` has this type, and checked by its manifest since.
  return typeof holder.start === "function" ? (holder.start as StartServer) : undefined;
}
