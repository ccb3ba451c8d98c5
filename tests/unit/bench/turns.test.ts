/** One client's calls in many short turns: how they are cut, and what becomes of the turns' figures. */
import { expect, test } from "bun:test";
import { fullSizes, joined, quickSizes, sizesOfTurn } from "../../../bench/scenarios/scenario.ts";

test.each([fullSizes, quickSizes])("the turns together make no fewer calls than one would", (sizes) => {
  const { latencyCalls, lists, sliceMs, bigCalls, throughputMs } = sizesOfTurn(sizes);
  for (const [share, whole] of [
    [latencyCalls, sizes.latencyCalls],
    [lists, sizes.lists],
  ] as const) {
    expect(share * sizes.turns).toBeGreaterThanOrEqual(whole);
    expect((share - 1) * sizes.turns).toBeLessThan(whole);
  }
  expect(sliceMs * sizes.turns).toBe(sizes.sliceMs);
  expect({ bigCalls, throughputMs }).toEqual({
    bigCalls: sizes.bigCalls,
    throughputMs: sizes.throughputMs,
  });
});

test("the median of the turns counts, and every error", () => {
  const turns = [9, 1, 5, 100].map((p50, at) => ({ values: { p50 }, errors: at === 3 ? ["late"] : [] }));
  expect(joined(turns)).toEqual({ values: { p50: 7 }, errors: ["late"] });
});

test("a turn that failed leaves the others' figures as they are", () => {
  const failed = { values: {}, errors: ["latency: refused"] };
  expect(joined([{ values: { p50: 3 }, errors: [] }, failed])).toEqual({
    values: { p50: 3 },
    errors: ["latency: refused"],
  });
  expect(joined([failed, failed]).values).toEqual({});
});
