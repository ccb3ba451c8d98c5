/** Lines out of a byte stream. */
import { describe, expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import { LineSplitter } from "@mcp-gateway/mcp";

function collect(lineBytesMax: number) {
  const lines: Uint8Array[] = [];
  const oversized: { bytes: number; head: Uint8Array }[] = [];
  const splitter = new LineSplitter({
    lineBytesMax,
    onLine: (line) => lines.push(line),
    onOversized: (bytes, head) => oversized.push({ bytes, head }),
  });
  return { splitter, lines, oversized, texts: () => lines.map((line) => Buffer.from(line).toString()) };
}

describe("LineSplitter", () => {
  test("a line within one chunk is a view of it", () => {
    const { splitter, lines, texts } = collect(100);
    const chunk = Buffer.from("one\r\n\n\r\ntwo\nthr");
    splitter.push(chunk);
    splitter.push(Buffer.from("ee\nfour"));
    expect(texts()).toEqual(["one", "two", "three"]);
    expect(lines[1]?.buffer).toBe(chunk.buffer);
    splitter.end();
    splitter.end();
    expect(texts()).toEqual(["one", "two", "three", "four"]);
  });

  test("a byte order mark counts only at the very beginning", () => {
    const { splitter, texts } = collect(100);
    for (const byte of Buffer.from("\ufeffa\n\ufeffb\n")) splitter.push(Uint8Array.of(byte));
    expect(texts()).toEqual(["a", "\ufeffb"]);
  });

  test("an oversized line is counted, its beginning kept, and the next line read", () => {
    const { splitter, oversized, texts } = collect(10_000);
    const chunk = Buffer.alloc(3_000, "x");
    for (let count = 0; count < 5; count += 1) splitter.push(chunk);
    splitter.push(Buffer.from("\r\nnext\n"));
    splitter.push(Buffer.from(`${"y".repeat(10_001)}\nlast\n`));
    expect(oversized.map(({ bytes, head }) => [bytes, head.length])).toEqual([
      [15_000, limits.oversizedHeadBytes],
      [10_001, limits.oversizedHeadBytes],
    ]);
    expect(texts()).toEqual(["next", "last"]);
  });

  test("the head of an oversized line does not hold the chunk in memory", () => {
    const { splitter, oversized } = collect(10);
    splitter.push(Buffer.from(`${"x".repeat(100_000)}\n`));
    expect(oversized[0]?.head.buffer.byteLength).toBeLessThan(20_000);
  });

  test("bytes that drip singly, and very long lines, are read in linear time", () => {
    const { splitter, lines } = collect(4 * 1024 * 1024);
    const began = performance.now();
    const byte = Buffer.from("a");
    for (let count = 0; count < 300_000; count += 1) splitter.push(byte);
    splitter.push(Buffer.from("\n"));
    const chunk = Buffer.alloc(4_096, "b");
    for (let count = 0; count < 900; count += 1) splitter.push(chunk);
    splitter.push(Buffer.from("\n"));
    expect(lines.map((line) => line.length)).toEqual([300_000, 900 * 4_096]);
    // Quadratic copying would take minutes.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
