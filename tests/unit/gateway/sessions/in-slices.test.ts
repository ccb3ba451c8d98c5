/** Telling very many the same thing does not keep everybody else waiting. */
import { expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import { inSlices } from "../../../../apps/gateway/src/sessions/in-slices.ts";

test("few are met at once, in this very turn", () => {
  const met: number[] = [];
  inSlices([1, 2, 3], (one) => void met.push(one));
  expect(met).toEqual([1, 2, 3]);
});

test("many are all met, once each, and others have their turn between", async () => {
  const many = new Set(Array.from({ length: limits.sliceMax * 5 + 1 }, (_, at) => at));
  const met: number[] = [];
  const seenBetween: number[] = [];
  const done = Promise.withResolvers<void>();
  const look = (): void => {
    seenBetween.push(met.length);
    if (met.length === many.size) done.resolve();
    else setImmediate(look);
  };
  setImmediate(look);
  inSlices(many, (one) => void met.push(one));
  expect(met).toHaveLength(limits.sliceMax);
  await done.promise;
  expect(met).toEqual([...many]);
  expect(new Set(seenBetween).size).toBeGreaterThanOrEqual(5);
});

test("one that is gone before its turn is not met", async () => {
  const many = new Set(Array.from({ length: limits.sliceMax + 2 }, (_, at) => at));
  const met: number[] = [];
  inSlices(many, (one) => void met.push(one));
  many.delete(limits.sliceMax);
  while (met.at(-1) !== limits.sliceMax + 1) await new Promise((resolve) => setImmediate(resolve));
  expect(met).not.toContain(limits.sliceMax);
});
