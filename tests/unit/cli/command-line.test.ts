import { describe, expect, test } from "bun:test";
import type { ArgsDef } from "citty";
import { UsageError } from "../../../apps/cli/src/cli-error.ts";
import { checkCommandLine, integerOption } from "../../../apps/cli/src/command-line.ts";
import { didYouMean, editDistance, nearest } from "../../../apps/cli/src/nearest.ts";

const definitions: ArgsDef = {
  server: { type: "positional", required: false, valueHint: "server" },
  port: { type: "string" },
  "log-level": { type: "enum", options: ["debug", "info", "warning"] },
  lines: { type: "string", alias: "n" },
  follow: { type: "boolean", alias: "f" },
};

function refusal(rawArgs: readonly string[], many = false): string {
  try {
    checkCommandLine(rawArgs, definitions, many);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "accepted";
}

describe("the command line", () => {
  test("takes known flags in every spelling", () => {
    for (const rawArgs of [
      [],
      ["--port", "9001"],
      ["--port=9001"],
      ["-n", "5", "-f"],
      ["bash", "--follow"],
      ["--", "bash"],
      ["-h"],
    ]) {
      expect(refusal(rawArgs)).toBe("accepted");
    }
  });

  test("names the flag that was meant", () => {
    expect(refusal(["--prot", "9001"])).toBe("Unknown option --prot. Did you mean --port?");
    expect(refusal(["--folow"])).toBe("Unknown option --folow. Did you mean --follow?");
    expect(refusal(["--zzzzzz"])).toBe("Unknown option --zzzzzz.");
    expect(refusal(["-x"])).toStartWith("Unknown option -x.");
  });

  test("asks for the value of a flag that has none", () => {
    expect(refusal(["--port"])).toBe("--port needs a value.");
    expect(refusal(["--port="])).toBe("--port needs a value.");
    expect(refusal(["--port", "--follow"])).toBe("--port needs a value.");
  });

  test("refuses a value for a switch, an unknown choice, and an argument too many", () => {
    expect(refusal(["--follow=yes"])).toBe("--follow takes no value.");
    expect(refusal(["--log-level", "inof"])).toBe('--log-level can\'t be "inof". Did you mean info?');
    expect(refusal(["a", "b"])).toBe('"b" is one argument too many.');
    expect(refusal(["a", "b=1", "c=2"], true)).toBe("accepted");
  });

  test("says which argument is missing", () => {
    const required: ArgsDef = {
      server: { type: "positional", required: true, valueHint: "server", description: "Its name" },
    };
    expect(() => checkCommandLine([], required)).toThrow("<server> is missing: Its name");
  });
});

describe("a whole number", () => {
  test("is taken within its bounds only", () => {
    expect(integerOption("--port", "0", 0, 65_535)).toBe(0);
    expect(integerOption("--port", "65535", 0, 65_535)).toBe(65_535);
    for (const text of ["65536", "-1", "1.5", "9e3", "0x10", "", " 80", "abc"]) {
      expect(() => integerOption("--port", text, 0, 65_535)).toThrow(
        "--port must be a whole number from 0 to 65535",
      );
    }
  });
});

describe("the nearest word", () => {
  test("counts a swap of neighbours as one mistake", () => {
    expect(editDistance("prot", "port")).toBe(1);
    expect(editDistance("restart", "restart")).toBe(0);
    expect(editDistance("", "abc")).toBe(3);
  });

  test("is offered only when it is near", () => {
    expect(nearest("stauts", ["status", "start", "stop"])).toBe("status");
    expect(nearest("stat", ["status", "tools"])).toBe("status");
    expect(nearest("xyzzy", ["status", "tools"])).toBeUndefined();
    expect(nearest("c", ["a", "b"])).toBeUndefined();
    expect(nearest("A", ["a", "b"])).toBe("a");
    expect(didYouMean("everthing", ["everything"])).toBe(" Did you mean everything?");
  });
});
