/** One body for many answers: each has its own id, whatever was answered before and after. */
import { expect, test } from "bun:test";
import { SharedBody, withIdBytes } from "@mcp-gateway/mcp";

const body = Buffer.from(`"result":{"tools":[${"1,".repeat(5_000)}1]}}`);
const ids = [
  "1",
  "22",
  "333",
  '"a"',
  `"${"x".repeat(62)}"`,
  `"${"x".repeat(63)}"`,
  `"${"y".repeat(500)}"`,
  "4",
];

test("each answer is the body with its id, shorter and longer ones in any order", () => {
  const shared = new SharedBody([body.subarray(0, 100), body.subarray(100)]);
  expect(shared.length).toBe(body.length);
  for (const id of [...ids, ...ids.toReversed()]) {
    const expected = Buffer.from(withIdBytes(body, Buffer.from(id)));
    expect(Buffer.from(shared.withId(Buffer.from(id))).equals(expected)).toBe(true);
  }
});

test("an HTTP answer keeps its own bytes while the next one is made", async () => {
  const shared = new SharedBody([body.subarray(0, 100), body.subarray(100)]);
  const answers = ids.map((id) => new Response(shared.withId(Buffer.from(id)) as Uint8Array<ArrayBuffer>));
  for (const [at, answer] of answers.entries()) {
    const expected = Buffer.from(withIdBytes(body, Buffer.from(ids[at] ?? "")));
    expect(Buffer.from(await answer.arrayBuffer()).equals(expected)).toBe(true);
  }
});
