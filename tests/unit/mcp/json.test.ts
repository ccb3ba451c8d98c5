/** Depth of JSON, and the places of its members. */
import { describe, expect, test } from "bun:test";
import {
  arrayElementSpans,
  jsonDepthWithin,
  memberSpans,
  replaceStringMember,
  skipValue,
} from "@mcp-gateway/mcp";

describe("jsonDepthWithin", () => {
  test.each([
    ["1", 0, true],
    ["[]", 0, false],
    ["[]", 1, true],
    ['[{"a":[1]}]', 3, true],
    ['[{"a":[1]}]', 2, false],
    ['["[[[[\\"[[[["]', 1, true],
    ['{"\\\\":[]}', 1, false],
    ["[[[[", 3, false],
    ["[][][][]", 1, true],
  ])("%s within %d: %p", (json, depthMax, within) => {
    expect(jsonDepthWithin(json, depthMax)).toBe(within);
    expect(jsonDepthWithin(Buffer.from(json), depthMax)).toBe(within);
  });

  test("five million brackets are refused at once", () => {
    const began = performance.now();
    expect(jsonDepthWithin(Buffer.alloc(5_000_000, "["), 64)).toBe(false);
    expect(performance.now() - began).toBeLessThan(50);
  });
});

describe("spans", () => {
  test("the last of equal keys counts, escaped keys are decoded, and `__proto__` is a key like any other", () => {
    const text = ' {"a":1,"\\u0061": 22 ,"__proto__":{"x":[1,{}]},"":"}"} rest';
    const spans = memberSpans(text);
    const values = [...(spans ?? [])].map(([key, { start, end }]) => [key, text.slice(start, end)]);
    expect(values).toEqual([
      ["a", "22"],
      ["__proto__", '{"x":[1,{}]}'],
      ["", '"}"'],
    ]);
  });

  test("an object can be found in the middle", () => {
    const text = '[{"a":1},{"b":2}]';
    const [, second] = arrayElementSpans(text, 0);
    expect([...(memberSpans(text, second?.start) ?? [])]).toEqual([["b", { start: 14, end: 15 }]]);
  });

  test.each(["", "[]", "1", "{", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}", '{"a":1 "b":2}', '{"a":01}'])(
    "%j has no members",
    (text) => {
      expect(memberSpans(text)).toBeUndefined();
    },
  );

  test.each(["", "{}", "[", "[1", "[1,", "[1,]", "[1 2]", "[,]", "[tru]"])("%j has no elements", (text) => {
    expect(arrayElementSpans(text, 0)).toEqual([]);
  });

  test("skipValue ends behind the value, or says -1", () => {
    expect(skipValue(' [1,"]"] ,', 0)).toBe(8);
    expect(skipValue("-12.5e+3,", 0)).toBe(8);
    expect(skipValue("-", 0)).toBe(-1);
    expect(skipValue('"abc', 0)).toBe(-1);
    expect(skipValue("[}", 0)).toBe(-1);
    expect(skipValue("x".repeat(10), 0)).toBe(-1);
  });

  test("a million brackets cost no stack", () => {
    const deep = `${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}`;
    expect(skipValue(deep, 0)).toBe(deep.length);
  });
});

describe("replaceStringMember", () => {
  test("keeps big integers, order, white space, unknown fields and nested duplicates", () => {
    const text = '{ "z":9007199254740993, "name" : "old", "inner":{"name":"x","name":"y"},"e":1.0 }';
    expect(replaceStringMember(text, "name", 'new "é"\n')).toBe(
      '{ "z":9007199254740993, "name" : "new \\"é\\"\\n", "inner":{"name":"x","name":"y"},"e":1.0 }',
    );
  });

  test.each([
    '{"a":"x"}',
    '{"name":5}',
    '{"name":"a","name":"b"}',
    '{"name":"a","nam\\u0065":"b"}',
    "[]",
    '{"name":"a"} x',
    '{"name":"a"',
  ])("does not guess at %s", (text) => expect(replaceStringMember(text, "name", "new")).toBeUndefined());
});
