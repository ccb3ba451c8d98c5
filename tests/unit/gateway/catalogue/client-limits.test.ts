import { expect, test } from "bun:test";
import { clientLimitWarnings, notableNames } from "../../../../apps/gateway/src/catalogue/client-limits.ts";

const warningsOf = (names: readonly string[]) => clientLimitWarnings(names.length, notableNames(names));
const names = (count: number) => Array.from({ length: count }, (_, at) => `a__t${at}`);

test("nothing is said of what every client takes", () => {
  expect(warningsOf(names(40))).toEqual([]);
});

test("each client's limit of tools is named when it is passed", () => {
  expect(warningsOf(names(41))).toEqual(["41 tools: Cursor takes at most 40"]);
  expect(warningsOf(names(101))).toHaveLength(2);
  expect(warningsOf(names(129))).toHaveLength(3);
});

test("long names are counted for each client, with a few examples", () => {
  const long = Array.from({ length: 5 }, (_, at) => `server__${"x".repeat(50)}${at}`);
  const warnings = warningsOf(long);
  expect(warnings).toHaveLength(2);
  expect(warnings[0]).toContain("5 long tool names: ");
  expect(warnings[0]).toContain("…");
  expect(warningsOf([`a__${"x".repeat(47)}`])).toEqual([]);
  const [one, ...others] = warningsOf([`a__${"x".repeat(48)}`]);
  expect(one).toStartWith("1 long tool name: ");
  expect(others).toEqual([]);
});

test("names with a slash are named", () => {
  expect(warningsOf(["a/b"])[0]).toContain("Claude Desktop");
});
