/** Ids put into messages, by bytes. */
import { describe, expect, test } from "bun:test";
import {
  errorBody,
  idlessBody,
  resultBody,
  spliceId,
  spliceOwnId,
  withIdBytes,
  withRequestId,
} from "@mcp-gateway/mcp";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test("spliceId replaces the id and leaves the original alone", () => {
  const bytes = Buffer.from('{"result":"é","jsonrpc":"2.0","id":17}');
  const at = bytes.indexOf("17");
  expect(text(spliceId(bytes, at, 2, Buffer.from('"a much longer id"')))).toBe(
    '{"result":"é","jsonrpc":"2.0","id":"a much longer id"}',
  );
  expect(text(spliceId(bytes, at, 2, Buffer.from("4")))).toBe('{"result":"é","jsonrpc":"2.0","id":4}');
  expect(text(bytes)).toBe('{"result":"é","jsonrpc":"2.0","id":17}');
});

test("a body gets its id in front", () => {
  const body = idlessBody('tools/"call"', { name: "é", arguments: { a: [1, null] } });
  expect(text(body)).toBe('"method":"tools/\\"call\\"","params":{"name":"é","arguments":{"a":[1,null]}}}');
  expect(JSON.parse(text(withRequestId(body, 42)))).toEqual({
    jsonrpc: "2.0",
    id: 42,
    method: 'tools/"call"',
    params: { name: "é", arguments: { a: [1, null] } },
  });
  expect(JSON.parse(text(withIdBytes(body, Buffer.from('"x"'))))).toMatchObject({ id: "x" });
});

test("a body without params has no such member", () => {
  expect(text(withRequestId(idlessBody("ping", undefined), 1))).toBe(
    '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  );
});

test("replies are built from text, bytes or an error", () => {
  const id = Buffer.from("7");
  expect(text(withIdBytes(resultBody('{"a":"é"}'), id))).toBe('{"jsonrpc":"2.0","id":7,"result":{"a":"é"}}');
  expect(text(withIdBytes(resultBody(Buffer.from('{"a":"é"}')), id))).toBe(
    '{"jsonrpc":"2.0","id":7,"result":{"a":"é"}}',
  );
  expect(text(withIdBytes(errorBody({ code: -32_000, message: "no", data: { why: 1 } }), id))).toBe(
    '{"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"no","data":{"why":1}}}',
  );
});

describe("an id put into a message of one's own", () => {
  const around = [0, 1, 900, 999, 1_000, 1_001, 5_000];
  const totals = [100, 32 * 1024 - 1, 32 * 1024, 40_000];

  test.each(totals)("of %d bytes reads as the copy does, wherever it stands", (total) => {
    let inPlace = 0;
    for (const before of around)
      for (const behind of around)
        for (const [old, fresh] of [
          ["12345", "7"],
          ["12345", "54321"],
          ["1", '"a longer one"'],
          ["999", '"a"'],
        ] as const) {
          const filler = Math.max(0, total - before - behind - old.length);
          for (const text of [
            `${"a".repeat(before)}${old}${"b".repeat(filler + behind)}`,
            `${"a".repeat(before + filler)}${old}${"b".repeat(behind)}`,
          ]) {
            const start = text.indexOf(old);
            const expected = Buffer.from(spliceId(Buffer.from(text), start, old.length, Buffer.from(fresh)));
            const own = new Uint8Array(Buffer.from(text));
            const spliced = spliceOwnId(own, start, old.length, Buffer.from(fresh));
            expect(Buffer.from(spliced).equals(expected)).toBe(true);
            if (spliced.buffer === own.buffer) inPlace += 1;
          }
        }
    expect(inPlace > 0).toBe(total >= 32 * 1024);
  });
});
