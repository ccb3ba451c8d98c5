/** Makes the bundles of one set: `bun build.ts SET`, as JSON. Ends with 1 when there are none afterwards. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { installDirectory } from "../install-directory.ts";
import { limits } from "../limits.ts";
import {
  bundleDirectory,
  bundleName,
  isPrivate,
  type Manifest,
  manifestPath,
  setKey,
  stampOf,
} from "./bundle-cache.ts";
import type { BundleSet } from "./bundle-set.ts";

/** They decide which file an import means, without being imported. */
const alwaysSources = ["package.json", "bun.lock", "tsconfig.json"];

export async function buildSet(set: BundleSet, directory: string): Promise<boolean> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!isPrivate(directory)) return false;
  const draft = join(directory, `.${setKey(set)}.${process.pid}`);
  try {
    mkdirSync(draft, { mode: 0o700 });
    // The clock that sets files' times goes in steps of some milliseconds, and is behind the other between them.
    const begunMs = statSync(draft).ctimeMs;
    const imported = await Promise.all(
      Object.entries(set.programs).map(([name, entry]) => buildProgram(name, entry, draft)),
    );
    const sources = [...new Set([...imported.flat(), ...alwaysSources])].sort();
    // What changed meanwhile may be in the bundle or not.
    if (sources.some((source) => statSync(join(installDirectory, source)).ctimeMs >= begunMs)) return false;
    const stamp = stampOf(sources);
    const folder = `${setKey(set)}-${stamp}`;
    const manifest: Manifest = { folder, sources, stamp, files: sizesIn(draft) };
    // In one step, so that no program ever finds half of it; whoever was faster has made the same.
    if (!existsSync(join(directory, folder))) renameSync(draft, join(directory, folder));
    writeManifest(manifest, manifestPath(directory, set));
    removeOldest(directory, set);
    return true;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** @returns the files that it was made of */
async function buildProgram(name: string, entry: string, folder: string): Promise<readonly string[]> {
  const { metafile, outputs } = await Bun.build({
    entrypoints: [join(installDirectory, entry)],
    naming: bundleName(name),
    target: "bun",
    format: "cjs",
    bytecode: true,
    metafile: true,
    // Names stay: they stand in messages and stack traces, which the map leads back to the sources.
    minify: { syntax: true, whitespace: true },
    sourcemap: "linked",
    // Bytecode has no `import.meta`; a library looks there for an environment after it has looked where it is.
    define: { "import.meta.env": "undefined" },
  });
  // Not by the builder, which under Wine finds no folder to write to.
  await Promise.all(outputs.map((output) => Bun.write(join(folder, basename(output.path)), output)));
  const paths = Object.keys(metafile?.inputs ?? {});
  return paths.map((path) => relative(installDirectory, path).replaceAll("\\", "/"));
}

/** What is named by the manifest is on the disk before the manifest is. */
function sizesIn(folder: string): Record<string, number> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => {
      const file = openSync(join(folder, name), "r+");
      fsyncSync(file);
      closeSync(file);
      return [name, statSync(join(folder, name)).size];
    }),
  );
}

function writeManifest(manifest: Manifest, path: string): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify(manifest), { mode: 0o600, flush: true });
  renameSync(fresh, path);
}

/** A program that runs has read its bundle long ago. */
function removeOldest(directory: string, set: BundleSet): void {
  const all = readdirSync(directory)
    .filter((name) => name.startsWith(`${set.name}-`))
    .map((name) => ({ name, atMs: statSync(join(directory, name)).mtimeMs }))
    .sort((a, b) => b.atMs - a.atMs);
  for (const { name } of all.slice(limits.bundlesMax))
    rmSync(join(directory, name), { recursive: true, force: true });
}

if (import.meta.main) {
  const given = bundleDirectory(process.env);
  const directory = given === undefined ? undefined : resolve(given);
  // The builder names sources by their way from here, and between two drives of Windows there is none.
  process.chdir(installDirectory);
  const set: BundleSet = JSON.parse(process.argv[2] ?? "{}"); // Written by build-in-background.ts.
  const built = directory !== undefined && (await buildSet(set, directory).catch(() => false));
  process.exitCode = built ? 0 : 1;
}
