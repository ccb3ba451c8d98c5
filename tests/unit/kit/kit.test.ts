import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  backoffDelayMs,
  formatFields,
  GatewayError,
  instancePaths,
  Log,
  LogFile,
  limits,
  ManualClock,
  redact,
  registerSecret,
  runStamp,
  toJsonRpcError,
} from "@mcp-gateway/kit";
import { tempDir } from "../../support/temp-dir.ts";

describe("back-off", () => {
  const backoff = { minMs: 250, maxMs: 30_000, jitterRatio: 0.2 };
  test("doubles from the shortest to the longest delay", () => {
    expect([0, 1, 2, 3].map((attempt) => backoffDelayMs(backoff, attempt, 0.5))).toEqual([
      250, 500, 1_000, 2_000,
    ]);
    expect(backoffDelayMs(backoff, 1_000, 0.5)).toBe(30_000);
  });
  test("is spread by the jitter and never beyond the longest", () => {
    expect(backoffDelayMs(backoff, 0, 0)).toBe(200);
    expect(backoffDelayMs(backoff, 0, 0.999_999)).toBe(300);
    expect(backoffDelayMs(backoff, 20, 0.999)).toBe(30_000);
  });
});

test("a manual clock runs what falls due, in order, and nothing that was cancelled", () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  clock.after(20, () => seen.push("late"));
  clock.after(10, () => clock.after(5, () => seen.push("nested")));
  const cancel = clock.after(1, () => seen.push("cancelled"));
  cancel();
  clock.advance(30);
  expect(seen).toEqual(["nested", "late"]);
  expect(clock.pendingTimers).toBe(0);
});

test("an unknown failure reveals nothing on the wire", () => {
  expect(toJsonRpcError(new Error("password is hunter2"))).toEqual({
    code: -32603,
    message: "Something went wrong inside the gateway.",
    data: { reason: "internal" },
  });
  expect(toJsonRpcError(new GatewayError("call-timeout", "late", { facts: { server: "a" } }))).toEqual({
    code: -32001,
    message: "late",
    data: { reason: "call-timeout", server: "a" },
  });
});

describe("the log", () => {
  function open(directory: string): LogFile {
    return new LogFile({ directory, stamp: "20261123_083000", level: "info", source: "test" });
  }
  const linesOf = (file: LogFile): string[] => readFileSync(file.path, "utf8").trim().split("\n");

  test("has one line an event, whatever is in it, named by run, level and process", () => {
    using directory = tempDir("log");
    const file = open(directory.path);
    const log = new Log("test", "info", file);
    log.info("something happened", {
      backend: "a b",
      text: 'line\nbreak "quoted"',
      count: 3,
      none: undefined,
    });
    log.debug("not shown");
    file.close();
    expect(file.path).toEndWith("log_20261123_083000_INFO_test.log");
    expect(linesOf(file)).toHaveLength(1);
    expect(linesOf(file)[0]).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INFO test something happened backend="a b" text="line\\nbreak/,
    );
  });

  test("never holds a registered secret", () => {
    registerSecret("s3cr3t-value-of-a-token");
    expect(redact("x s3cr3t-value-of-a-token y")).toBe("x [redacted] y");
    expect(formatFields({ header: "Bearer s3cr3t-value-of-a-token" })).not.toContain("s3cr3t");
  });

  test("goes on in a new file when one is full, and keeps a bounded number", () => {
    using directory = tempDir("log");
    for (let at = 0; at < limits.logFilesMax + 5; at += 1)
      writeFileSync(join(directory.path, `log_20260101_000000_INFO_test.${at}.log`), "x");
    const foreign = ["log_mine.log", "log_20260101_notes.log", "other.log"];
    for (const name of foreign) {
      writeFileSync(join(directory.path, name), "x");
      utimesSync(join(directory.path, name), 1, 1);
    }
    const file = open(directory.path);
    const big = "x".repeat(limits.logLineBytesMax - 100);
    const count = Math.ceil(limits.logFileBytesMax / big.length) + 5;
    for (let at = 0; at < count; at += 1) file.append(big);
    file.flush();
    file.append("after");
    file.close();
    expect(file.path).toContain(".1.log");
    const left = readdirSync(directory.path);
    expect(left.length).toBeLessThanOrEqual(limits.logFilesMax + 1 + foreign.length);
    expect(left).toEqual(expect.arrayContaining(foreign));
  });

  test("what can't be written is counted, and told when it can be", () => {
    using directory = tempDir("log");
    const folder = join(directory.path, "logs");
    writeFileSync(folder, "a file stands where the folder should be");
    const file = open(folder);
    expect(file.fault).toContain("logs");
    for (const line of ["one", "two"]) {
      file.append(line);
      file.flush();
    }
    rmSync(folder);
    file.append("three");
    file.close();
    expect(file.fault).toBeUndefined();
    const [told, ...rest] = linesOf(file);
    expect(told).toEndWith("WARNING log lines lost count=2");
    expect(rest.map((line) => line.split(" ").at(-1))).toEqual(["three"]);
  });

  test("a folder that vanishes is made again, and the service goes on", () => {
    using directory = tempDir("log");
    const folder = join(directory.path, "logs");
    const file = open(folder);
    file.append("one");
    file.flush();
    rmSync(folder, { recursive: true });
    file.append("two");
    file.flush();
    file.append("three");
    file.close();
    expect(linesOf(file).some((line) => line.endsWith("three"))).toBe(true);
  });
});

test("the stamp of a run is a file name", () => {
  expect(runStamp(new Date(2026, 10, 23, 8, 5, 9))).toBe("20261123_080509");
});

test("two configurations never share a socket, and a path too long for one says what to do", () => {
  const environment = { MCP_GATEWAY_RUNTIME_DIR: "/tmp/r", MCP_GATEWAY_STATE_DIR: "/tmp/s" };
  expect(instancePaths("/a/config.json", environment).socketPath).not.toBe(
    instancePaths("/b/config.json", environment).socketPath,
  );
  expect(() =>
    instancePaths("/a", { ...environment, MCP_GATEWAY_RUNTIME_DIR: `/tmp/${"x".repeat(200)}` }),
  ).toThrow("longer than 107");
});
