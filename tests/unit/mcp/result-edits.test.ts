/** Members found and changed in JSON bytes without parsing. */
import { describe, expect, test } from "bun:test";
import { applyEdits, applyOwnEdits, namedMembers, resultStart } from "@mcp-gateway/mcp";

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

describe("edits made in a message of one's own", () => {
  const size = 40_000;
  const original = Array.from({ length: size }, (_, at) => String.fromCharCode(97 + (at % 26))).join("");
  const texts = ["", "X", "LONGER THAN WHAT WAS THERE", "Y".repeat(150)].map(bytes);
  const roomBytes = 100;

  /** In memory that goes on at both ends. */
  function memory() {
    const all = Buffer.from(`${"<".repeat(500)}${original}${">".repeat(500)}`);
    return { all, own: all.subarray(500, 500 + size) };
  }

  test("read as the copy does, and touch nothing but the message and its room", () => {
    const places = [0, 1, 990, 1_001, 20_000, size - 1_001, size - 990, size - 3, size];
    let inPlace = 0;
    for (const first of places)
      for (const second of places.filter((at) => at >= first + 3))
        for (const text of texts)
          for (const other of texts) {
            const edits = [
              { start: first, end: Math.min(first + 3, size), text },
              { start: second, end: Math.min(second + 3, size), text: other },
            ];
            const expected = Buffer.from(applyEdits(bytes(original), edits));
            const { all, own } = memory();
            const made = applyOwnEdits(own, [...edits].reverse(), roomBytes);
            expect(Buffer.from(made).equals(expected)).toBe(true);
            if (made.buffer === all.buffer) inPlace += 1;
            expect(all.toString("latin1", 0, 400)).toBe("<".repeat(400));
            expect(all.toString("latin1", all.length - 400)).toBe(">".repeat(400));
          }
    expect(inPlace).toBeGreaterThan(0);
  });

  test("leave what is in the middle where it is", () => {
    const { all, own } = memory();
    const edits = [
      { start: 10, end: 10, text: bytes("put in front") },
      { start: size - 3, end: size - 2, text: bytes("12345") },
    ];
    const made = applyOwnEdits(own, edits, roomBytes);
    expect(made.buffer).toBe(all.buffer);
    expect(made.byteOffset).toBe(own.byteOffset - "put in front".length);
    expect(made.length).toBe(size + "put in front".length + 4);
  });

  test("in the middle of it are made in a copy: moving half of a large message is no gain", () => {
    const { all, own } = memory();
    const made = applyOwnEdits(own, [{ start: 2_000, end: 2_001, text: bytes("12") }], roomBytes);
    expect(made.buffer).not.toBe(all.buffer);
    expect(own.toString()).toBe(original);
  });
});
