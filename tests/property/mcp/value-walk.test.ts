/**
 * The walk over bytes against JSON.parse, where its shortcuts begin and end: words of four bytes at every alignment, the
 * borders of short strings and of long plain ones, and containers beyond the 32 that one number tells apart.
 */
import { describe, expect, test } from "bun:test";
import { skipValue } from "../../../packages/mcp/src/json-scan.ts";
import { type Random, random, seedFromEnvironment } from "../../support/random.ts";
import { isJson } from "./is-json.ts";

/** Behind so much, strings are read word by word. */
const padding = `,"${"p".repeat(1_100)}"]`;

/** These bytes at each alignment, where others are around them that would change what is found. */
function atAllAlignments(text: string): readonly Uint8Array[] {
  const bytes = Buffer.from(text, "latin1");
  return [1, 2, 3, 4].map((skew) => {
    const memory = Buffer.alloc(skew + bytes.length + 8, '\\"');
    memory.set(bytes, skew);
    return memory.subarray(skew, skew + bytes.length);
  });
}

/** Of text in Latin-1, which has a letter for each byte. */
function expectAsParsed(text: string, chance?: Random): void {
  const end = isJson(text) ? text.length : -1;
  for (const bytes of atAllAlignments(text)) {
    const found = skipValue(bytes, 0);
    if (found !== end && (end !== -1 || found === text.length))
      throw new Error(
        `seed ${chance?.seed}, skew ${bytes.byteOffset & 3}: ${found} instead of ${end}: ${JSON.stringify(text)}`,
      );
  }
}

describe("in a string", () => {
  test("each byte at each place is taken as JSON.parse takes it, in short messages and long ones", () => {
    for (const length of [1, 2, 3, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 40]) {
      for (let at = Math.max(0, length - 24); at < length; at += 1) {
        const [before, behind] = ["x".repeat(at), "x".repeat(length - at - 1)];
        for (let byte = 0; byte < 256; byte += 1) {
          const text = `["${before}${String.fromCharCode(byte)}${behind}"`;
          expectAsParsed(text + padding);
          if (length < 20) expectAsParsed(`${text}]`);
        }
      }
    }
  });

  test("each byte behind a backslash, and each within what it announces", () => {
    for (const at of [0, 15, 16, 30]) {
      for (let byte = 0; byte < 256; byte += 1) {
        const escaped = `${"x".repeat(at)}\\${String.fromCharCode(byte)}0aF9"`;
        expectAsParsed(`["${escaped}${padding}`);
        expectAsParsed(`["${escaped}]`);
        for (let digit = 0; digit < 4; digit += 1) {
          const digits = [..."0aF9"].with(digit, String.fromCharCode(byte)).join("");
          expectAsParsed(`["${"x".repeat(at)}\\u${digits}"${padding}`);
          expectAsParsed(`["${"x".repeat(at)}\\u${digits}"]`);
        }
      }
    }
  });

  test("two such bytes in a row don't hide each other, nor accuse a third", () => {
    const bytes = [
      0x00, 0x01, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x6e, 0x7f, 0x80, 0xa0, 0xa2, 0xdc,
    ];
    for (let at = 16; at < 28; at += 1) {
      for (const first of bytes)
        for (const second of bytes)
          expectAsParsed(`["${"x".repeat(at)}${String.fromCharCode(first, second)}y#]z"${padding}`);
    }
  });

  test("escapes as close or as far from each other as they come", () => {
    const chance = random(seedFromEnvironment());
    const pieces = [
      "\\n",
      '\\"',
      "\\\\",
      "\\u00e9",
      "\\uD83D",
      "\\/",
      "\\x",
      "\\u12g4",
      "\\u123",
      "\\",
      "\t",
      "\x7f",
      "\xe9",
    ];
    let valid = 0;
    for (let count = 0; count < 4_000; count += 1) {
      const gap = chance.pick([2, 6, 40, 1_500]);
      const parts = Array.from({ length: 1 + chance.below(8) }, () => {
        const piece = chance.below(12) === 0 ? chance.pick(pieces) : chance.pick(pieces.slice(0, 6));
        return "x".repeat(chance.below(gap)) + piece;
      });
      const text = `["${parts.join("")}"${padding}`;
      if (isJson(text)) valid += 1;
      expectAsParsed(text, chance);
    }
    expect(valid).toBeGreaterThan(1_000);
  });

  test("the end of the bytes is the end, at every alignment", () => {
    const text = `"${"x".repeat(1_040)}\\n${"y".repeat(9)}\\u00e9z"`;
    for (let length = 0; length < text.length; length += 1) {
      for (const bytes of atAllAlignments(text))
        if (skipValue(bytes.subarray(0, length), 0) !== -1) throw new Error(`cut at ${length}`);
    }
    for (const bytes of atAllAlignments(text)) expect(skipValue(bytes, 0)).toBe(text.length);
  });
});

