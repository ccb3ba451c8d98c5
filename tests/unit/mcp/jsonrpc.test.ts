/** Parsed messages of clients, and replies of our own. */
import { describe, expect, test } from "bun:test";
import { classifyMessage, errorReply, idBytes, notificationMessage, resultReply } from "@mcp-gateway/mcp";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe("classifyMessage", () => {
  test("knows requests, notifications and responses", () => {
    expect(classifyMessage({ jsonrpc: "2.0", id: 0, method: "ping" })).toEqual({
      kind: "request",
      id: 0,
      method: "ping",
      params: undefined,
    });
    expect(classifyMessage({ jsonrpc: "2.0", id: "", method: "m", params: { a: 1 }, extra: 1 })).toEqual({
      kind: "request",
      id: "",
      method: "m",
      params: { a: 1 },
    });
    expect(classifyMessage({ jsonrpc: "2.0", method: "n" })).toEqual({
      kind: "notification",
      method: "n",
      params: undefined,
    });
    expect(classifyMessage({ jsonrpc: "2.0", id: 1.5, result: null })).toEqual({
      kind: "response",
      id: 1.5,
      isError: false,
      result: null,
    });
    expect(classifyMessage({ jsonrpc: "2.0", id: 1, error: { code: 1, message: "" } })).toEqual({
      kind: "response",
      id: 1,
      isError: true,
      error: { code: 1, message: "" },
    });
  });

  test.each([
    ["null", "object", undefined],
    ["[]", "object", undefined],
    ['"x"', "object", undefined],
    ["{}", "jsonrpc", undefined],
    ['{"id":1,"method":"m"}', "jsonrpc", 1],
    ['{"jsonrpc":2,"id":1,"method":"m"}', "jsonrpc", 1],
    ['{"jsonrpc":"2.0","id":null,"method":"m"}', "id", undefined],
    ['{"jsonrpc":"2.0","id":true,"method":"m"}', "id", undefined],
    ['{"jsonrpc":"2.0","id":{},"method":"m"}', "id", undefined],
    ['{"jsonrpc":"2.0","id":1e400,"method":"m"}', "id", undefined],
    ['{"jsonrpc":"2.0","id":9007199254740993,"method":"m"}', "2^53", undefined],
    [`{"jsonrpc":"2.0","id":"${"é".repeat(513)}","method":"m"}`, "too long", undefined],
    ['{"jsonrpc":"2.0","id":1,"method":""}', "method", 1],
    ['{"jsonrpc":"2.0","id":1,"method":5}', "method", 1],
    ['{"jsonrpc":"2.0","id":1,"Method":"m"}', "method", 1],
    ['{"jsonrpc":"2.0","id":1,"__proto__":{"method":"m"}}', "method", 1],
    ['{"jsonrpc":"2.0","id":1,"method":"m","params":[]}', "params", 1],
    ['{"jsonrpc":"2.0","id":1,"method":"m","params":null}', "params", 1],
    ['{"jsonrpc":"2.0","method":"m","params":"x"}', "params", undefined],
    ['{"jsonrpc":"2.0","id":1,"method":"m","result":{}}', "both", 1],
    ['{"jsonrpc":"2.0","id":1,"error":{},"result":{}}', "either", 1],
    ['{"jsonrpc":"2.0","result":{}}', "id", undefined],
    ['{"jsonrpc":"2.0","id":1,"error":"x"}', "error", 1],
    ['{"jsonrpc":"2.0","id":null,"error":{}}', "id", undefined],
  ])("refuses %s and says why", (json, word, id) => {
    const read = classifyMessage(JSON.parse(json));
    expect(read).toEqual({ kind: "invalid", reason: expect.stringContaining(word), id });
  });
});

test("replies are complete messages", () => {
  expect(text(errorReply(null, { code: -32_700, message: "no" }))).toBe(
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}',
  );
  expect(text(errorReply(idBytes('a"'), { code: 1, message: "x" }))).toBe(
    '{"jsonrpc":"2.0","id":"a\\"","error":{"code":1,"message":"x"}}',
  );
  expect(text(resultReply(idBytes(3), { ok: true }))).toBe('{"jsonrpc":"2.0","id":3,"result":{"ok":true}}');
  expect(text(resultReply(idBytes(3), undefined))).toBe('{"jsonrpc":"2.0","id":3,"result":{}}');
  expect(text(notificationMessage("n"))).toBe('{"jsonrpc":"2.0","method":"n"}');
  expect(text(notificationMessage("n", { a: 1 }))).toBe('{"jsonrpc":"2.0","method":"n","params":{"a":1}}');
});
