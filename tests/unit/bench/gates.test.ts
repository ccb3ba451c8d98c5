import { describe, expect, test } from "bun:test";
import { failures } from "../../../bench/report/gates.ts";
import { Recorder } from "../../../bench/report/recorder.ts";

const own = ["direct", "pump", "gateway-mcp"];

/** Rounds of a run that is good; each test makes one thing of it bad. */
const good: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  "call p50 µs": { pump: [50, 52], "gateway-mcp": [90, 300] },
  "calls/s": { pump: [50_000, 40_000], "gateway-mcp": [4_000, 25_000] },
  "CPU µs/call": { pump: [15], "gateway-mcp": [55] },
  "1 MB p50 ms": { pump: [2], "gateway-mcp": [3] },
  "list of 1000 p50 ms": { direct: [0.3], "gateway-mcp": [0.35] },
  "start, 1 backends, cold ms": { pump: [20], "gateway-mcp": [300] },
  "start, 30 backends, cold ms": { pump: [300], "gateway-mcp": [600] },
  "idle, 10 backends, RSS MB": { pump: [35], "gateway-mcp": [180] },
  "killed backend, recovery ms": { "gateway-mcp": [300] },
};

function failuresWith(
  changes: Record<string, Record<string, readonly number[]>>,
  spoil: (recorder: Recorder) => void = () => {},
): readonly string[] {
  const recorder = new Recorder();
  for (const [metric, row] of Object.entries(good)) {
    for (const [target, values] of Object.entries({ ...row, ...changes[metric] }))
      for (const value of values) recorder.add(target, { values: { [metric]: value }, errors: [] });
  }
  spoil(recorder);
  return failures(recorder.report(), own);
}

describe("the short form", () => {
  test("passes a good run, whatever its worst rounds were", () => {
    expect(failuresWith({})).toEqual([]);
  });

  test.each([
    ["call p50 µs", [260]],
    ["calls/s", [7_000]],
    ["CPU µs/call", [130]],
    ["1 MB p50 ms", [11]],
    ["list of 1000 p50 ms", [2.5]],
    ["start, 1 backends, cold ms", [1_300]],
    ["start, 30 backends, cold ms", [2_000]],
    ["idle, 10 backends, RSS MB", [400]],
  ] as const)("fails when %s is far off in all rounds", (metric, values) => {
    const failed = failuresWith({ [metric]: { "gateway-mcp": values } });
    expect(failed).toHaveLength(1);
    expect(failed[0]).toContain(metric);
  });

  test("fails on a slow machine no more than on a quick one", () => {
    const slower = Object.fromEntries(
      Object.entries(good)
        .filter(([metric]) => metric !== "idle, 10 backends, RSS MB")
        .map(([metric, row]) => [
          metric,
          Object.fromEntries(
            Object.entries(row).map(([id, values]) => [
              id,
              values.map((v) => (metric === "calls/s" ? v / 10 : v * 10)),
            ]),
          ),
        ]),
    );
    expect(failuresWith(slower)).toEqual([]);
  });

  test("fails on one wrong answer of an own target", () => {
    const failed = failuresWith({}, (recorder) =>
      recorder.add("gateway-mcp", { values: {}, errors: ["WrongAnswer: asked 3, answered 4"] }),
    );
    expect(failed).toEqual(["gateway-mcp: 1 wrong answers: WrongAnswer: asked 3, answered 4"]);
  });

  test("does not fail on a wrong answer of a peer", () => {
    expect(
      failuresWith({}, (recorder) => recorder.add("mcp-hub", { values: {}, errors: ["WrongAnswer"] })),
    ).toEqual([]);
  });

  test("fails when an own target did not start", () => {
    expect(failuresWith({}, (recorder) => recorder.couldNotRun("pump", "it ended with code 1"))).toEqual([
      "pump: it ended with code 1",
    ]);
  });

  test("fails when calls never succeed again after a backend was killed", () => {
    const failed = failuresWith({ "killed backend, recovery ms": { "gateway-mcp": [300, Number.NaN, 280] } });
    expect(failed).toEqual(["gateway-mcp: calls did not succeed again after a backend was killed"]);
  });
});
