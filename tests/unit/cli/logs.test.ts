import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits } from "@mcp-gateway/kit";
import {
  filesOf,
  GrowingFile,
  lastLines,
  namesOf,
  newestRun,
  runOfFile,
} from "../../../apps/cli/src/logs/log-files.ts";
import { logFilter, logText, mergeByTime, parseLogLine } from "../../../apps/cli/src/logs/log-line.ts";
import { plainPaint } from "../../../apps/cli/src/terminal.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "mcp-gateway-logs-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const line = (time: string, rest: string): string => `2026-11-23 08:30:${time} ${rest}`;

describe("a log line", () => {
  test("is taken apart", () => {
    expect(parseLogLine(line("01.123", "WARNING supervisor backend fault backend=bash"))).toEqual({
      time: "2026-11-23 08:30:01.123",
      level: "warning",
      source: "supervisor",
      text: "backend fault backend=bash",
    });
    expect(parseLogLine("junk")).toBeUndefined();
    expect(parseLogLine(line("01.123", "WHATEVER x y"))).toBeUndefined();
  });

  test("belongs to a server by its field alone", () => {
    const accepts = (server: string, rest: string): boolean => {
      const parsed = parseLogLine(line("01.123", `INFO gateway ${rest}`));
      return parsed !== undefined && logFilter({ server, levelMin: undefined })(parsed);
    };
    expect(accepts("bash", "call backend=bash duration=1ms")).toBe(true);
    expect(accepts("bash", "call backend=bash")).toBe(true);
    expect(accepts("bash", "call backend=bash2")).toBe(false);
    expect(accepts("bash", "call note=bash")).toBe(false);
    expect(accepts("my server", 'call backend="my server"')).toBe(true);
  });

  test("is dropped below the level asked for", () => {
    const accept = logFilter({ server: undefined, levelMin: "warning" });
    const levels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"].map((level) =>
      parseLogLine(line("01.123", `${level} a b`)),
    );
    expect(levels.map((parsed) => parsed !== undefined && accept(parsed))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  test("can't write escape sequences to the terminal", () => {
    const parsed = parseLogLine(line("01.123", "INFO supervisor stderr line=\x1b[2Jx"));
    expect(parsed === undefined ? "" : logText(parsed, plainPaint)).toBe(
      "2026-11-23 08:30:01.123 INFO     supervisor stderr line=x",
    );
  });
});

describe("log files", () => {
  test("of a run are found by its stamp, the newest run by the newest stamp", () => {
    for (const name of [
      "log_20261122_000000_INFO_gateway.log",
      "log_20261123_083001_INFO_gateway.1.log",
      "log_20261123_083001_INFO_gateway.log",
      "log_20261123_083001_DEBUG_supervisor.log",
      "other.log",
    ]) {
      writeFileSync(join(directory, name), "");
    }
    const run = newestRun(directory);
    expect(run).toEqual({ directory, stamp: "20261123_083001" });
    expect(run).toEqual(runOfFile(join(directory, "log_20261123_083001_INFO_gateway.log")));
    expect(run === undefined ? [] : filesOf(run).map((path) => path.slice(directory.length + 1))).toEqual([
      "log_20261123_083001_DEBUG_supervisor.log",
      "log_20261123_083001_INFO_gateway.log",
      "log_20261123_083001_INFO_gateway.1.log",
    ]);
    expect(newestRun(join(directory, "nope"))).toBeUndefined();
    expect(runOfFile("/x/other.log")).toBeUndefined();
  });

  test("of processes that systemd started, each at its own time, are the newest of each", () => {
    const supervisor = [
      "log_20261123_080000_INFO_supervisor.1.log",
      "log_20261123_080000_INFO_supervisor.log",
    ];
    const names = [
      "log_20261122_000000_INFO_gateway-2.log",
      "log_20261122_000000_INFO_supervisor.log",
      "log_20261123_083001_INFO_gateway-2.log",
      "log_20261123_083000_INFO_gateway.log",
      ...supervisor,
    ];
    const second = "log_20261123_083001_INFO_gateway-2.log";
    expect(namesOf({ stamp: "20261123_083000" }, names)).toEqual([
      "log_20261123_083000_INFO_gateway.log",
      second,
      ...supervisor,
    ]);
    // A launcher's run is whole by its stamp, whatever else lies there.
    const launched = ["log_20261124_000000_INFO_gateway.log", "log_20261124_000000_INFO_supervisor.log"];
    expect(namesOf({ stamp: "20261124_000000" }, [...names, ...launched])).toEqual(launched);
    expect(namesOf({ stamp: "20200101_000000" }, names)).toEqual([]);
  });

  test("are read from their end, across chunks and characters of several bytes", () => {
    const path = join(directory, "long.log");
    const lines = Array.from({ length: 5000 }, (_, at) => `${at} ${"文".repeat(at % 40)}`);
    writeFileSync(path, `${lines.join("\n")}\n`);
    expect(Buffer.byteLength(lines.join("\n"))).toBeGreaterThan(2 * limits.cliLogChunkBytes);
    expect(lastLines(path, 3, (text) => text)).toEqual(lines.slice(-3));
    expect(lastLines(path, 10_000, (text) => text)).toEqual(lines);
    expect(lastLines(path, 2, (text) => (text.endsWith("00 ") ? text : undefined))).toEqual([
      "4600 ",
      "4800 ",
    ]);
    writeFileSync(path, `${"x".repeat(3 * limits.cliLogChunkBytes)}\nlast`);
    expect(lastLines(path, 2, (text) => text.length)).toEqual([3 * limits.cliLogChunkBytes, 4]);
    writeFileSync(path, "");
    expect(lastLines(path, 2, (text) => text)).toEqual([]);
  });

  test("are followed line by line, also when one is written in two halves", () => {
    const path = join(directory, "growing.log");
    writeFileSync(path, "old\n");
    const file = GrowingFile.atEnd(path);
    expect(file.newLines()).toEqual([]);
    appendFileSync(path, "one\ntw");
    expect(file.newLines()).toEqual(["one"]);
    appendFileSync(path, "o\nthree\n");
    expect(file.newLines()).toEqual(["two", "three"]);
    writeFileSync(path, "new\n");
    expect(file.newLines()).toEqual(["new"]);
    rmSync(path);
    expect(file.newLines()).toEqual([]);
  });

  test("of several processes are merged by time", () => {
    const parse = (...times: string[]) => times.flatMap((time) => parseLogLine(line(time, "INFO a b")) ?? []);
    const merged = mergeByTime([parse("01.000", "03.000"), parse("02.000", "03.000")]);
    expect(merged.map(({ time }) => time.slice(-6))).toEqual(["01.000", "02.000", "03.000", "03.000"]);
  });
});
