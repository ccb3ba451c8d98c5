/**
 * Are the packages that this program needs installed? Only Node's own modules are imported here: this
 * runs before anything of node_modules can be.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type DependencyState =
  | { readonly kind: "installed" }
  /** Everything is there, but `bun.lock` is not the one it was installed from, as far as is known. */
  | { readonly kind: "stale" }
  | { readonly kind: "missing"; readonly dependency: string };

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

const workspaceParents = ["packages", "apps", "servers"];

export function dependencyState(root: string): DependencyState {
  const dependency = missingDependency(root);
  if (dependency !== undefined) return { kind: "missing", dependency };
  return readText(stampPath(root)) === lockDigest(root) ? { kind: "installed" } : { kind: "stale" };
}

/** Remembers which lockfile the packages come from. A read-only installation does without. */
export function writeStamp(root: string): void {
  try {
    writeFileSync(stampPath(root), lockDigest(root));
  } catch {
    // A read-only installation is checked again at each start, which costs a few milliseconds.
  }
}

/** Packages for development were installed by hand: an install without them would take them away. */
export function hasDevelopmentPackages(root: string): boolean {
  return existsSync(join(root, "node_modules", "typescript"));
}

function missingDependency(root: string): string | undefined {
  for (const parent of workspaceParents) {
    for (const name of directoriesIn(join(root, parent))) {
      const folder = join(root, parent, name);
      const missing = declaredIn(join(folder, "package.json")).find(
        (dependency) =>
          !existsSync(join(folder, "node_modules", dependency)) &&
          !existsSync(join(root, "node_modules", dependency)),
      );
      if (missing !== undefined) return missing;
    }
  }
  return undefined;
}

function declaredIn(manifestPath: string): readonly string[] {
  const text = readText(manifestPath);
  if (text === undefined) return [];
  // The repository's own manifests: their shape is known.
  return Object.keys((JSON.parse(text) as Manifest).dependencies ?? {});
}

function directoriesIn(path: string): readonly string[] {
  return existsSync(path)
    ? readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
    : [];
}

function stampPath(root: string): string {
  return join(root, "node_modules", ".mcp-gateway-lock");
}

/** Only tells one lockfile from another; nothing is trusted because of it. */
function lockDigest(root: string): string {
  return Bun.hash(readText(join(root, "bun.lock")) ?? "").toString(16);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // Not there: the callers treat that as "nothing known".
  }
}
