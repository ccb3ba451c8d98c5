/** The flags of the two processes. */
import { describe, expect, test } from "bun:test";
import { readFlags } from "@mcp-gateway/kit";

const kinds = { config: "string", port: "string", hold: "boolean" } as const;

describe("flags of a process", () => {
  test("are read in both spellings", () => {
    expect(readFlags(["--config", "/a b=c", "--hold", "--port=0"], kinds)).toEqual({
      config: "/a b=c",
      hold: true,
      port: "0",
    });
    expect(Object.keys(readFlags([], kinds))).toEqual([]);
  });

  test.each([
    [["--prot", "1"], "Unknown flag --prot; known: --config, --port, --hold"],
    [["up"], "Unknown flag up"],
    [["--constructor"], "Unknown flag --constructor"],
    [["--config"], "--config needs a value"],
    [["--config="], "--config needs a value"],
    [["--hold=no"], "--hold takes no value"],
  ])("%j is refused, with the reason", (args, message) => {
    expect(() => readFlags(args, kinds)).toThrow(message);
  });
});
