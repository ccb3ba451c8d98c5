/** What a call may ask for, and what it is told when it asks for something else. */
import { describe, expect, test } from "bun:test";
import { homedir } from "node:os";
import { readCallArguments } from "../../../servers/shell-core/src/index.ts";

const bounds = { timeoutMs: 1_000, timeoutMsMax: 60_000 };

function faultsOf(given: unknown): string {
  const read = readCallArguments(given, bounds);
  return read.isValid ? "" : read.faults.join("\n");
}

describe("arguments", () => {
  test("have defaults", () => {
    expect(readCallArguments({ command: "ls" }, bounds)).toEqual({
      isValid: true,
      values: { command: "ls", cwd: process.cwd(), timeoutMs: 1_000, env: {} },
    });
  });

  test("may name the home directory by its tilde", () => {
    const read = readCallArguments({ command: "ls", cwd: "~" }, bounds);
    expect(read.isValid && read.values.cwd).toBe(homedir());
  });

  const wrong: readonly (readonly [unknown, string])[] = [
    [undefined, "must be an object"],
    [null, "must be an object"],
    [["ls"], "must be an object"],
    [{}, "`command` must be a string, nothing came."],
    [{ command: 7 }, "`command` must be a string, a number came."],
    [{ command: null }, "`command` must be a string, null came."],
    [{ command: ["ls"] }, "`command` must be a string, an array came."],
    [{ command: " \n" }, "`command` is empty."],
    [{ command: "a\0b" }, "NUL"],
    [{ command: "x".repeat(131_072) }, "`command` has 131072 bytes; the system takes at most 131071."],
    [
      { command: "ls", timeout: 5 },
      'There is no argument "timeout"; the arguments are command, cwd, timeoutMs, env.',
    ],
    [{ command: "ls", timeoutMs: 0 }, "`timeoutMs` must be a whole number from 1 to 60000, 0 came."],
    [{ command: "ls", timeoutMs: 1.5 }, "1.5 came."],
    [{ command: "ls", timeoutMs: 60_001 }, "60001 came."],
    [{ command: "ls", timeoutMs: "100" }, "a string came."],
    [{ command: "ls", cwd: "/no/such/place" }, "`cwd` does not exist: /no/such/place"],
    [{ command: "ls", cwd: "/etc/passwd" }, "`cwd` is not a directory: /etc/passwd"],
    [{ command: "ls", cwd: "/etc/passwd/below" }, "`cwd`"],
    [{ command: "ls", cwd: "" }, "`cwd` is empty"],
    [{ command: "ls", cwd: "a\0b" }, "NUL"],
    [{ command: "ls", cwd: "x".repeat(10_000) }, "`cwd`"],
    [{ command: "ls", env: ["A=1"] }, "`env` must be an object of strings, an array came."],
    [{ command: "ls", env: { A: 1 } }, "`env.A` must be a string, a number came."],
    [{ command: "ls", env: { "A=B": "1" } }, '"A=B" can\'t be the name of a variable'],
    [{ command: "ls", env: { "": "1" } }, '"" can\'t be the name'],
    [{ command: "ls", env: { A: "secret\0" } }, "`env.A` holds a NUL character."],
  ];
  test("that are wrong are refused with a sentence that says why", () => {
    for (const [given, sentence] of wrong) expect(faultsOf(given)).toContain(sentence);
  });

  test("are told all their faults at once, without their secrets", () => {
    const text = faultsOf({ command: 1, cwd: 2, timeoutMs: 3.5, env: { TOKEN: "hunter2\0" }, more: true });
    expect(text.split("\n")).toHaveLength(5);
    expect(text).not.toContain("hunter2");
  });
});
