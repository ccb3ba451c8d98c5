/** Pieces of bytes, joined in order. */
import { expect, test } from "bun:test";
import { ByteGatherer } from "../../../packages/mcp/src/byte-gatherer.ts";

test("thousands of pieces are joined in order, and then forgotten", () => {
  const gatherer = new ByteGatherer();
  const expected = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 251));
  for (let round = 0; round < 2; round += 1) {
    for (const byte of expected) gatherer.add(Uint8Array.of(byte));
    expect(gatherer.bytes).toBe(expected.length);
    expect(Buffer.from(gatherer.head(1_030)).equals(expected.subarray(0, 1_030))).toBe(true);
    expect(Buffer.from(gatherer.take()).equals(expected)).toBe(true);
    expect(gatherer.bytes).toBe(0);
  }
});

test("a single piece is returned as it is", () => {
  const gatherer = new ByteGatherer();
  const piece = Uint8Array.of(1, 2, 3);
  gatherer.add(new Uint8Array(0));
  gatherer.add(piece);
  expect(gatherer.take()).toBe(piece);
  expect(gatherer.take()).toHaveLength(0);
});
