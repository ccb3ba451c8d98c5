/** Exposed names: safe for every client, and never the same for two tools. */
import { describe, expect, test } from "bun:test";
import { exposedName } from "@mcp-gateway/mcp";
import fc from "fast-check";
import { options } from "./options.ts";

const fragments = fc.constantFrom(
  "a",
  "b",
  "_",
  "__",
  "-",
  "1",
  "A",
  "/",
  " ",
  ".",
  "\u4e2d",
  "\u00e9",
  "e\u0301",
  "\ud83d",
  "tool",
  "browser",
  "_0123456789",
  "_screenshot",
  "_1abcdefghi",
  "x",
  "x".repeat(30),
  '"',
  "\\",
  ",",
  "[",
  "__proto__",
);
const name = fc.oneof(
  fc.array(fragments, { maxLength: 5 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary" }),
);
const pairs = fc.array(fc.tuple(name, name), { minLength: 2, maxLength: 40 });

describe("exposedName", () => {
  test("gives different pairs different names", () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const owners = new Map<string, string>();
        for (const [server, tool] of list) {
          const owner = JSON.stringify([server, tool]);
          const exposed = exposedName(server, tool, "__");
          expect(owners.get(exposed) ?? owner).toBe(owner);
          owners.set(exposed, owner);
        }
      }),
      options(2_000),
    );
  });

  test("gives different pairs different names, for every short pair of the tricky letters", () => {
    const words = [""];
    for (let at = 0; at < words.length && (words[at]?.length ?? 0) < 4; at += 1) {
      for (const letter of ["a", "_", "-"]) words.push(`${words[at]}${letter}`);
    }
    const seen = new Set<string>();
    for (const server of words) for (const tool of words) seen.add(exposedName(server, tool, "__"));
    expect(seen.size).toBe(words.length ** 2);
  });

  test("an exposed name given as a tool's name is not that name again", () => {
    fc.assert(
      fc.property(name, name, (server, tool) => {
        const exposed = exposedName(server, tool, "__");
        const [head = "", ...rest] = exposed.split("__");
        const claimed = exposedName(head, rest.join("__"), "__");
        expect(claimed === exposed ? [head, rest.join("__")] : [server, tool]).toEqual([server, tool]);
      }),
      options(2_000),
    );
  });

  test("is always safe, of bounded length, and the same when asked again", () => {
    fc.assert(
      fc.property(name, name, (server, tool) => {
        const exposed = exposedName(server, tool, "__");
        expect(exposed).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        expect(exposedName(server, tool, "__")).toBe(exposed);
      }),
      options(2_000),
    );
  });
});
