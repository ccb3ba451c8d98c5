/** The last known lists on disk: what was kept comes back, and nothing else is taken for it. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BackendState } from "@mcp-gateway/contract";
import { Log, LogFile, limits, ManualClock } from "@mcp-gateway/kit";
import { KnownLists } from "../../../../apps/gateway/src/catalogue/known-lists.ts";
import { type Listing, readItem } from "../../../../apps/gateway/src/catalogue/listing.ts";
import { fingerprinter } from "../../../../apps/supervisor/src/fingerprint.ts";
import { tempDir } from "../../../support/temp-dir.ts";

let folder: ReturnType<typeof tempDir>;
let path = "";
let clock: ManualClock;
let file: LogFile;
let nowMs = 1_000_000;

beforeEach(() => {
  folder = tempDir("known");
  path = join(folder.path, "state", "known-lists.json");
  clock = new ManualClock();
  file = new LogFile({ directory: folder.path, stamp: "s", level: "info", source: "gateway" });
  nowMs = 1_000_000;
});
afterEach(() => {
  file.close();
  folder[Symbol.dispose]();
});

const open = (writes = true): KnownLists =>
  new KnownLists(path, writes, { log: new Log("gateway", "info", file), clock }, () => nowMs);

function logged(): string {
  file.flush();
  return readFileSync(file.path, "utf8");
}

const initializeResult = '{"serverInfo":{"name":"x","version":"1"},"capabilities":{"tools":{}}}';
// Only what is read of a state matters here.
const backend = (more: Partial<BackendState> = {}): BackendState =>
  ({ name: "files", fingerprint: "f1", initializeResult, ...more }) as BackendState;

const toolText = '{"name": "read",\t"n":1e400, "description":"Reads"}';

function listing(...texts: readonly string[]): Listing {
  const naming = { server: "files", separator: "__", showsOwn: false } as const;
  const tools = texts
    .map((text) => readItem(text, "tools", naming))
    .filter((item) => typeof item !== "string");
  return { tools, prompts: [], resources: [], resourceTemplates: [], warnings: [] };
}

describe("known lists", () => {
  test("come back byte for byte, under the names of now", () => {
    const lists = open();
    lists.remember(backend(), listing(toolText));
    expect(existsSync(path)).toBe(false);
    clock.advance(limits.knownListsSaveMs);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const known = open().recall(backend({ name: "renamed", initializeResult: null }), "__");
    expect(known?.initializeResult).toBe(initializeResult);
    expect(known?.listing.tools).toMatchObject([
      { server: "renamed", key: "read", exposedKey: "renamed__read", ownText: toolText, summary: "Reads" },
    ]);
    expect(open().recall(backend({ names: "own" }), "__")?.listing.tools[0]?.exposedKey).toBe("read");
    expect(logged()).toBe("");
  });

  test("belong to one configuration", () => {
    const lists = open();
    lists.remember(backend(), listing(toolText));
    lists.flush();
    expect(open().recall(backend({ fingerprint: "f2" }), "__")).toBeUndefined();
    const { fingerprint: _none, ...unknown } = backend();
    expect(open().recall(unknown, "__")).toBeUndefined();
  });

  test("count for a while, and not from the future", () => {
    const lists = open();
    lists.remember(backend(), listing(toolText));
    lists.flush();
    nowMs += limits.knownListsMsMax;
    expect(open().recall(backend(), "__")).toBeDefined();
    nowMs += 1;
    expect(open().recall(backend(), "__")).toBeUndefined();
    nowMs = 0;
    expect(open().recall(backend(), "__")).toBeUndefined();
  });

  test("of a damaged, foreign or other file are none, which is told once", () => {
    const lists = open();
    lists.remember(backend(), listing(toolText));
    lists.flush();
    const good = readFileSync(path, "utf8");
    const cases: readonly (readonly [string, RegExp])[] = [
      [good.slice(0, -5), /known lists ignored/],
      ["", /known lists ignored/],
      [good.replace('"format":1', '"format":2'), /not of this version/],
      [good.replace('"prompts":[]', '"prompts":[1]'), /not of this version/],
      ["[]", /not of this version/],
      [good.padEnd(limits.knownListsBytesMax + 1), /larger than/],
    ];
    for (const [text, reason] of cases) {
      writeFileSync(path, text);
      const before = logged().length;
      expect(open().recall(backend(), "__")).toBeUndefined();
      const lines = logged().slice(before).trim().split("\n");
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(reason);
    }
    writeFileSync(path, good);
    expect(open().recall(backend(), "__")).toBeDefined();
  });

  test.skipIf(process.platform === "win32")("are not read from where others can write", () => {
    const lists = open();
    lists.remember(backend(), listing(toolText));
    lists.flush();
    chmodSync(path, 0o620);
    expect(open().recall(backend(), "__")).toBeUndefined();
    expect(logged()).toContain("others can write to it");
  });

  test("are written by one process only, and the newest first when there are too many", () => {
    const other = open(false);
    other.remember(backend(), listing(toolText));
    other.flush();
    expect(existsSync(path)).toBe(false);
    const lists = open();
    const big = "x".repeat(limits.knownListsBytesMax / 3);
    for (const name of ["a", "b", "c", "d"]) {
      lists.remember(backend({ fingerprint: name }), listing(`{"name":"${name}","description":"${big}"}`));
    }
    lists.flush();
    const found = ["a", "b", "c", "d"].filter((name) => open().recall(backend({ fingerprint: name }), "__"));
    expect(found).toEqual(["c", "d"]);
    expect(statSync(path).size).toBeLessThanOrEqual(limits.knownListsBytesMax);
  });

  test("that can't be written cost a log line and nothing else", () => {
    writeFileSync(join(folder.path, "state"), "in the way");
    const lists = open();
    lists.remember(backend(), listing(toolText));
    lists.flush();
    expect(logged()).toContain("known lists not kept");
  });
});

describe("a fingerprint", () => {
  const server = {
    name: "files",
    order: 1,
    transport: "stdio",
    command: "bun",
    args: ["a"],
    env: { TOKEN: "secret-1" },
    inheritEnv: true,
    cwd: "/x",
    url: undefined,
    headers: {},
    startupDelayMs: 0,
    startupTimeoutMs: 1,
    timeoutMs: 1,
    isolation: "shared",
    names: "qualified",
    oauth: undefined,
    protocol: "auto",
    restart: "always",
    enabled: true,
    platforms: undefined,
  } as const;

  test("changes with all that may change what the server offers, secrets included", () => {
    const of = fingerprinter("salt");
    const first = of(server);
    expect(first).toMatch(/^[0-9a-f]{24}$/);
    expect(of({ ...server, name: "other", order: 2, timeoutMs: 5 })).toBe(first);
    for (const change of [
      { args: ["b"] },
      { command: "node" },
      { cwd: "/y" },
      { env: { TOKEN: "secret-2" } },
      { headers: { authorization: "x" } },
      { url: "http://127.0.0.1/mcp" },
    ]) {
      expect(of({ ...server, ...change }), JSON.stringify(change)).not.toBe(first);
    }
    expect(fingerprinter("other")(server)).not.toBe(first);
  });
});
