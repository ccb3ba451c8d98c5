/** The line splitter against String.split, cut at random places. */
import { describe, expect, test } from "bun:test";
import { LineSplitter } from "@mcp-gateway/mcp";
import fc from "fast-check";
import { chunksOf } from "./chunks.ts";
import { options } from "./options.ts";

const lineBytesMax = 12;

function referenceLines(bytes: Buffer): { lines: string[]; oversized: [number, string][] } {
  const lines: string[] = [];
  const oversized: [number, string][] = [];
  const body = bytes.toString("latin1").replace(/^\xef\xbb\xbf/, "");
  for (const raw of body.split("\n")) {
    const line = raw.replace(/\r$/, "");
    if (line.length > lineBytesMax) oversized.push([line.length, line]);
    else if (line !== "") lines.push(line);
  }
  return { lines, oversized };
}

describe("LineSplitter", () => {
  test("gives the same lines however the stream is cut", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        "{}",
        "\u00ef\u00bb\u00bf",
        "abcdefghijkl",
        "abcdefghijklm",
      ),
      fc.string({ maxLength: 20 }).map((text) => Buffer.from(text).toString("latin1")),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (pieces, sizes) => {
          const bytes = Buffer.from(pieces.join(""), "latin1");
          const lines: string[] = [];
          const oversized: [number, string][] = [];
          const splitter = new LineSplitter({
            lineBytesMax,
            onLine: (line) => lines.push(Buffer.from(line).toString("latin1")),
            onOversized: (count, head) =>
              oversized.push([count, Buffer.from(head).toString("latin1").replace(/\r$/, "")]),
          });
          for (const chunk of chunksOf(bytes, sizes)) splitter.push(chunk);
          splitter.end();
          const expected = referenceLines(bytes);
          expect(lines).toEqual(expected.lines);
          expect(oversized.map(([count]) => count)).toEqual(expected.oversized.map(([count]) => count));
          // The head is what had come when the bound was passed.
          for (const [index, [, head]] of oversized.entries()) {
            expect(expected.oversized[index]?.[1].startsWith(head)).toBe(true);
            expect(head.length).toBeGreaterThanOrEqual(lineBytesMax);
          }
        },
      ),
      options(3_000),
    );
  });
});
