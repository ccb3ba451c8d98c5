/** For all texts: the reader agrees with JSON.parse, never throws, and points into the file. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseDocument, plainValue } from "../../../packages/config/src/document.ts";
import { LineMap } from "../../../packages/config/src/fault.ts";
import { editDistance } from "../../../packages/config/src/suggest.ts";
import { parseTemplate, resolveTemplate } from "../../../packages/config/src/template.ts";
import { options } from "../../property/mcp/options.ts";
import { loadText } from "./config-file.ts";

const pieces = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"a"',
  '"mcpServers"',
  '"command"',
  '"url"',
  '"args"',
  '"env"',
  '"gateway"',
  '"__proto__"',
  "1",
  "null",
  "true",
  '"x"',
  "\n",
  " ",
  "//c\n",
  "/*",
  `"\${A}"`,
  `"\${"`,
  '"',
];
const seed = `{ "gateway": { "port": 1 }, "mcpServers": { "a": { "command": "x", "args": ["y"], "env": { "A": "b" } }, "b": { "url": "http://x/sse", "headers": { "A": "\${V:-w}" } } } }`;
const mutated = fc
  .array(fc.tuple(fc.nat(seed.length), fc.nat(6), fc.constantFrom("", ...pieces)), { maxLength: 4 })
  .map((edits) =>
    edits.reduce((text, [at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length), seed),
  );

describe("reading", () => {
  test("every JSON text is read as JSON.parse reads it", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.boolean(), (text, isSpread) => {
        const spread = isSpread ? JSON.stringify(JSON.parse(text), null, 2) : text;
        const { root, faults } = parseDocument("f", spread);
        if (root === undefined) throw new Error(JSON.stringify(faults.faults()));
        expect(JSON.stringify(plainValue(root))).toBe(JSON.stringify(JSON.parse(spread)));
      }),
      options(500),
    );
  });

  test("what JSON.parse refuses is refused, comments and trailing commas aside", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces.filter((piece) => !piece.startsWith("/") && piece !== ",")), {
          maxLength: 12,
        }),
        (parts) => {
          const text = parts.join("");
          let isJson = true;
          try {
            JSON.parse(text);
          } catch {
            isJson = false; // That is the answer asked for.
          }
          expect(parseDocument("f", text).root !== undefined).toBe(isJson);
        },
      ),
      options(2000),
    );
  });

  test("no text makes the loader throw, and every fault points into the text", async () => {
    const anything = fc.oneof(
      mutated,
      fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join("")),
      fc.string({ unit: "binary" }),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (text) => {
        const result = await loadText(text, { environment: { A: "1" } });
        if (result.ok) return;
        expect(result.faults.length).toBeGreaterThan(0);
        const lines = text.split(/\r\n|\r|\n/);
        for (const { line, column, message } of result.faults) {
          expect(message).not.toBe("");
          if (line === 0) continue;
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 2);
        }
      }),
      options(400),
    );
  });
});

test("lines and columns lead back to the offset", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "é", "😀", "\n", "\r\n"), { maxLength: 30 }), (parts) => {
      const text = parts.join("");
      const map = new LineMap(text);
      for (let offset = 0; offset <= text.length; offset += 1) {
        const { line, column } = map.positionOf(offset);
        const start =
          line === 1
            ? 0
            : text
                .split("\n")
                .slice(0, line - 1)
                .join("\n").length + 1;
        expect(start + column - 1).toBe(offset);
      }
    }),
    options(200),
  );
});

test("text without a reference is left alone, and an escaped one comes out as written", () => {
  const none = { variable: () => undefined, file: () => ({ ok: false, reason: "" }) as const };
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[${}a-b:]{0,12}$/)), (text) => {
      // By a function: in a replacement text `$$` would mean one `$`.
      const escaped = text.replaceAll("${", () => "$${");
      const template = parseTemplate(escaped);
      if (!template.ok) throw new Error(template.message);
      expect(resolveTemplate(template.parts, none).text).toBe(text);
    }),
    options(500),
  );
});

test("a word's distance to another is a distance", () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, a)).toBe(0);
      expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
    options(300),
  );
});
