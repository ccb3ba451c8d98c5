/**
 * The first start after an installation is not every start: one start before the run lets this gateway put its compiled
 * code into the user's cache. What the very first start takes is measured by itself ("first ever").
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { sharedCache } from "./shared-cache.ts";
import { makeDirectory, startTarget, type TargetKind } from "./target.ts";

const patienceMs = 10_000;
const lookMs = 100;

/** @returns a sentence when no code came */
export async function warmCache(kinds: readonly TargetKind[]): Promise<string | undefined> {
  const kind = kinds.find(({ keepsCode }) => keepsCode === true);
  if (kind === undefined) return undefined;
  const directory = makeDirectory();
  const target = await startTarget(kind, { tools: 2, backends: 1 }, directory.path);
  const endMs = performance.now() + patienceMs;
  while (!hasBundles() && performance.now() < endMs) await Bun.sleep(lookMs);
  await target.stop();
  directory.remove();
  return hasBundles() ? undefined : `no compiled code came into the cache within ${patienceMs / 1_000} s`;
}

/** Their manifest is written last. */
function hasBundles(): boolean {
  const bundles = join(sharedCache(), "mcp-gateway/bundles");
  return existsSync(bundles) && readdirSync(bundles).some((name) => name.endsWith(".json"));
}
