/** Which era a message is of, and what headers say. */
import { describe, expect, test } from "bun:test";
import type { ClientMessage } from "../../../../apps/gateway/src/dispatch/context.ts";
import { eraOf } from "../../../../apps/gateway/src/stateless/era.ts";
import { decodeHeaderValue } from "../../../../apps/gateway/src/stateless/header-value.ts";
import { backendParams } from "../../../../apps/gateway/src/stateless/meta-keys.ts";
import { paramHeaderFault, paramHeadersOf } from "../../../../apps/gateway/src/stateless/param-headers.ts";

const key = "io.modelcontextprotocol/protocolVersion";

describe("the era of a message", () => {
  const request = (method: string, meta?: object): ClientMessage => ({
    kind: "request",
    id: 1,
    method,
    params: meta === undefined ? {} : { _meta: meta },
  });

  test.each([
    ["tools/list", undefined, null, "session"],
    ["tools/list", undefined, "2025-11-25", "session"],
    ["tools/list", undefined, "2026-07-28", "stateless"],
    ["tools/list", { [key]: "2026-07-28" }, null, "stateless"],
    ["tools/list", { [key]: "2099-01-01" }, "2025-11-25", "stateless"],
    ["tools/list", { progressToken: 1 }, null, "session"],
    ["initialize", undefined, "2026-07-28", "session"],
    ["initialize", { [key]: "2025-11-25" }, null, "session"],
    ["initialize", { [key]: "2026-07-28" }, null, "stateless"],
  ])("%s with _meta %p and header %p: %p belongs to it", (method, meta, header, era) => {
    expect(eraOf(header, request(method, meta as object | undefined)) as string).toBe(era as string);
  });

  test("an answer has only the header to tell", () => {
    const answer: ClientMessage = { kind: "response", id: 1, isError: false, result: {} };
    expect(eraOf(null, answer)).toBe("session");
    expect(eraOf("2026-07-28", answer)).toBe("stateless");
  });
});

describe("a header's value", () => {
  test.each([
    ["us-west1", "us-west1"],
    [" \tpadded ", "padded"],
    ["", ""],
    ["=?base64?SGVsbG8sIOS4lueVjA==?=", "Hello, 世界"],
    ["=?base64?IHBhZGRlZCA=?=", " padded "],
    ["=?base64?bGluZTEKbGluZTI=?=", "line1\nline2"],
    ["=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=", "=?base64?literal?="],
    ["=?base64??=", ""],
    ["=?base64?SGVsbG8=", "=?base64?SGVsbG8="],
    ["SGVsbG8=?=", "SGVsbG8=?="],
    ["=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?="],
    ["=?base64?=", "=?base64?="],
    ["=?base64?SGVsbG8?=", undefined],
    ["=?base64?SGVs!!!bG8=?=", undefined],
    ["=?base64?_-8=?=", undefined],
    ["=?base64?/w==?=", undefined],
    ["caf\u00e9", undefined],
    ["a\u0001b", undefined],
  ])("%p means %p", (header, value) => {
    expect(decodeHeaderValue(header)).toBe(value);
  });
});

