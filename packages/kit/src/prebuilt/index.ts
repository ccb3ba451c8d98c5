/**
 * Starts a program from its bundle, which spares it finding, reading and compiling some hundred modules: most of
 * the time between its launch and its first answer. Without a bundle of the sources as they are, it starts from
 * the sources, and has the bundle made for the next start.
 */
import { join } from "node:path";
import { installDirectory } from "../install-directory.ts";
import { bundleDirectory, findBundles } from "./bundle-cache.ts";
import type { BundleSet, Bundles, ProgramModule, StartProgram } from "./bundle-set.ts";

export { findBundles } from "./bundle-cache.ts";
export {
  appSet,
  type BundleSet,
  type Bundles,
  type ProgramModule,
  type StartProgram,
} from "./bundle-set.ts";

/** Longer than it takes until a client has its answers; a timer's value, and the limits are not worth loading here. */
const buildAfterMs = 2_000;

/** @param fromSource imports the program's module */
export async function startPrebuilt(
  set: BundleSet,
  program: string,
  fromSource: () => Promise<ProgramModule>,
): Promise<void> {
  const args = process.argv.slice(2);
  const bundles = findBundles(set, process.env);
  const prebuilt = await loadProgram(bundles, program);
  if (prebuilt !== undefined) return prebuilt(args, bundles);
  const { start } = await fromSource();
  buildLater(set);
  await start(args);
}

/** @returns undefined when there is no bundle of it, or none that can be loaded */
export async function loadProgram(
  bundles: Bundles | undefined,
  program: string,
): Promise<StartProgram | undefined> {
  const file = bundles?.get(program);
  if (file === undefined) return undefined;
  try {
    return startOf(await import(file));
  } catch {
    return undefined; // The source serves as well, only later.
  }
}

/** Once the start is over, and only if the program still runs then. */
export function buildLater(set: BundleSet): void {
  if (bundleDirectory(process.env) === undefined) return;
  const timer = setTimeout(async () => {
    const { buildInBackground } = await import("./build-in-background.ts");
    buildInBackground(join(installDirectory, "packages/kit/src/prebuilt/build.ts"), set);
  }, buildAfterMs);
  // It is no reason for a program to live on.
  timer.unref();
}

function startOf(loaded: unknown): StartProgram | undefined {
  if (typeof loaded !== "object" || loaded === null || !("start" in loaded)) return undefined;
  // Built from a module whose `start` has this type, and checked by its manifest since.
  return typeof loaded.start === "function" ? (loaded.start as StartProgram) : undefined;
}
