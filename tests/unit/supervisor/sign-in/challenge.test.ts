import { describe, expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import { readChallenge } from "../../../../apps/supervisor/src/sign-in/challenge.ts";

describe("a challenge", () => {
  test.each([
    [
      'Bearer resource_metadata="https://a/b", scope="x y", error="invalid_token"',
      "https://a/b",
      "x y",
      "invalid_token",
    ],
    ['bearer Scope="x", RESOURCE_METADATA="https://a"', "https://a", "x", undefined],
    ["Bearer resource_metadata=https://a/b?c=d,scope=x", "https://a/b?c=d", "x", undefined],
    ['Bearer realm="a, Basic b", scope = "x"', undefined, "x", undefined],
    ['Basic realm="a", Bearer scope="x"', undefined, "x", undefined],
    ['Bearer scope="x", Basic realm="b", scope="y"', undefined, "x", undefined],
    ['Negotiate YWJj==, Bearer error="e"', undefined, undefined, "e"],
    ['Bearer error_description="say \\"hi\\"", error="e"', undefined, undefined, "e"],
    ["Bearer", undefined, undefined, undefined],
    ["", undefined, undefined, undefined],
    [null, undefined, undefined, undefined],
  ])("%j", (header, resourceMetadata, scope, error) => {
    expect(readChallenge(header)).toEqual({ resourceMetadata, scope, error });
  });

  test.each([
    ["Basic realm=x"],
    ['DPoP algs="ES256"'],
    ["Negotiate"],
    [`Bearer ${"x".repeat(limits.signInChallengeCharsMax)}`],
  ])("%s asks for no bearer token", (header) => {
    expect(readChallenge(header)).toBeUndefined();
  });

  test("the first of two values counts, as the first of two challenges does", () => {
    expect(readChallenge('Bearer scope="a", scope="b", Bearer scope="c"')?.scope).toBe("a");
  });

  test("a hostile one is read in no time", () => {
    const begunMs = performance.now();
    for (const part of ['"', "\\", "a=", 'a="', " ", ",", "Bearer ", 'a="\\'])
      readChallenge(`Bearer ${part.repeat(Math.floor(8_000 / part.length))}`);
    expect(performance.now() - begunMs).toBeLessThan(500);
  });
});