describe("arguments in headers", () => {
  const schema = (properties: object, more: object = {}) => ({ type: "object", properties, ...more });
  const region = { type: "string", "x-mcp-header": "Region" };

  test("are found at any depth of `properties`, and nowhere else", () => {
    const deep = schema({
      region,
      at: schema({ n: { type: "integer", "x-mcp-header": "N" } }),
      "x-mcp-header": { type: "string" },
      other: { type: "string", default: { "x-mcp-header": 1 }, enum: [{ "x-mcp-header": 1 }] },
    });
    expect(paramHeadersOf(deep)).toEqual({
      isValid: true,
      headers: [
        { path: ["region"], name: "Region", type: "string" },
        { path: ["at", "n"], name: "N", type: "integer" },
      ],
    });
    expect(paramHeadersOf(undefined)).toEqual({ isValid: true, headers: [] });
  });

  test.each([
    ["empty", schema({ a: { type: "string", "x-mcp-header": "" } })],
    ["no token", schema({ a: { type: "string", "x-mcp-header": "a b" } })],
    ["with a line end", schema({ a: { type: "string", "x-mcp-header": "a\r\nX: y" } })],
    ["no string", schema({ a: { type: "string", "x-mcp-header": 1 } })],
    ["on a number", schema({ a: { type: "number", "x-mcp-header": "A" } })],
    ["on an object", schema({ a: { type: "object", "x-mcp-header": "A" } })],
    ["without a type", schema({ a: { "x-mcp-header": "A" } })],
    ["twice", schema({ a: region, b: { type: "string", "x-mcp-header": "REGION" } })],
    ["at the root", schema({}, { "x-mcp-header": "A" })],
    ["under items", schema({ a: { type: "array", items: region } })],
    ["under anyOf", schema({}, { anyOf: [schema({ a: region })] })],
    ["under $defs", schema({}, { $defs: { a: region } })],
    ["under else", schema({}, { if: {}, else: schema({ a: region }) })],
  ])("an annotation %s makes the tool unusable", (_what, inputSchema) => {
    expect(paramHeadersOf(inputSchema).isValid).toBe(false);
  });

  const found = paramHeadersOf(
    schema({
      region,
      n: { type: "integer", "x-mcp-header": "N" },
      b: { type: "boolean", "x-mcp-header": "B" },
    }),
  );
  const fault = (args: unknown, headers: Record<string, string>): string | undefined =>
    paramHeaderFault(found.isValid ? found.headers : [], args, (name) => headers[name] ?? null);

  test.each([
    [{ region: "eu" }, { "Mcp-Param-Region": "eu" }],
    [{ region: "é" }, { "Mcp-Param-Region": "=?base64?w6k=?=" }],
    [{ n: 42 }, { "Mcp-Param-N": "42.0" }],
    [{ b: false }, { "Mcp-Param-B": "false" }],
    [{ region: null }, {}],
    [{}, { "Mcp-Param-Region": "ignored" }],
    [undefined, {}],
  ])("%p fits %p", (args, headers) => {
    expect(fault(args, headers as Record<string, string>)).toBeUndefined();
  });

  test.each([
    [{ region: "eu" }, {}],
    [{ region: "eu" }, { "Mcp-Param-Region": "us" }],
    [{ region: "eu" }, { "Mcp-Param-Region": "EU" }],
    [{ region: "Hello" }, { "Mcp-Param-Region": "=?base64?SGVsbG8?=" }],
    [{ n: 42 }, { "Mcp-Param-N": "0x2a" }],
    [{ n: 42 }, { "Mcp-Param-N": "43" }],
    [{ b: true }, { "Mcp-Param-B": "True" }],
  ])("%p does not fit %p", (args, headers) => {
    expect(fault(args, headers as Record<string, string>)).toBeString();
  });
});

describe("params on their way to a backend with sessions", () => {
  test("lose what is of this hop only", () => {
    const reserved = { [key]: "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };
    const own = { name: "x", arguments: { requestState: "the tool's own" } };
    expect(
      backendParams("tools/call", {
        ...own,
        requestState: "s",
        inputResponses: {},
        task: {},
        _meta: { ...reserved, a: 1 },
      }),
    ).toEqual({ ...own, _meta: { a: 1 } });
    expect(backendParams("tools/call", { ...own, _meta: reserved })).toEqual(own);
    expect(backendParams("tools/call", undefined)).toEqual({});
  });

  test("keep the answers to a task's questions, which go to its server", () => {
    const params = { taskId: "t", inputResponses: { a: {} } };
    expect(backendParams("tasks/update", { ...params, _meta: { [key]: "2026-07-28" } })).toEqual(params);
  });
});
