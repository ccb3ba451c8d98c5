import { expect, test } from "bun:test";
import { mayHoldInexactNumbers, parseExact } from "@mcp-gateway/mcp";

test("every number is written again as it was read", () => {
  for (const text of [
    "9007199254740993",
    "1e400",
    "1.0",
    "-0",
    "1E+05",
    "0.1",
    '[1,-0.0,{"a":1e-7}]',
    '"9007199254740993"',
  ]) {
    expect(JSON.stringify(parseExact(text))).toBe(text);
  }
});

test("a text that may hold such a number is recognised", () => {
  for (const text of ["9007199254740993", "1e400", "2E5", "1.0", "-0", "-12.5"]) {
    expect(mayHoldInexactNumbers(`{"a":${text}}`)).toBe(true);
    expect(mayHoldInexactNumbers(`[1, ${text}]`)).toBe(true);
    expect(mayHoldInexactNumbers(`[${text}]`)).toBe(true);
  }
  for (const text of ["{}", '{"jsonrpc":"2.0"}', '{"a":123456789012345,"b":[-1,0]}'])
    expect(mayHoldInexactNumbers(text)).toBe(false);
});
