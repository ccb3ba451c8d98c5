/** URI templates of strangers. */
import { describe, expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import { uriTemplateMatcher } from "@mcp-gateway/mcp";

describe("uriTemplateMatcher", () => {
  test.each([
    ["file:///{path}", "file:///a", true],
    ["file:///{path}", "file:///a/b", false],
    ["file:///{+path}", "file:///a/b", true],
    ["file:///{path}", "file:///", false],
    ["test://template/{id}/data", "test://template/1%2F2/data", true],
    ["test://template/{id}/data", "test://template/1/data/x", false],
    ["db://{schema}/{table}{?limit,offset}", "db://s/t", true],
    ["db://{schema}/{table}{?limit,offset}", "db://s/t?offset=1", true],
    ["repo://{owner}/{repo}{/path*}", "repo://o/r/a/b/c", true],
    ["repo://{owner}/{repo}{/path*}", "repo://o/r", true],
    ["doc{#frag}", "doc#a/b", true],
    ["{+a}/{b}", "x/y/z", true],
    ["plain://x", "plain://x", true],
    ["plain://x", "plain://xx", false],
    ["a.c/{x}", "abc/1", false],
    ["(a+)+{x}", "(a+)+1", true],
    ["u://{\u540d}", "u://1", undefined],
  ])("%s and %s: %p", (template, uri, expected) => {
    expect(uriTemplateMatcher(template)?.(uri)).toBe(expected);
  });

  test.each([
    "{",
    "}",
    "{}",
    "{a",
    "a}",
    "{{a}}",
    "{=a}",
    "{!a}",
    "{a,}",
    "{a b}",
    "{+}",
    "x".repeat(limits.uriTemplateCharsMax + 1),
  ])("%j is no template", (template) => expect(uriTemplateMatcher(template)).toBeUndefined());

  test("hostile pairs are answered within milliseconds", () => {
    const templates = [
      "file:///{+path}",
      `${"{+a}a".repeat(1_600)}b`,
      "{+a}a".repeat(10),
      "{+a}a".repeat(2),
      `{+x}${"a".repeat(4_000)}b{+y}`,
      "{a}{b}{c}{d}{e}{f}{g}{h}!",
      "{/a,b,c,d,e,f,g,h}!",
      `{?${"a,".repeat(50)}a}{&b}`,
    ];
    for (const template of templates) {
      const matches = uriTemplateMatcher(template);
      for (const uri of ["a".repeat(100_000), "/".repeat(100_000), "file:///".repeat(12_500)]) {
        // The best of a few: what the code costs, not what else the machine was doing.
        const tookMs = Array.from({ length: 10 }, () => {
          const began = performance.now();
          matches?.(uri);
          return performance.now() - began;
        });
        expect(Math.min(...tookMs)).toBeLessThan(5);
      }
    }
    expect(uriTemplateMatcher("file:///{+path}")?.(`file:///${"a/".repeat(50_000)}`)).toBe(true);
  });
});
