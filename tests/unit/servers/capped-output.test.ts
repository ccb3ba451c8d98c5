/** Head, tail and the count of what lay between, for every way of cutting an output into chunks. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CappedOutput } from "../../../servers/shell-core/src/index.ts";

const seed = Number(process.env["MCP_GATEWAY_SEED"]) || undefined;
const parameters = { numRuns: 300, ...(seed === undefined ? {} : { seed }) };
const cutLine = /\n\[\.\.\. (\d+) bytes cut \.\.\.\]\n/u;

function captureOf(bytesMax: number, chunks: readonly Uint8Array[]) {
  const output = new CappedOutput(bytesMax);
  for (const chunk of chunks) output.push(chunk);
  return output.capture();
}

function cutUp(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe("an output within the bound", () => {
  test("comes back whole, whatever the chunks", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        (text, sizes) => {
          const bytes = Buffer.from(text);
          const captured = captureOf(Math.max(1, bytes.length), cutUp(bytes, sizes));
          expect(captured).toEqual({ text, bytes: bytes.length, bytesCut: 0 });
        },
      ),
      parameters,
    );
  });

  test("that is not UTF-8 is decoded with replacement characters", () => {
    const captured = captureOf(100, [Buffer.from([0x61, 0xff, 0xfe, 0x62, 0xe4])]);
    expect(captured.text).toBe("a\ufffd\ufffdb\ufffd");
  });

  test("keeps a byte order mark and NUL characters", () => {
    expect(captureOf(100, [Buffer.from("\ufeffa\0b")]).text).toBe("\ufeffa\0b");
  });
});

describe("an output beyond the bound", () => {
  test("keeps a prefix and a suffix, never cuts a character, and counts the rest", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 20, maxLength: 200 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 }),
        (text, bytesMax, sizes) => {
          const bytes = Buffer.from(text);
          fc.pre(bytes.length > bytesMax && !cutLine.test(text));
          const captured = captureOf(bytesMax, cutUp(bytes, sizes));
          const [head = "", count = "", tail = ""] = captured.text.split(cutLine);
          expect(text.startsWith(head) && text.endsWith(tail)).toBe(true);
          expect(Number(count)).toBe(captured.bytesCut);
          expect(Buffer.byteLength(head) + Buffer.byteLength(tail) + captured.bytesCut).toBe(bytes.length);
          // At most three bytes on each side of the cut belong to characters that were cut.
          expect(captured.bytesCut - (bytes.length - bytesMax)).toBeLessThanOrEqual(6);
        },
      ),
      parameters,
    );
  });

  test("of any length needs memory for the bound only", () => {
    const output = new CappedOutput(64 * 1024);
    const chunk = Buffer.alloc(1024 * 1024, "0123456789abcdef");
    const before = process.memoryUsage().rss;
    for (let megabytes = 0; megabytes < 2_000; megabytes++) output.push(chunk);
    expect(process.memoryUsage().rss - before).toBeLessThan(16 * 1024 * 1024);
    const { bytes, bytesCut, text } = output.capture();
    expect(bytes).toBe(2_000 * 1024 * 1024);
    expect(bytesCut).toBe(bytes - 64 * 1024);
    expect(text.endsWith("0123456789abcdef")).toBe(true);
  });
});
