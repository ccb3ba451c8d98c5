/** Spans, skipping and depth against JSON.parse. */
import { describe, expect, test } from "bun:test";
import {
  arrayElementSpans,
  jsonDepthWithin,
  memberSpans,
  replaceStringMember,
  skipValue,
} from "@mcp-gateway/mcp";
import fc from "fast-check";
import { skipValue as skipValueBytes } from "../../../packages/mcp/src/json-scan.ts";
import { random, seedFromEnvironment } from "../../support/random.ts";
import { isJson } from "./is-json.ts";
import { mutated, seedMessages } from "./mutation.ts";
import { options } from "./options.ts";

const indent = fc.constantFrom(0, 1, "\t", "\n ", "\r\n");

/** Indented by odd white space: the JSON text has the same value. */
function written(value: unknown, spaces: number | string): string {
  if (typeof spaces === "string" && spaces.trim() === "" && spaces !== "\t") {
    return ` ${JSON.stringify(value, undefined, 1)}`.replaceAll("\n", spaces);
  }
  return JSON.stringify(value, undefined, spaces);
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe("memberSpans and arrayElementSpans", () => {
  test("find every member's value", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), indent, (object, spaces) => {
        const text = written(object, spaces);
        const spans = memberSpans(text);
        const parsed: object = JSON.parse(text);
        expect([...(spans ?? [])].map(([key]) => key).sort()).toEqual(Object.keys(parsed).sort());
        for (const [key, { start, end }] of spans ?? []) {
          expect(JSON.parse(text.slice(start, end))).toEqual(
            Object.getOwnPropertyDescriptor(parsed, key)?.value,
          );
          expect(text.slice(start, end).trim()).toBe(text.slice(start, end));
        }
      }),
      options(1_000),
    );
  });

  test("find every element", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), indent, (items, spaces) => {
        const text = written(items, spaces);
        const found = arrayElementSpans(text, 0).map(({ start, end }) => JSON.parse(text.slice(start, end)));
        expect(found).toEqual(JSON.parse(text));
      }),
      options(1_000),
    );
  });
});

describe("skipValue", () => {
  test("accepts exactly what JSON.parse accepts, as text and as bytes", () => {
    const chance = random(seedFromEnvironment());
    for (let count = 0; count < 10_000; count += 1) {
      const bytes = mutated(chance.pick(seedMessages), chance);
      const text = bytes.toString("utf8");
      const valid = isJson(text);
      const trimmed = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
      const encoded = Buffer.from(trimmed);
      const asText = skipValue(trimmed, 0) === trimmed.length && trimmed !== "";
      const asBytes = skipValueBytes(encoded, 0) === encoded.length && trimmed !== "";
      if (asText !== valid || asBytes !== valid) {
        throw new Error(
          `seed ${chance.seed}: text ${asText}, bytes ${asBytes}, JSON.parse ${valid}: ${text}`,
        );
      }
    }
  });

  test("accepts long strings exactly as JSON.parse does, wherever an escape or a control character stands", () => {
    const pieces = [
      "\\n",
      '\\"',
      "\\\\",
      "\\u00e9",
      "é",
      "中",
      "\\x",
      "\\",
      '"',
      "\n",
      "\u0000",
      "\u001f",
      "\u007f",
    ];
    const chance = random(seedFromEnvironment());
    let valid = 0;
    for (let count = 0; count < 5_000; count += 1) {
      const parts = Array.from({ length: 1 + chance.below(5) }, () => {
        const plain = (chance.below(3) === 0 ? "é" : "x").repeat(chance.below(2_500));
        // Mostly pieces that may stand in a string.
        return plain + (chance.below(8) === 0 ? chance.pick(pieces) : chance.pick(pieces.slice(0, 6)));
      });
      const text = `"${parts.join("")}"`;
      const bytes = Buffer.from(text);
      const isValid = isJson(text);
      if (isValid) valid += 1;
      if ((skipValueBytes(bytes, 0) === bytes.length) !== isValid)
        throw new Error(`seed ${chance.seed}: JSON.parse ${isValid}: ${text}`);
    }
    expect(valid).toBeGreaterThan(500);
  });

  test("finds any byte that may not stand in a long string, at any place in memory", () => {
    const length = 1_100;
    for (let skew = 0; skew < 4; skew += 1) {
      const text = Buffer.alloc(skew + length + 2, "x").subarray(skew);
      text[0] = text[length + 1] = 0x22;
      for (let at = 1_020; at <= length; at += 1) {
        for (let byte = 0; byte < 256; byte += 1) {
          text[at] = byte;
          const isRefused = byte < 0x20 || byte === 0x5c;
          const end = isRefused ? -1 : byte === 0x22 ? at + 1 : length + 2;
          if (skipValueBytes(text, 0) !== end)
            throw new Error(
              `byte ${byte} at ${at}, skew ${skew}: ${skipValueBytes(text, 0)} instead of ${end}`,
            );
        }
        text[at] = 0x78;
      }
    }
  });

  test("accepts all JSON", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "binary" }), (json) => {
        expect(skipValue(json, 0)).toBe(json.length);
        const bytes = Buffer.from(json);
        expect(skipValueBytes(bytes, 0)).toBe(bytes.length);
      }),
      options(1_000),
    );
  });
});

describe("replaceStringMember", () => {
  test("changes that member and keeps every other byte", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string(),
        fc.string({ unit: "binary" }),
        indent,
        (rest, before, after, spaces) => {
          const text = written({ ...rest, name: before }, spaces);
          const replaced = replaceStringMember(text, "name", after);
          expect(replaced === undefined ? undefined : JSON.parse(replaced)).toEqual({
            ...JSON.parse(text),
            name: after,
          });
          const back = replaceStringMember(replaced ?? "", "name", before);
          expect(back).toBe(text);
        },
      ),
      options(1_000),
    );
  });
});

describe("jsonDepthWithin", () => {
  test("agrees with the depth of the parsed value, as text and as bytes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), indent, (value, spaces) => {
        const text = written(value, spaces);
        const depth = depthOf(JSON.parse(text));
        for (const json of [text, Buffer.from(text)]) {
          expect(jsonDepthWithin(json, depth)).toBe(true);
          expect(jsonDepthWithin(json, depth - 1)).toBe(depth === 0);
        }
      }),
      options(1_000),
    );
  });
});
