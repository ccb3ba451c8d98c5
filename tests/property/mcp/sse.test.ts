/** Server-sent events: what is written is read again, and the parser agrees with a plain reading of the standard. */
import { describe, expect, test } from "bun:test";
import { encodeSseComment, encodeSseEvent, SseParser } from "@mcp-gateway/mcp";
import fc from "fast-check";
import { chunksOf } from "./chunks.ts";
import { options } from "./options.ts";

interface Read {
  readonly event: string;
  readonly id: string | undefined;
  readonly retryMs: number | undefined;
  readonly data: string;
}

function readEvents(bytes: Uint8Array, sizes: Iterable<number>, eventBytesMax = 1_000_000) {
  const events: Read[] = [];
  const oversized: number[] = [];
  const parser = new SseParser({
    eventBytesMax,
    onEvent: (event) => events.push({ ...event, data: Buffer.from(event.data).toString() }),
    onOversized: (count) => oversized.push(count),
  });
  for (const chunk of chunksOf(bytes, sizes)) parser.push(chunk);
  parser.end();
  return { events, oversized };
}

/** WHATWG HTML 9.2.6, word for word, on a whole string. */
function referenceEvents(text: string): Read[] {
  const events: Read[] = [];
  let data = "";
  let event = "";
  let id: string | undefined;
  let retryMs: number | undefined;
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  for (const line of lines.slice(0, -1)) {
    if (line === "") {
      if (data !== "")
        events.push({ event: event === "" ? "message" : event, id, retryMs, data: data.replace(/\n$/, "") });
      data = "";
      event = "";
      continue;
    }
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    if (field === "data") data += `${value}\n`;
    if (field === "id" && !value.includes("\0")) id = value;
    if (field === "retry" && /^[0-9]{1,9}$/.test(value)) retryMs = Number(value);
  }
  return events;
}

const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 7 }));

describe("SseParser", () => {
  test("reads any stream as the standard says, however it is cut", () => {
    const end = fc.constantFrom("\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "\r\r");
    const line = fc.oneof(
      fc.constantFrom(
        "data: x",
        "data:",
        "data",
        "data:  y",
        ": comment",
        "id: 1",
        "id",
        "id: a\0b",
        "event: endpoint",
        "retry: 50",
      ),
      fc.constantFrom(
        "retry: 5x",
        "retry:",
        "foo: bar",
        "databus: z",
        "\ufeffdata: bom",
        " data: no",
        "data: \u00e9\u{1f600}",
      ),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(line, end), { maxLength: 14 }), sizes, (lines, cuts) => {
        const text = lines.flat().join("");
        expect(readEvents(Buffer.from(text), cuts).events).toEqual(referenceEvents(text));
      }),
      options(3_000),
    );
  });

  test("reads what was written, and nothing more, whatever the fields hold", () => {
    const field = fc.option(fc.string({ unit: "grapheme" }), { nil: undefined });
    const fields = fc.record({
      event: field,
      id: field,
      retryMs: fc.option(fc.nat({ max: 99_999 }), { nil: undefined }),
      data: fc.json(),
    });
    const injected = fields.map((made) => ({
      ...made,
      id: made.id === undefined ? undefined : `${made.id}\r\n\r\nevent: evil\0`,
    }));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fields, injected), { maxLength: 4 }),
        sizes,
        fc.boolean(),
        (events, cuts, asBytes) => {
          const wire = events.flatMap((event) => [
            encodeSseComment("ping\n\ndata: no"),
            encodeSseEvent({
              ...(event.event === undefined ? {} : { event: event.event }),
              ...(event.id === undefined ? {} : { id: event.id }),
              ...(event.retryMs === undefined ? {} : { retryMs: event.retryMs }),
              data: asBytes ? Buffer.from(event.data) : event.data,
            }),
          ]);
          const { events: read } = readEvents(Buffer.concat(wire), cuts);
          expect(read.map(({ data }) => JSON.parse(data))).toEqual(
            events.map(({ data }) => JSON.parse(data)),
          );
          const name = (event: string | undefined) => (event ?? "").replace(/[\r\n\0]/g, "") || "message";
          expect(read.map(({ event }) => event)).toEqual(events.map(({ event }) => name(event)));
        },
      ),
      options(1_000),
    );
  });

  test("JSON with line ends between its tokens stays one event with the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom("\n", "\r\n", "\r"), sizes, (value, lineEnd, cuts) => {
        const json = JSON.stringify(value, undefined, 2).replaceAll("\n", lineEnd);
        const { events } = readEvents(encodeSseEvent({ data: Buffer.from(json) }), cuts);
        expect(events.map(({ data }) => JSON.parse(data))).toEqual([JSON.parse(json)]);
      }),
      options(500),
    );
  });

  test("reports an event beyond the bound once and reads the next one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 6 }),
        sizes,
        (lengths, cuts) => {
          const wire = lengths.map((length) => `event: e\ndata: ${"x".repeat(length)}\n\n`).join("");
          const { events, oversized } = readEvents(Buffer.from(wire), cuts, 16);
          expect(events.map(({ data }) => data.length)).toEqual(lengths.filter((length) => length <= 16));
          expect(oversized.length).toBe(lengths.filter((length) => length > 16).length);
        },
      ),
      options(1_000),
    );
  });
});
