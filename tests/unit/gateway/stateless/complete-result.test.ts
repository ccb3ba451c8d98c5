/** Results are completed by bytes; for every reader they say what they said before, and what this revision needs. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { completeResult } from "../../../../apps/gateway/src/stateless/complete-result.ts";
import { responseIn } from "../../../../apps/gateway/src/stateless/outcome.ts";

const info = '{"name":"gateway","version":"1"}';
const identity = { "io.modelcontextprotocol/serverInfo": JSON.parse(info) };
const id = Buffer.from('"client"');
const roomBytes = 300;
const padding = " ".repeat(40_000);

function complete(message: string, method = "tools/call"): string | undefined {
  const completion = { id, method, serverInfo: info, resultType: "complete" as const };
  const copied = completeResult(responseIn(Buffer.from(message)), completion);
  // Nor may it matter whether the supervisor has told what need not be looked at.
  const untold = completeResult({ ...responseIn(Buffer.from(message)), reference: 0 }, completion);
  expect(untold).toEqual(copied);
  // The same for a large one, in memory that has room: nothing outside the message and its room may be touched.
  const around = "around";
  const large = message.replace(/(?:,"(?:id|jsonrpc)":[^,{}]*)*\}$/, (end) => padding + end);
  const memory = Buffer.from(around + "-".repeat(roomBytes) + large + "-".repeat(roomBytes) + around);
  const start = around.length + roomBytes;
  const payload = memory.subarray(start, memory.length - start);
  const own = completeResult({ ...responseIn(payload), roomBytes }, completion);
  const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString().replace(padding, "");
  expect(text(own)).toBe(text(copied));
  if (own !== undefined && message.length < 900) expect(own.buffer).toBe(memory.buffer);
  expect([memory.toString("utf8", 0, 6), memory.toString("utf8", memory.length - 6)]).toEqual([
    around,
    around,
  ]);
  return text(copied);
}

describe("a result", () => {
  const cases: readonly (readonly [message: string, own: Record<string, unknown>])[] = [
    ['{"jsonrpc":"2.0","id":1,"result":{}}', {}],
    ['{"jsonrpc":"2.0","id":1,"result": { } }', {}],
    ['{"result":{"a":1},"id":1,"jsonrpc":"2.0"}', { a: 1 }],
    ['{"x":{"result":9},"jsonrpc":"2.0","result":{"a":[{"_meta":{}}]},"id":1}', { a: [{ _meta: {} }] }],
    ['{"jsonrpc":"2.0","id":1,"result":{"_meta":{}}}', { _meta: {} }],
    ['{"jsonrpc":"2.0","id":1,"result":{"_meta":null}}', {}],
    ['{"jsonrpc":"2.0","id":1,"result":{"\\u005fmeta":{"a":1}}}', { _meta: { a: 1 } }],
    ['{"jsonrpc":"2.0","id":1,"result":{"_meta":{"a":1},"_meta":{"b":2}}}', { _meta: { b: 2 } }],
    ['{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required"}}', {}],
    ['{"jsonrpc":"2.0","id":1,"result":{"resultType":{"deep":[1,"}"]},"a":"\\"_meta\\""}}', { a: '"_meta"' }],
  ];
  test.each(cases)("%s is complete and otherwise the same", (message, own) => {
    const out = JSON.parse(complete(message) ?? "null");
    expect(out.id).toBe("client");
    expect(out.result).toEqual({
      ...own,
      resultType: "complete",
      _meta: { ...Object(own["_meta"]), ...identity },
    });
  });

  test("that is no object can't be one of this revision", () => {
    for (const result of ["null", "[]", "5", '"text"'])
      expect(complete(`{"jsonrpc":"2.0","id":1,"result":${result}}`)).toBeUndefined();
  });

  test("of a method with caching hints has them, in place of any the backend made up", () => {
    const message = '{"jsonrpc":"2.0","id":1,"result":{"ttlMs":-5,"contents":[],"cacheScope":"public"}}';
    expect(JSON.parse(complete(message, "resources/read") ?? "null").result).toEqual({
      resultType: "complete",
      ttlMs: 0,
      cacheScope: "private",
      contents: [],
      _meta: identity,
    });
    expect(JSON.parse(complete(message) ?? "null").result).toMatchObject({ ttlMs: -5, cacheScope: "public" });
  });

  test("of any shape keeps every member of its own", () => {
    const seed = Number(process.env["MCP_GATEWAY_SEED"] ?? Number.NaN);
    const member = fc.oneof(
      fc.constantFrom("_meta", "resultType", "content", "id", "result", 'a"b', "é"),
      fc.string(),
    );
    const result = fc.dictionary(member, fc.jsonValue(), { maxKeys: 6 });
    fc.assert(
      fc.property(result, fc.boolean(), fc.boolean(), (own, isTail, isEscaped) => {
        const text = isEscaped ? JSON.stringify(own).replaceAll("_", "\\u005f") : JSON.stringify(own);
        const message = isTail
          ? `{"result":${text},"jsonrpc":"2.0","id":1}`
          : `{"jsonrpc":"2.0","id":1,"result":${text}}`;
        const before = JSON.parse(text) as Record<string, unknown>;
        const meta = before["_meta"];
        const kept = typeof meta === "object" && meta !== null && !Array.isArray(meta) ? meta : {};
        const out = JSON.parse(complete(message) ?? "null");
        expect(out).toEqual({
          jsonrpc: "2.0",
          id: "client",
          result: { ...before, resultType: "complete", _meta: { ...kept, ...identity } },
        });
      }),
      Number.isNaN(seed) ? {} : { seed },
    );
  });
});
