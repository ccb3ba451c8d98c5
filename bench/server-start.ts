/**
 * How long the built-in bash server takes from its launch to its answer to `initialize`, from its sources and from
 * its bundle, beside a Bun that does nothing: `bun bench/server-start.ts [ROUNDS]`. In turn, medians, as ratios to that Bun.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findBundles } from "../packages/kit/src/prebuilt/index.ts";
import { figureOf, ratioOf } from "./report/statistics.ts";

const server = resolve(import.meta.dir, "../servers/bash/src/main.ts");
const set = { name: "bash", programs: { bash: "servers/bash/src/server.ts" } };
const roundsByDefault = 15;
const bundleWaitMs = 60_000;
const bundlePollMs = 50;
const hello = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "0" } },
};

type Variables = Readonly<Record<string, string>>;

function launch(command: readonly string[], variables: Variables) {
  return Bun.spawn([process.execPath, ...command], {
    env: { PATH: process.env["PATH"], ...variables },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
}

/** @returns until its first output, which must be the right one */
async function startMs(command: readonly string[], variables: Variables, expected: RegExp): Promise<number> {
  const startedAtMs = performance.now();
  const child = launch(command, variables);
  child.stdin.write(`${JSON.stringify(hello)}\n`);
  child.stdin.flush();
  const { value } = await child.stdout.getReader().read();
  const tookMs = performance.now() - startedAtMs;
  child.stdin.end();
  await child.exited;
  const text = new TextDecoder().decode(value);
  if (!expected.test(text)) throw new Error(`a wrong answer: ${text.slice(0, 200)}`);
  return tookMs;
}

/** Lets a server make its bundle, as the first one on a machine does. */
async function makeBundle(variables: Variables): Promise<void> {
  const child = launch([server], variables);
  const deadlineAtMs = performance.now() + bundleWaitMs;
  while (findBundles(set, variables) === undefined) {
    if (performance.now() > deadlineAtMs) throw new Error("no bundle was made");
    await Bun.sleep(bundlePollMs);
  }
  child.stdin.end();
  await child.exited;
}

const rounds = Number(process.argv[2] ?? roundsByDefault);
const cache = mkdtempSync(join(tmpdir(), "mgw-server-start-"));
try {
  const variables = { HOME: cache, MCP_GATEWAY_CACHE_DIR: cache };
  await makeBundle(variables);
  const answer = /"id":1/u;
  const nothing: number[] = [];
  const source: number[] = [];
  const bundle: number[] = [];
  for (let round = 0; round < rounds; round++) {
    nothing.push(await startMs(["-e", "process.stdout.write('up')"], variables, /^up$/u));
    source.push(await startMs([server], { ...variables, MCP_GATEWAY_PREBUILT: "0" }, answer));
    bundle.push(await startMs([server], variables, answer));
  }
  const rows = [
    ["a Bun that does nothing", nothing],
    ["bash server from its bundle", bundle],
    ["bash server from its sources", source],
  ] as const;
  const lines = rows.map(([name, values]) => {
    const figure = figureOf(values);
    const ratio = ratioOf(figure, figureOf(nothing));
    return `| ${name} | ${figure.median.toFixed(0)} ms | ${ratio.toFixed(1)} × |`;
  });
  process.stdout.write(["| start | median | ratio |", "|---|---|---|", ...lines, ""].join("\n"));
} finally {
  rmSync(cache, { recursive: true, force: true });
}
