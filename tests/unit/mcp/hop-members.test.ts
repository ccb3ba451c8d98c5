/** The members of a result that are set anew on each hop, found without going through its content again. */
import { expect, test } from "bun:test";
import { hopMemberSpans, readEnvelope, resultStart } from "@mcp-gateway/mcp";

function othersEndOf(message: string): number {
  const envelope = readEnvelope(Buffer.from(message));
  if (envelope?.kind !== "response") throw new Error("no response");
  return envelope.othersEnd;
}

test.each([
  ['"resultType":"complete","content":["BIG"],"_meta":{"a":1}', '"_meta":{"a":1}}', ["resultType", "_meta"]],
  [
    '"content":["BIG"],"structuredContent":{"a":"BIG"},"isError":false , "ttlMs" : 5',
    '"ttlMs" : 5}',
    ["ttlMs"],
  ],
  ['"_meta":{},"resultType":"complete","content":["BIG"] ', "}", ["_meta", "resultType"]],
  ['"content":["BIG"],"_meta":{},"more":1,"resultType":"task"', '"_meta":{},"more"', ["_meta", "resultType"]],
  ['"content":["BIG"],"\\u005fmeta":{}', '"\\u005fmeta"', ["_meta"]],
  ['"content":["BIG"],"is\\u0045rror":false,"_meta":{}', '"is\\u0045rror"', ["_meta"]],
])("of {%s} the run of others ends at %s, and is not walked", (members, rest, names) => {
  const message = `{"jsonrpc":"2.0","id":1,"result":{${members}}}`;
  const end = othersEndOf(message);
  expect(message.slice(end)).toStartWith(rest);
  // What can't be read there is not noticed, so it was not read.
  const unread = Buffer.from(message.replaceAll('"BIG"', '\0\0"]}'));
  const spans = hopMemberSpans(unread, resultStart(unread) ?? 0, end);
  expect([...(spans?.keys() ?? [])]).toEqual(names);
  expect(hopMemberSpans(unread, resultStart(unread) ?? 0, 0)).toBeUndefined();
});

test("where there are no others, or no members at all, nothing is left out", () => {
  for (const result of ["{}", '{"_meta":{}}', "[]", "5"])
    expect(othersEndOf(`{"jsonrpc":"2.0","id":1,"result":${result}}`)).toBe(0);
  expect(othersEndOf('{"jsonrpc":"2.0","id":1,"error":{"a":1,"_meta":{}}}')).toBe(0);
});

test("a place that is none finds nothing, and does not hang", () => {
  const message = Buffer.from('{"result":{"a":1,"_meta":{}},"jsonrpc":"2.0","id":1}');
  const start = resultStart(message) ?? 0;
  for (const place of [1, start, start + 3, message.length, message.length + 5, 2 ** 32 - 1]) {
    const spans = hopMemberSpans(message, start, place);
    expect([...(spans?.keys() ?? [])]).not.toContain("a");
  }
});
