/** However output is cut into pieces, a session's marks are found in it and a job's reader misses nothing. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { RingOutput } from "../../../servers/bash/src/job/ring-output.ts";
import { MarkedStream } from "../../../servers/bash/src/session/marked-stream.ts";
import { decodeText } from "../../../servers/shell-core/src/text.ts";
import { seedFromEnvironment } from "../../support/random.ts";

const seed = seedFromEnvironment();

/** Bytes that often look like the beginning of a mark. */
const token = "00112233445566778899aabbccddeeff";
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .constantFrom("\0", "\0\0", `\0${token.slice(0, 5)}`, `\0${token.slice(0, -1)}`, "text\n", "你好🎉")
    .map((text) => new TextEncoder().encode(text)),
);

function cut(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    pieces.push(whole.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

test("a mark is found wherever the stream is cut, and everything else is output", () => {
  fc.assert(
    fc.property(
      fc.array(bytes, { maxLength: 8 }),
      fc.array(bytes, { maxLength: 8 }),
      fc.array(fc.stringMatching(/^[^\0]{0,20}$/u), { minLength: 0, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 10 }),
      (before, after, fields, sizes) => {
        // Nobody but the driver knows a token, so no output holds a whole one.
        fc.pre(!Buffer.concat([...before, ...after]).includes(token));
        const mark = Buffer.from(`\0${token}\0${fields.map((field) => `${field}\0`).join("")}`);
        const whole = Buffer.concat([...before, mark, ...after]);
        const output: Uint8Array[] = [];
        const found: { fields: readonly string[]; at: number }[] = [];
        const stream = new MarkedStream((chunk) => output.push(Uint8Array.from(chunk)));
        stream.expect(token, fields.length, (read) =>
          found.push({ fields: read, at: output.reduce((sum, { length }) => sum + length, 0) }),
        );
        for (const piece of cut(whole, sizes)) stream.push(piece);
        stream.finish();
        expect(found).toEqual([{ fields, at: Buffer.concat(before).length }]);
        expect(Buffer.concat(output).equals(Buffer.concat([...before, ...after]))).toBe(true);
      },
    ),
    { seed, numRuns: 400 },
  );
});

test("reading on from where the last reading stopped gives everything, once and in order, whatever is pushed meanwhile", () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 40 }), fc.integer({ min: 4, max: 100 }), (pushes, readMax) => {
      const output = new RingOutput(100_000);
      let text = "";
      let offset = 0;
      const readOn = (isComplete: boolean): void => {
        const part = output.read(offset, readMax, isComplete);
        expect([part.from, part.dropped]).toEqual([offset, 0]);
        text += part.text;
        offset = part.next;
      };
      for (const push of pushes) {
        if (push.length > 0) output.push(push);
        readOn(false);
      }
      for (let before = -1; before !== offset; ) {
        before = offset;
        readOn(true);
      }
      const whole = Buffer.concat(pushes);
      expect(offset).toBe(whole.length);
      // Cut in pieces, bytes that are no UTF-8 may become more replacement characters than whole; text never differs.
      const strip = (given: string): string => given.replaceAll("\ufffd", "");
      expect(strip(text)).toBe(strip(decodeText(whole)));
    }),
    { seed, numRuns: 300 },
  );
});

test("what is not kept any more is counted, and what is shown stands where it is said to", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 10, max: 500 }),
      fc.integer({ min: 0, max: 12_000 }),
      fc.integer({ min: 1, max: 600 }),
      fc.boolean(),
      (pushes, keptMax, position, readMax, isComplete) => {
        const output = new RingOutput(keptMax);
        for (const push of pushes) output.push(push);
        const whole = Buffer.concat(pushes);
        const part = output.read(position, readMax, isComplete);
        const asked = Math.min(position, whole.length);
        expect(part.total).toBe(whole.length);
        expect(part.dropped).toBe(part.from - asked);
        expect(part.from).toBeGreaterThanOrEqual(
          Math.min(whole.length, Math.max(asked, whole.length - keptMax)),
        );
        // At most the rest of one character is skipped.
        expect(part.from).toBeLessThanOrEqual(Math.max(asked, whole.length - keptMax) + 3);
        expect(part.next - part.from).toBeLessThanOrEqual(readMax);
        expect(part.text).toBe(decodeText(whole.subarray(part.from, part.next)));
        const newest = output.readNewest(readMax, true);
        expect([newest.next, newest.dropped]).toEqual([whole.length, 0]);
        expect(newest.text).toBe(decodeText(whole.subarray(newest.from)));
      },
    ),
    { seed, numRuns: 500 },
  );
});
