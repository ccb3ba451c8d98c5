/** Members found and changed in JSON bytes without parsing. */
import { describe, expect, test } from "bun:test";
import { applyEdits, namedMembers, resultStart, surelyWithout } from "@mcp-gateway/mcp";

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe("the result of a response", () => {
  test.each([
    ['{"jsonrpc":"2.0","id":1,"result":{"a":1}}', '{"a":1}}'],
    [' { "result" : [1] , "id":1}', '[1] , "id":1}'],
    ['{"error":{"result":1},"x":"\\"result\\":","result":2}', "2}"],
  ])("%s begins where its value does", (message, rest) => {
    expect(message.slice(resultStart(bytes(message)))).toBe(rest);
  });

  test("of a message without one is nowhere", () => {
    for (const message of ["", "[]", "{}", '{"a":{"result":1}}', '{"a" 1}', '{"a":1', '{"a":tru,"result":1}'])
      expect(resultStart(bytes(message))).toBeUndefined();
  });
});

describe("named members", () => {
  test("are those of the object itself, the last of equal ones, in any spelling", () => {
    const text = '{"a":{"b":1},"b":2,"\\u0062":"é","c":3}';
    const spans = namedMembers(bytes(text), 0, ["b", "c", "d"]);
    const found = [...(spans ?? [])].map(([name, { start, end }]) => [
      name,
      Buffer.from(text).subarray(start, end).toString(),
    ]);
    expect(found).toEqual([
      ["b", '"é"'],
      ["c", "3"],
    ]);
    for (const bad of ["[1]", '{"b":}', '{"b":1', "5"])
      expect(namedMembers(bytes(bad), 0, ["b"])).toBeUndefined();
    expect(namedMembers(bytes(" {}"), 0, ["b"])?.size).toBe(0);
  });

  test("are surely not there only when no reader could find one", () => {
    const without = (text: string): boolean => surelyWithout(bytes(text), 0, ["_meta"]);
    expect(without('{"meta":1,"text":"_meta, \\u001b[0m \\u00e9"}')).toBe(true);
    for (const text of ['{"_meta":1}', '{"a":{"_meta":1}}', '{"\\u005fmeta":1}', '{"_me\\u0074a":1}'])
      expect(without(text)).toBe(false);
  });
});

test("edits are made in their places, whatever their order", () => {
  const edits = [
    { start: 4, end: 5, text: bytes("LONG") },
    { start: 0, end: 0, text: bytes(">") },
    { start: 2, end: 4, text: bytes("") },
  ];
  expect(Buffer.from(applyEdits(bytes("abcdefg"), edits)).toString()).toBe(">abLONGfg");
  expect(Buffer.from(applyEdits(bytes("abc"), [])).toString()).toBe("abc");
});
