import { describe, expect, test } from "bun:test";
import { CallFailed, checkCall, readList, WrongAnswer } from "../../../bench/load/answers.ts";

function answer(id: unknown, text: string, more: object = {}): Buffer {
  return Buffer.from(
    JSON.stringify({ result: { content: [{ type: "text", text }] }, jsonrpc: "2.0", id, ...more }),
  );
}

const small = "hello";
const large = "0123456789abcdef".repeat(65_536);

describe.each([
  ["small", small],
  ["1 MB", large],
])("a %s answer", (_size, text) => {
  test("is taken when id and content are right", () => {
    checkCall(answer(7, text), 7, text);
  });

  test("is wrong under another id", () => {
    expect(() => checkCall(answer(8, text), 7, text)).toThrow(WrongAnswer);
    expect(() => checkCall(answer("7", text), 7, text)).toThrow(WrongAnswer);
  });

  test("is wrong when one character differs", () => {
    const middle = Math.floor(text.length / 2);
    const spoilt = `${text.slice(0, middle)}X${text.slice(middle + 1)}`;
    expect(() => checkCall(answer(7, spoilt), 7, text)).toThrow(WrongAnswer);
  });

  test("is wrong when something was cut off or added", () => {
    expect(() => checkCall(answer(7, text.slice(0, -1)), 7, text)).toThrow(WrongAnswer);
    expect(() => checkCall(answer(7, `${text}!`), 7, text)).toThrow(WrongAnswer);
  });

  test("is wrong when it is not whole", () => {
    expect(() => checkCall(answer(7, text).subarray(0, -1), 7, text)).toThrow(WrongAnswer);
  });
});

describe("a refusal", () => {
  test("is told apart from a wrong answer", () => {
    const refusal = Buffer.from('{"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"gone"}}');
    expect(() => checkCall(refusal, 7, small)).toThrow(CallFailed);
    const failed = Buffer.from('{"jsonrpc":"2.0","id":7,"result":{"isError":true,"content":[]}}');
    expect(() => checkCall(failed, 7, small)).toThrow(CallFailed);
  });
});

describe("a list", () => {
  test("gives its names and the next page", () => {
    const body = Buffer.from(
      '{"jsonrpc":"2.0","id":3,"result":{"tools":[{"name":"a"},{"name":"b"}],"nextCursor":"x"}}',
    );
    expect(readList(body, 3)).toEqual({ names: ["a", "b"], nextCursor: "x" });
    expect(() => readList(body, 4)).toThrow(WrongAnswer);
    expect(() => readList(Buffer.from('{"id":3,"result":{}}'), 3)).toThrow(CallFailed);
  });
});
