import { expect, test } from "bun:test";
import { readObjects } from "../../../servers/powershell/src/objects.ts";

test.each([
  ["json [1,2]", [1, 2]],
  ['json {"a":1}', [{ a: 1 }]],
  ["json null", [null]],
  ['json "text"', ["text"]],
  // Windows PowerShell's own wrapping of an array, and objects that only look like it.
  ['json {"value":[1,2],"Count":2}', [1, 2]],
  ['json {"value":[1,2]}', [{ value: [1, 2] }]],
  ['json {"value":5,"Count":1}', [{ value: 5, Count: 1 }]],
  ['json {"value":[1],"Count":1,"more":2}', [{ value: [1], Count: 1, more: 2 }]],
] as const)("%j is read as its objects", (report, objects) => {
  expect(readObjects(["begin", report])).toEqual({ kind: "objects", objects: [...objects] });
});

test("what is too long, cut off or missing is told as such", () => {
  expect(readObjects(["long 123456"])).toEqual({ kind: "long", characters: 123_456 });
  expect(readObjects(['json {"a":'])).toEqual({ kind: "none" });
  expect(readObjects([])).toEqual({ kind: "none" });
});
