/**
 * The first file that runs. It imports nothing from node_modules, because on a fresh clone there is none: it runs
 * the bundle of main.ts, or else installs what is missing, then hands over to main.ts itself.
 */
import { join, resolve } from "node:path";
import { dependencyState, hasDevelopmentPackages, writeStamp } from "./dependencies.ts";

const root = resolve(import.meta.dirname, "../../..");
const bunVersionMin = "1.4.5";

async function main(): Promise<void> {
  const bunVersion = process.versions.bun;
  if (bunVersion === undefined || !isAtLeast(bunVersion, bunVersionMin)) {
    const found = bunVersion === undefined ? "this is Node.js" : `this is Bun ${bunVersion}`;
    fail(
      `MCP Gateway needs Bun ${bunVersionMin} or newer; ${found}.\n  → npx bun@${bunVersionMin} run start\n  → or bring Bun up to date: bun upgrade`,
    );
  }
  const args = process.argv.slice(2);
  const prebuilt = await loadPrebuilt();
  const bundles = prebuilt?.findBundles(prebuilt.appSet, process.env);
  // A bundle is of these sources, this lock file and these packages: with it, all of them are there.
  const startBundle = await prebuilt?.loadProgram(bundles, "cli");
  if (startBundle !== undefined) return startBundle(args, bundles);
  ensureDependencies();
  const { start } = await import("./main.ts");
  return start(args);
}

/** By its path, since nothing leads to it before an install. It needs nothing of node_modules itself. */
async function loadPrebuilt(): Promise<typeof import("@mcp-gateway/kit/prebuilt") | undefined> {
  try {
    return await import(join(root, "packages/kit/src/prebuilt/index.ts"));
  } catch {
    return undefined; // Laid out otherwise than in its repository: then there are only sources.
  }
}

function ensureDependencies(): void {
  const state = dependencyState(root);
  if (state.kind === "installed") return;
  if (state.kind === "missing")
    say("Installing the packages MCP Gateway needs (first start, some seconds) …");
  const result = install();
  if (result.ok) {
    writeStamp(root);
    return;
  }
  if (state.kind === "stale") {
    say(
      `The packages could not be brought up to date, going on with those that are installed.\n  ${result.reason}`,
    );
    return;
  }
  fail(
    `The packages MCP Gateway needs could not be installed (${state.dependency} is missing).\n${indent(result.reason)}\n` +
      `  → check the network and the npm registry, then start again\n  → or see it all: cd ${root} && bun install --frozen-lockfile`,
  );
}

function install(): { readonly ok: true } | { readonly ok: false; readonly reason: string } {
  const args = ["install", "--frozen-lockfile", ...(hasDevelopmentPackages(root) ? [] : ["--production"])];
  const result = Bun.spawnSync([process.execPath, ...args], {
    cwd: root,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, NO_COLOR: "1" },
  });
  if (result.exitCode === 0) return { ok: true };
  const lines = `${result.stdout}\n${result.stderr}`
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("bun install v"));
  return {
    ok: false,
    reason: lines.slice(-6).join("\n") || `bun install ended with code ${result.exitCode}`,
  };
}

/** Compares `major.minor.patch`; a pre-release counts as its release. */
function isAtLeast(version: string, minimum: string): boolean {
  const parts = (text: string): number[] => text.split(/[.-]/).slice(0, 3).map(Number);
  const [found, wanted] = [parts(version), parts(minimum)];
  for (let at = 0; at < 3; at += 1) {
    const difference = (found[at] ?? 0) - (wanted[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function fail(text: string): never {
  say(text);
  process.exit(1);
}

await main();
