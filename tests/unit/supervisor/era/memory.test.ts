import { expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { limits } from "@mcp-gateway/kit";
import type { EraEvidence } from "../../../../apps/supervisor/src/connections/index.ts";
import { EraMemory } from "../../../../apps/supervisor/src/era-memory.ts";
import { planEras } from "../../../../apps/supervisor/src/era-plan.ts";
import { serverConfig, silentLog, temporaryFolder } from "../process/programs.ts";

const http = serverConfig({ transport: "http", command: undefined, url: "https://secret.example/mcp?key=k" });
const stdio = serverConfig({ command: "program", args: ["--token", "hidden"] });

test("a verdict outlives the process, for the same command, arguments and address", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "state", "eras.json");
  const first = new EraMemory(path, silentLog);
  first.remember(http, "stateless");
  first.remember(stdio, "session");
  const second = new EraMemory(path, silentLog);
  expect([second.recall(http), second.recall(stdio)]).toEqual(["stateless", "session"]);
  // Name and settings that do not change what is spoken to do not count; what does, does.
  expect(second.recall({ ...http, name: "renamed", timeoutMs: 1 } as typeof http)).toBe("stateless");
  expect(second.recall({ ...http, url: "https://secret.example/other" })).toBeUndefined();
  expect(second.recall({ ...stdio, args: ["--token", "other"] })).toBeUndefined();
  second.forget(http);
  expect(new EraMemory(path, silentLog).recall(http)).toBeUndefined();
});

test("the file is the user's alone and holds neither addresses nor arguments", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "state", "eras.json");
  const memory = new EraMemory(path, silentLog);
  memory.remember(http, "stateless");
  memory.remember(stdio, "stateless");
  const text = readFileSync(path, "utf8");
  expect(text).not.toMatch(/secret|hidden|program/);
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("an old verdict is asked for again, one from the future too", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "eras.json");
  let nowMs = 1_000_000;
  const memory = new EraMemory(path, silentLog, () => nowMs);
  memory.remember(http, "session");
  nowMs += limits.eraVerdictMsMax - 1;
  expect(memory.recall(http)).toBe("session");
  nowMs += 1;
  expect(memory.recall(http)).toBeUndefined();
  memory.remember(http, "session");
  expect(memory.recall(http)).toBe("session");
  nowMs -= 10;
  expect(memory.recall(http)).toBeUndefined();
});

test("the oldest goes when there are too many", () => {
  let nowMs = 1;
  const memory = new EraMemory(undefined, silentLog, () => nowMs);
  const nth = (index: number) => ({ ...http, url: `http://x/${index}` });
  for (let index = 0; index <= limits.eraVerdictsMax; index += 1) {
    nowMs += 1;
    memory.remember(nth(index), "stateless");
  }
  expect(memory.recall(nth(0))).toBeUndefined();
  expect(memory.recall(nth(1))).toBe("stateless");
  expect(memory.recall(nth(limits.eraVerdictsMax))).toBe("stateless");
});

test("a damaged file is no file, and a folder that can't be written costs nothing but the memory", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "eras.json");
  for (const text of ["", "{", "[]", '{"verdicts":{"a":{"era":"bronze","at":1}}}']) {
    writeFileSync(path, text);
    expect(new EraMemory(path, silentLog).recall(http)).toBeUndefined();
  }
  const memory = new EraMemory(join(path, "below-a-file", "eras.json"), silentLog);
  memory.remember(http, "stateless");
  expect(memory.recall(http)).toBe("stateless");
});

test("which eras are tried: what is known first, and a question only where it costs nothing", async () => {
  const asked: string[] = [];
  const sources = (evidence: EraEvidence, known?: "session" | "stateless") => {
    const eras = new EraMemory(undefined, silentLog);
    for (const server of known === undefined ? [] : [http, stdio]) eras.remember(server, known ?? "session");
    const probeEra = async ({ name }: { name: string }) => {
      asked.push(name);
      return evidence;
    };
    return { eras, probeEra };
  };
  const found: EraEvidence = { kind: "found", era: "stateless", certain: true };
  const vague: EraEvidence = { kind: "found", era: "session", certain: false };
  const { signal } = new AbortController();
  const planOf = async (...[server, from]: [typeof http, ReturnType<typeof sources>]) =>
    planEras(server, from, signal);
  expect(await planOf(stdio, sources(found))).toEqual({ plan: ["session", "stateless"], remember: true });
  expect(await planOf(stdio, sources(found, "stateless"))).toEqual({
    plan: ["stateless", "session"],
    remember: true,
  });
  expect(await planOf(http, sources(found, "session"))).toEqual({ plan: ["session"], remember: true });
  for (const protocol of ["session", "stateless"] as const) {
    for (const server of [stdio, http])
      expect(await planOf({ ...server, protocol }, sources(found, "session"))).toEqual({
        plan: [protocol],
        remember: false,
      });
  }
  expect(await planOf({ ...http, transport: "sse" }, sources(found))).toEqual({
    plan: ["session"],
    remember: false,
  });
  expect(asked).toEqual([]);
  expect(await planOf(http, sources(found))).toEqual({ plan: ["stateless"], remember: true });
  expect(await planOf(http, sources(vague))).toEqual({ plan: ["session"], remember: false });
  expect(asked.length).toBe(2);
});
