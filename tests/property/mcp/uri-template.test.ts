/** URI templates against a regular expression, which is safe here because the test chose the template. */
import { describe, expect, test } from "bun:test";
import { uriTemplateMatcher } from "@mcp-gateway/mcp";
import fc from "fast-check";
import { options } from "./options.ts";

const parts: readonly (readonly [template: string, pattern: string])[] = [
  ["a", "a"],
  ["/", "/"],
  ["ab", "ab"],
  ["b.", "b\\."],
  ["{x}", "[^/]+"],
  ["{+x}", ".+"],
  ["{x,y}", "[^/]+"],
  ["{#x}", "(?:#.+)?"],
  ["{/x}", "(?:/[^/]+)?"],
  ["{/x,y}", "(?:/[^/]+)?(?:/[^/]+)?"],
  ["{/x*}", "(?:/.+)?"],
  ["{.x}", "(?:\\.[^/]+)?"],
  ["{?x,y}", "(?:\\?[^#]+)?"],
  ["{&x}", "(?:&[^#]+)?"],
];

describe("uriTemplateMatcher", () => {
  test("matches what the equivalent regular expression matches", () => {
    const template = fc.array(fc.constantFrom(...parts), { maxLength: 5 });
    const uri = fc.array(fc.constantFrom("a", "b", "/", "?", "#", ".", "&", "x"), { maxLength: 9 });
    fc.assert(
      fc.property(template, fc.array(uri, { minLength: 5, maxLength: 5 }), (chosen, uris) => {
        const matches = uriTemplateMatcher(chosen.map(([text]) => text).join(""));
        const pattern = new RegExp(`^${chosen.map(([, source]) => source).join("")}$`, "s");
        for (const letters of uris) {
          const text = letters.join("");
          expect([text, matches?.(text)]).toEqual([text, pattern.test(text)]);
        }
      }),
      options(3_000),
    );
  });

  test("never throws on a stranger's template or URI", () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.constantFrom("{", "}", "{+", "{a}", "{?a,b}", "{a:3}", "{a*}", "{}"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.string({ unit: "binary" }), (pieces, uri) => {
        const matches = uriTemplateMatcher(pieces.join(""));
        expect(typeof (matches?.(uri) ?? false)).toBe("boolean");
      }),
      options(2_000),
    );
  });
});
