/** The bound on answers that clients do not read. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import { addUnread, answerOrRefusal, unreadNumbers } from "../../../../apps/gateway/src/sessions/unread.ts";

let reader = { unreadBytes: 0 };
let others = { unreadBytes: 0 };

beforeEach(() => {
  reader = { unreadBytes: 0 };
  others = { unreadBytes: 0 };
});
afterEach(() => {
  for (const one of [reader, others]) addUnread(one, -one.unreadBytes);
  expect(unreadNumbers().bytes).toBe(0);
});

const large = Buffer.alloc(10_000_000);
const small = Buffer.alloc(limits.unreadSmallBytes);

function refusalOf(answer: Uint8Array, id: string | number) {
  const message = JSON.parse(Buffer.from(answerOrRefusal(reader, answer, id)).toString());
  expect(message).toMatchObject({ jsonrpc: "2.0", id, error: { code: -32005 } });
  expect(message.error.data).toEqual({ reason: "answers-unread", bytes: answer.length });
  return String(message.error.message);
}

describe("an answer", () => {
  test("goes out to a client that has read all others, however large it is", () => {
    const largest = Buffer.alloc(limits.unreadBytesPerSessionMax + 1);
    expect(answerOrRefusal(reader, largest, 1)).toBe(largest);
  });

  test("goes out up to its session's bound, and not beyond it", () => {
    addUnread(reader, limits.unreadBytesPerSessionMax - large.length);
    expect(answerOrRefusal(reader, large, 1)).toBe(large);
    addUnread(reader, 1);
    const { refused } = unreadNumbers();
    expect(refusalOf(large, "mine")).toBe(
      `The request was carried out, but its answer of 10000000 bytes is left out: this session has ${reader.unreadBytes} bytes of earlier answers unread.`,
    );
    expect(unreadNumbers().refused).toBe(refused + 1);
  });

  test("goes out up to the bound of all, and not beyond it", () => {
    addUnread(others, limits.unreadBytesMax - large.length);
    expect(answerOrRefusal(reader, large, 1)).toBe(large);
    addUnread(others, 1);
    expect(refusalOf(large, 7)).toContain(
      `clients have ${others.unreadBytes} bytes of earlier answers unread`,
    );
  });

  test("of another session goes out while one has reached its bound", () => {
    addUnread(others, limits.unreadBytesPerSessionMax);
    expect(answerOrRefusal(reader, large, 1)).toBe(large);
  });

  test("that is small goes out all the same", () => {
    addUnread(reader, limits.unreadBytesMax);
    expect(answerOrRefusal(reader, small, 1)).toBe(small);
    refusalOf(Buffer.alloc(small.length + 1), 1);
  });
});
