import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { latestReport, publishedTables, withTable } from "../../../bench/publish.ts";
import { compared } from "../../../bench/report/comparison.ts";
import { joined, readReport, type StoredReport } from "../../../bench/report/pieces.ts";
import { figureOf, ratioOf } from "../../../bench/report/statistics.ts";
import { repositoryDirectory } from "../../support/repository.ts";

function piece(metric: string, rows: Record<string, readonly number[]>, commit = "abc"): StoredReport {
  const figures = Object.fromEntries(Object.entries(rows).map(([id, values]) => [id, figureOf(values)]));
  return {
    machine: { commit, processor: "2 × x", memoryGB: 1, system: "Linux", bun: "1", node: "1" },
    at: "2026-01-01T00:00:00.000Z",
    rounds: 3,
    elapsedMs: 1,
    figures: { [metric]: figures },
    errors: {},
    notRun: {},
  };
}

describe("figures", () => {
  test("are set beside each other round by round, so that a slow round of both changes nothing", () => {
    expect(ratioOf(figureOf([100, 1_000, 110]), figureOf([50, 500, 55]))).toBe(2);
  });

  test("that never came are last, and say so when most are", () => {
    expect(figureOf([Number.NaN, 3, 2]).median).toBe(3);
    expect(figureOf([Number.NaN, Number.NaN, 2]).median).toBeNaN();
  });

  test("are compared with the best of several peers", () => {
    const rows = { own: [10, 10], slow: [40, 40], quick: [20, 20] };
    const slower = { metric: "ms", against: ["slow", "quick", "absent"] };
    expect(compared(piece("ms", rows), slower, "own", "round-by-round")).toBe(0.5);
    const faster = { metric: "calls/s", against: ["slow", "quick"], moreIsBetter: true };
    expect(compared(piece("calls/s", rows), faster, "own", "round-by-round")).toBe(0.25);
    expect(
      compared(piece("ms", rows), { metric: "ms", against: ["absent"] }, "own", "round-by-round"),
    ).toBeUndefined();
  });
});

describe("pieces of a run", () => {
  test("are joined when each metric is in one of them", () => {
    const whole = joined([piece("a", { x: [1] }), piece("b", { x: [2] })]);
    expect(Object.keys(whole.figures)).toEqual(["a", "b"]);
  });

  test("name all their commits", () => {
    expect(joined([piece("a", { x: [1] }, "one"), piece("b", { x: [1] }, "two")]).machine.commit).toBe(
      "one, two",
    );
  });

  test("are refused when a metric is in two, or the machines differ", () => {
    expect(() => joined([piece("a", { x: [1] }), piece("a", { x: [2] })])).toThrow(/two pieces/);
    const elsewhere = piece("b", { x: [2] });
    const other = { ...elsewhere, machine: { ...elsewhere.machine, processor: "64 × y" } };
    expect(() => joined([piece("a", { x: [1] }), other])).toThrow(/different processor/);
  });

  test("keep what never came through their file", () => {
    const read = readReport(JSON.stringify(piece("recovery ms", { x: [Number.NaN] })));
    expect(read.figures["recovery ms"]?.["x"]?.median).toBeNaN();
  });
});

describe("the documents", () => {
  const published = publishedTables(latestReport());

  test.each([...published.keys()])("%s shows the figures of bench/results/latest.json", (name) => {
    const document = readFileSync(join(repositoryDirectory, name), "utf8");
    expect(withTable(document, published.get(name) ?? ""), `${name}: run bun bench/publish.ts`).toBe(
      document,
    );
  });
});
