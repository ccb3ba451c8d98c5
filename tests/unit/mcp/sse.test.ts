/** Server-sent events, in both directions. */
import { describe, expect, test } from "bun:test";
import {
  encodeSseComment,
  encodeSseEvent,
  encodeSseMessage,
  type SseEvent,
  SseParser,
} from "@mcp-gateway/mcp";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

function parserFor(eventBytesMax = 1_000) {
  const events: SseEvent[] = [];
  const oversized: number[] = [];
  const parser = new SseParser({
    eventBytesMax,
    onEvent: (event) => events.push(event),
    onOversized: (bytes) => oversized.push(bytes),
  });
  return { parser, events, oversized, data: () => events.map((event) => text(event.data)) };
}

describe("encoding", () => {
  test("writes the fields in order", () => {
    expect(
      text(encodeSseEvent({ event: "message", id: "7", retryMs: 500, data: Buffer.from('{"a":1}') })),
    ).toBe('event: message\nid: 7\nretry: 500\ndata: {"a":1}\n\n');
    expect(text(encodeSseEvent({ data: "" }))).toBe("data: \n\n");
    expect(text(encodeSseComment("keep\nalive"))).toBe(": keep alive\n\n");
  });

  test("no field can begin another one", () => {
    expect(
      text(encodeSseEvent({ event: "a\r\nb\ndata: x", id: "1\n\0\r2", data: "x\r\n\r\nevent: evil" })),
    ).toBe("event: abdata: x\nid: 12\ndata: x\ndata: \ndata: event: evil\n\n");
    expect(text(encodeSseEvent({ data: Buffer.from('{\r\n"a":\n1}\r') }))).toBe('data: {  "a": 1} \n\n');
  });

  test.each([0, 7, 980, 1_000, 70_000])("an event `message` of a text of %i characters", (length) => {
    const filler = "x".repeat(length);
    const json = Buffer.from(`{"a":\r\n"${filler}",\n\n"b":1\r}\n`);
    const expected = encodeSseEvent({ event: "message", data: json });
    expect(text(encodeSseMessage(json))).toBe(text(expected));
    expect(text(expected)).toBe(`event: message\ndata: {"a":  "${filler}",  "b":1 } \n\n`);
  });

  test("leaves the given bytes alone", () => {
    const data = Buffer.from("[\n1]");
    encodeSseEvent({ data });
    expect(text(data)).toBe("[\n1]");
  });
});

describe("SseParser", () => {
  test("remembers the last id and reconnection time", () => {
    const { parser, events } = parserFor();
    parser.push(Buffer.from("id: a\nretry: 100\ndata: 1\n\nretry: 200\n\ndata: 2\n\nid\ndata: 3\n\n"));
    expect(events.map(({ id, retryMs }) => [id, retryMs])).toEqual([
      ["a", 100],
      ["a", 200],
      ["", 200],
    ]);
    expect(parser.lastEventId).toBe("");
    expect(parser.retryMs).toBe(200);
  });

  test("an event with an empty data line is an event, one without data is not", () => {
    const { parser, data } = parserFor();
    parser.push(Buffer.from("id: 1\ndata:\n\nid: 2\n\nevent: x\n\n: comment\n\n"));
    expect(data()).toEqual([""]);
    expect(parser.lastEventId).toBe("2");
  });

  test("an event name counts for its own event only", () => {
    const { parser, events } = parserFor();
    parser.push(Buffer.from("event: endpoint\ndata: /messages\n\nevent: lost\n\ndata: x\n\n"));
    expect(events.map(({ event }) => event)).toEqual(["endpoint", "message"]);
  });

  test("an unfinished event is dropped at the end", () => {
    const { parser, data } = parserFor();
    parser.push(Buffer.from("data: 1\n\ndata: 2\n"));
    parser.end();
    expect(data()).toEqual(["1"]);
  });

  test("many data lines are bounded together, and the size is reported", () => {
    const { parser, data, oversized } = parserFor(10);
    parser.push(Buffer.from(`${"data: 123\n".repeat(4)}\ndata: ok\n\n${"data\n".repeat(20)}\n`));
    expect(oversized).toEqual([15, 19]);
    expect(data()).toEqual(["ok"]);
  });

  test("a single oversized line streams away; a long comment is no event", () => {
    const { parser, data, oversized } = parserFor(10);
    parser.push(Buffer.from(`: ${"c".repeat(500)}\ndata: a\n\nda`));
    for (let count = 0; count < 10; count += 1)
      parser.push(Buffer.from(count === 0 ? "ta: " : "x".repeat(10)));
    parser.push(Buffer.from("\n\ndata: b\n\n"));
    expect(data()).toEqual(["a", "b"]);
    expect(oversized).toEqual([91]);
  });

  test("many lines of one kind of line end are read in linear time", () => {
    const { parser, events } = parserFor(1_000_000);
    const began = performance.now();
    for (const lineEnd of ["\n", "\r", "\r\n"]) {
      parser.push(Buffer.from(`data: x${lineEnd}${lineEnd}`.repeat(100_000)));
    }
    expect(events.length).toBe(300_000);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
