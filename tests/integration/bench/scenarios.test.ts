/** The benchmark's scenarios notice what must not pass: they are run on a target that lies. */
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { StreamableClient } from "../../../bench/load/streamable-client.ts";
import { bigResult, latency, throughput } from "../../../bench/scenarios/calls.ts";
import { listing } from "../../../bench/scenarios/lists.ts";
import { quickSizes, type Sizes } from "../../../bench/scenarios/scenario.ts";
import { directKind } from "../../../bench/targets/own.ts";
import { Processes } from "../../../bench/targets/processes.ts";
import { removeSharedCache, sharedCache } from "../../../bench/targets/shared-cache.ts";
import { makeDirectory, startTarget, type Target } from "../../../bench/targets/target.ts";
import { repositoryDirectory } from "../../support/repository.ts";

const sizes: Sizes = {
  ...quickSizes,
  latencyCalls: 20,
  throughputMs: 50,
  bigCalls: 3,
  lists: 3,
  sliceMs: 1_000,
  turns: 2,
  warmupMs: 100,
};
const toolsCount = 5;
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

afterAll(() => {
  const cache = sharedCache();
  removeSharedCache();
  expect(existsSync(cache)).toBe(false);
});

/** The real backend over HTTP, with its answers changed on the way by `lie`. */
async function lyingTarget(lie: (answer: string, asked: string) => string): Promise<Target> {
  const directory = makeDirectory();
  const honest = await startTarget(directKind, { tools: toolsCount, backends: 1 }, directory.path);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const asked = await request.text();
      const answer = await fetch(`http://127.0.0.1:${honest.port}/mcp`, { method: "POST", body: asked });
      if (answer.status !== 200) return new Response(null, { status: answer.status });
      return new Response(lie(await answer.text(), asked), {
        headers: { "content-type": "application/json" },
      });
    },
  });
  stops.push(async () => {
    await server.stop(true);
    await honest.stop();
    directory.remove();
  });
  const port = server.port ?? 0;
  return { ...honest, port, open: (lanes) => StreamableClient.open(port, "/mcp", lanes) };
}

const isCall = (asked: string): boolean => asked.includes('"tools/call"');

describe("a scenario", () => {
  test("has no errors on an honest target", async () => {
    const target = await lyingTarget((answer) => answer);
    for (const measured of [
      await latency(target, sizes),
      await throughput(target, sizes),
      await bigResult(target, 1_000_000, sizes.bigCalls, sizes),
      await listing(target, toolsCount, sizes.lists, sizes),
    ]) {
      expect(measured.errors).toEqual([]);
      for (const value of Object.values(measured.values)) expect(value).toBeGreaterThanOrEqual(0);
    }
  });

  test("counts an answer under another id", async () => {
    const target = await lyingTarget((answer, asked) =>
      isCall(asked) ? answer.replace(/"id":(\d+)\}$/, (_, id) => `"id":${Number(id) + 1}}`) : answer,
    );
    expect((await latency(target, sizes)).errors[0]).toStartWith("WrongAnswer: asked");
    expect((await throughput(target, sizes)).errors.length).toBeGreaterThan(0);
  });

  test("counts a content that is another call's", async () => {
    const target = await lyingTarget((answer) => answer.replace("hello 7", "hello 8"));
    expect((await latency(target, sizes)).errors.length).toBeGreaterThan(0);
  });

  test("counts one wrong byte in a megabyte", async () => {
    const target = await lyingTarget((answer) =>
      answer.length > 1_000_000 ? `${answer.slice(0, 500_000)}X${answer.slice(500_001)}` : answer,
    );
    const { errors } = await bigResult(target, 1_000_000, sizes.bigCalls, sizes);
    expect(errors[0]).toStartWith("WrongAnswer");
  });

  test("counts a list that lacks a tool, or has one twice", async () => {
    const lacking = await lyingTarget((answer) => answer.replace('"filler_00003"', '"filler_99999"'));
    expect((await listing(lacking, toolsCount, sizes.lists, sizes)).errors[0]).toContain("missing");
    const doubled = await lyingTarget((answer) =>
      answer.replace('{"tools":[', '{"tools":[{"name":"filler_00003"},'),
    );
    expect((await listing(doubled, toolsCount, sizes.lists, sizes)).errors[0]).toContain("twice");
  });
});

describe("a target", () => {
  test("that does not start is told with what it said, and leaves nothing", async () => {
    const directory = makeDirectory();
    stops.push(async () => directory.remove());
    const missing = join(repositoryDirectory, "bench", "no-such-file.ts");
    const kind = {
      ...directKind,
      launch: () => ({ ...directKindLaunch(), command: [process.execPath, missing] }),
    };
    await expect(startTarget(kind, { tools: 2, backends: 1 }, directory.path)).rejects.toThrow(
      /ended with code 1/,
    );
  });

  test("is stopped with all that carries its mark", async () => {
    const directory = makeDirectory();
    const target = await startTarget(directKind, { tools: 2, backends: 1 }, directory.path);
    expect(target.processes).toBeInstanceOf(Processes);
    expect(target.processes.own()).toHaveLength(1);
    expect(target.processes.memory().rssBytes).toBeGreaterThan(1_000_000);
    await target.stop();
    directory.remove();
    expect(target.processes.own()).toEqual([]);
  });
});

function directKindLaunch(): ReturnType<typeof directKind.launch> {
  return directKind.launch(
    { tools: 2, backends: 1 },
    { directory: "", port: 1, backend: () => [process.execPath] },
  );
}
