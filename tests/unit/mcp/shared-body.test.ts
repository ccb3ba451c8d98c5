/** One body for many answers: each has its own id, whatever was answered before and after. */
import { expect, test } from "bun:test";
import { encodeSseMessage, SharedBody, withIdBytes } from "@mcp-gateway/mcp";

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

test("each event is that answer as an event, whatever was asked for before and after", () => {
  const lines = Buffer.from(body.toString().replaceAll(",1,1,", ",\r\n1,\n"));
  expect(lines.includes("\r\n")).toBe(true);
  for (const bytes of [body, lines]) {
    const shared = new SharedBody([bytes.subarray(0, 100), bytes.subarray(100)]);
    for (const id of [...ids, ...ids.toReversed()]) {
      const message = Buffer.from(withIdBytes(bytes, Buffer.from(id)));
      const event = Buffer.from(encodeSseMessage(message));
      expect(event.toString("latin1")).toMatch(/^event: message\ndata: [^\r\n]+\n\n$/);
      expect(Buffer.from(shared.eventWithId(Buffer.from(id))).equals(event)).toBe(true);
      expect(Buffer.from(shared.withId(Buffer.from(id))).equals(message)).toBe(true);
    }
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
