import { expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Log, limits, ManualClock } from "@mcp-gateway/kit";
import { keepRunFile } from "../../../apps/gateway/src/run-file.ts";
import { tempDir } from "../../support/temp-dir.ts";

test("where the gateway listens is written again when it was cleaned away, and gone after the end", () => {
  using directory = tempDir("run-file");
  const place = {
    runtimeDirectory: join(directory.path, "run"),
    runFilePath: join(directory.path, "run", "run.json"),
  };
  const facts = {
    pid: 1,
    address: "http://127.0.0.1:9000",
    startedAt: 1,
    version: "1",
    config: "c",
    logFile: "l",
  };
  const clock = new ManualClock();
  const remove = keepRunFile(place, facts, clock, new Log("test", "info", undefined));
  const written = (): unknown => JSON.parse(readFileSync(place.runFilePath, "utf8"));
  expect(written()).toEqual(facts);
  for (let time = 0; time < 2; time += 1) {
    rmSync(place.runtimeDirectory, { recursive: true });
    clock.advance(limits.runFileCheckMs);
    expect(written()).toEqual(facts);
    expect(statSync(place.runFilePath).mode & 0o777).toBe(0o600);
  }
  remove();
  clock.advance(limits.runFileCheckMs * 2);
  expect(existsSync(place.runFilePath)).toBe(false);
});
