/** What a client posted, on its way to a backend: parsed once, and written again without a loss. */
import { describe, expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import { readMessage, readMessages } from "../../../../apps/gateway/src/fronts/message.ts";

const numbers =
  "[-0,-0.0,1.0,1E+05,1e400,-1e400,1e-400,9007199254740993,-123456789012345678901234567890,0.1]";
const exact = [
  `{"n":${numbers}}`,
  '{"s":"\\ud800","t":"\\udc00x","\\udfff":1}',
  '{"":0,"__proto__":{"x":1.50},"constructor":{"prototype":[]}}',
  '{"b":1,"a":{"z":null,"y":[[],{}]}}',
];

describe("what goes on is what was written", () => {
  test.each(exact)("in arguments, other params, _meta, results and errors: %s", (value) => {
    const written = (text: string): string => {
      const message = readMessage(text);
      if (message.kind === "response")
        return JSON.stringify(message.isError ? message.error : message.result);
      return JSON.stringify(message.params);
    };
    const params = `{"arguments":${value},"other":${value},"_meta":{"a/b":${value}}}`;
    expect(written(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`)).toBe(params);
    expect(written(`{"jsonrpc":"2.0","method":"notifications/x","params":${params}}`)).toBe(params);
    expect(written(`{"jsonrpc":"2.0","id":1,"result":${value}}`)).toBe(value);
    const error = `{"code":-1,"message":"m","data":${value}}`;
    expect(written(`{"jsonrpc":"2.0","id":1,"error":${error}}`)).toBe(error);
  });

  test("in each message of a batch", () => {
    const one = (id: number): string =>
      `{"jsonrpc":"2.0","id":${id},"method":"m","params":{"n":${numbers},"id":${id}}}`;
    const messages = [readMessages(`[${one(1)}, ${one(2)}]`)].flat();
    expect(messages.map((message) => message.kind === "request" && JSON.stringify(message.params))).toEqual([
      `{"n":${numbers},"id":1}`,
      `{"n":${numbers},"id":2}`,
    ]);
  });

  test("of equal keys the last, and a value spelt in escapes as what it says", () => {
    const message = readMessage(
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1,"a":2,"\\u0062":"\\u0063\\/"}}',
    );
    expect(JSON.stringify(message)).toContain('"params":{"a":2,"b":"c/"}');
  });
});

test("numbers by which a call is found stay numbers", () => {
  const request = readMessage(
    '{"jsonrpc":"2.0","id":1.0,"method":"m","params":{"x":1.0,"_meta":{"progressToken":7.0,"y":2.0}}}',
  );
  expect(request).toMatchObject({ id: 1, params: { _meta: { progressToken: 7 } } });
  const cancelled = readMessage(
    '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1e0,"x":[1.0]}}',
  );
  expect(cancelled).toMatchObject({ params: { requestId: 1 } });
});

test("what is nested too deep is refused, however long it is", () => {
  const nested = (depth: number): string =>
    `{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
  expect(readMessage(nested(limits.jsonDepthMax - 2))).toMatchObject({ kind: "request" });
  for (const depth of [limits.jsonDepthMax - 1, 1_000_000])
    expect(() => readMessage(nested(depth))).toThrow(expect.objectContaining({ code: "json-too-deep" }));
});