describe("between the tokens", () => {
  test("each byte is taken as JSON.parse takes it", () => {
    const tokens = [
      "[",
      "{",
      '"a"',
      ":",
      "[",
      "]",
      ",",
      '"b"',
      ":",
      "{",
      "}",
      "}",
      ",",
      "1",
      ",",
      "true",
      "]",
    ];
    for (let at = 1; at < tokens.length; at += 1) {
      for (let byte = 0; byte < 256; byte += 1) {
        for (const count of [1, 2]) {
          const inserted = String.fromCharCode(byte).repeat(count);
          const text = [...tokens.slice(0, at), inserted, ...tokens.slice(at)].join("");
          expectAsParsed(text);
        }
      }
    }
  });

  test("each token is taken where JSON.parse takes it", () => {
    const chance = random(seedFromEnvironment());
    const tokens = ["[", "{", "]", "}", ",", ":", '"a"', "1", "-0.5e+1", "null", " "];
    let valid = 0;
    for (let count = 0; count < 60_000; count += 1) {
      const text = `[${Array.from({ length: chance.below(7) }, () => chance.pick(tokens)).join("")}]`;
      if (isJson(text)) valid += 1;
      expectAsParsed(text, chance);
    }
    expect(valid).toBeGreaterThan(500);
  });
});

test("numbers and words are taken as JSON.parse takes them", () => {
  const chance = random(seedFromEnvironment());
  let valid = 0;
  for (let count = 0; count < 40_000; count += 1) {
    const token = Array.from({ length: 1 + chance.below(6) }, () => chance.pick([..."0019.-+eE"])).join("");
    if (isJson(token)) valid += 1;
    expectAsParsed(`[${token}]`, chance);
    expectAsParsed(`{"a":${token},"b":[${token} ]}`, chance);
  }
  expect(valid).toBeGreaterThan(2_000);
  for (const word of ["true", "false", "null"]) {
    for (let at = 0; at <= word.length; at += 1) {
      expectAsParsed(`[${word.slice(0, at)}]`);
      expectAsParsed(`[${word.slice(0, at)}`);
      for (const letter of "aeflnrstuTx1")
        expectAsParsed(`[${word.slice(0, at)}${letter}${word.slice(at + 1)}]`);
    }
  }
});

test("containers are closed by their own brackets, however deep", () => {
  const chance = random(seedFromEnvironment());
  for (let depth = 1; depth <= 100; depth += 1) {
    const kinds = Array.from({ length: depth }, () => chance.below(2));
    const text = (closed: readonly number[]): string => {
      const opening = kinds.map((kind) => (kind === 1 ? '{"k":' : '[7,[],{"e":{}},')).join("");
      // Each container goes on behind the one within it, so that its kind is asked for twice.
      const closing = closed.map((kind) => (kind === 1 ? ',"z":1}' : ",2]")).reverse();
      return `${opening}0${closing.join("")}`;
    };
    expectAsParsed(text(kinds), chance);
    expect(isJson(text(kinds))).toBe(true);
    for (let at = 0; at < depth; at += 1)
      expectAsParsed(text(kinds.map((kind, index) => (index === at ? 1 - kind : kind))), chance);
  }
});
