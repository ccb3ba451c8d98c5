/**
 * Where bundles lie, whether they are of the sources that are there now, and whether they may be trusted. It runs
 * before anything else of a program and loads nothing that a fast start can do without.
 */
import { lstatSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { installDirectory } from "../install-directory.ts";
import type { BundleSet, Bundles } from "./bundle-set.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a set was built from and what came of it. */
export interface Manifest {
  /** The folder of the bundles, beside the manifest. */
  readonly folder: string;
  /** Relative to the installation. */
  readonly sources: readonly string[];
  /** Of the sources, as they were. */
  readonly stamp: string;
  /** Bytes of each file in the folder. */
  readonly files: Readonly<Record<string, number>>;
}

const openToOthers = 0o022;
const keyCharacters = 12;

/** @returns undefined when there are to be no bundles */
export function bundleDirectory(environment: Environment): string | undefined {
  if (environment["MCP_GATEWAY_PREBUILT"] === "0") return undefined;
  const base =
    environment["MCP_GATEWAY_CACHE_DIR"] ??
    join(environment["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "mcp-gateway");
  return join(base, "bundles");
}

/** Tells installations and versions of Bun apart: bytecode fits only the Bun that made it. */
export function setKey({ name }: BundleSet): string {
  const place = `${Bun.version} ${Bun.revision} ${process.platform} ${process.arch} ${installDirectory}`;
  return `${name}-${Bun.hash(place).toString(16).slice(0, keyCharacters)}`;
}

export function manifestPath(directory: string, set: BundleSet): string {
  return join(directory, `${setKey(set)}.json`);
}

/** @returns undefined when there are none, or none of these sources, or none that can be trusted */
export function findBundles(set: BundleSet, environment: Environment): Bundles | undefined {
  try {
    const directory = bundleDirectory(environment);
    if (directory === undefined || !isPrivate(directory)) return undefined;
    const manifest: unknown = JSON.parse(readFileSync(manifestPath(directory, set), "utf8"));
    if (!isManifest(manifest) || stampOf(manifest.sources) !== manifest.stamp) return undefined;
    const folder = join(directory, manifest.folder);
    if (!isPrivate(folder)) return undefined;
    for (const file in manifest.files)
      if (statSync(join(folder, file)).size !== manifest.files[file]) return undefined;
    return new Map(Object.keys(set.programs).map((name) => [name, join(folder, bundleName(name))]));
  } catch {
    return undefined; // The sources serve as well, only later.
  }
}

export function bundleName(program: string): string {
  return `${program}.js`;
}

/**
 * Changes with any change of any of the files: whatever writes to one, or puts another in its place, sets the time
 * that the system keeps by itself (ctime). Reading them all would take longer than starting from them.
 * @throws when one is missing
 */
export function stampOf(sources: readonly string[]): string {
  let text = "";
  for (const source of sources) {
    const { size, mtimeMs, ctimeMs } = statSync(join(installDirectory, source));
    text += `${size} ${mtimeMs} ${ctimeMs}\n`;
  }
  return Bun.hash(text).toString(16);
}

/** It is code that will run: nobody else may have put it there. */
export function isPrivate(folder: string): boolean {
  const stat = lstatSync(folder);
  if (!stat.isDirectory()) return false;
  if (process.platform === "win32") return true; // The user's own folder, by its access list.
  return stat.uid === process.getuid?.() && (stat.mode & openToOthers) === 0;
}

/** By hand, because nothing of node_modules may be needed to find out whether it is there. */
function isManifest(value: unknown): value is Manifest {
  if (typeof value !== "object" || value === null) return false;
  const { folder, sources, stamp, files } = value as Partial<Record<keyof Manifest, unknown>>; // Each is checked below.
  return (
    typeof folder === "string" &&
    /^[\w-]+$/.test(folder) &&
    typeof stamp === "string" &&
    Array.isArray(sources) &&
    sources.every((source) => typeof source === "string") &&
    typeof files === "object" &&
    files !== null &&
    Object.keys(files).length > 0
  );
}
