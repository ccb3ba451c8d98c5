/** How an outcome is said: readable, and as structure that keeps to its own schema. */
import { describe, expect, test } from "bun:test";
import {
  type CommandOutcome,
  commandOutputSchema,
  runResultOf,
} from "../../../servers/shell-core/src/index.ts";

const nothing = { text: "", bytes: 0, bytesCut: 0 };
const plain: CommandOutcome = {
  end: "exited",
  exitCode: 0,
  signal: null,
  stdout: nothing,
  stderr: nothing,
  durationMs: 5,
  leftRunning: 0,
};

function textOf(change: Partial<CommandOutcome>): string {
  const [first] = runResultOf({ ...plain, ...change }, 2_000).content;
  return first?.type === "text" ? first.text : "";
}

function captured(text: string) {
  return { text, bytes: Buffer.byteLength(text), bytesCut: 0 };
}

describe("the text of a result", () => {
  test("says that there was no output", () => {
    expect(textOf({})).toBe("Exit code: 0 (5 ms)\n(no output)");
  });

  test("has both streams under their names", () => {
    expect(textOf({ exitCode: 3, stdout: captured("out\n"), stderr: captured("bad\nworse\n") })).toBe(
      "Exit code: 3 (5 ms)\n\nstdout:\nout\n\nstderr:\nbad\nworse",
    );
  });

  test("names the signal that ended the command, or a program in it", () => {
    expect(textOf({ exitCode: null, signal: "SIGSEGV" })).toContain("Killed by signal SIGSEGV");
    expect(textOf({ exitCode: 137 })).toContain(
      "Exit code: 137, which mostly means: a program was killed by SIGKILL",
    );
  });

  test("says that time ran out, and how to get more", () => {
    expect(textOf({ end: "timed-out", exitCode: null, signal: "SIGTERM" })).toContain(
      "Timed out after 2000 ms; the command and everything it started was killed. For more time set timeoutMs.",
    );
  });

  test("says what still runs", () => {
    expect(textOf({ leftRunning: 1 })).toContain("1 process of it still running in the background");
    expect(textOf({ end: "timed-out", leftRunning: 2 })).toContain("2 processes of it could not be killed");
  });
});

describe("the structure of a result", () => {
  test("has exactly the fields of its schema", () => {
    const { structuredContent } = runResultOf(plain, 2_000);
    const fields = Object.keys(structuredContent ?? {}).sort();
    expect(fields).toEqual([...commandOutputSchema.required].sort());
    expect(fields).toEqual(Object.keys(commandOutputSchema.properties).sort());
  });

  test.each([
    [{}, false],
    [{ exitCode: 1 }, true],
    [{ exitCode: null, signal: "SIGKILL" }, true],
    [{ end: "timed-out" as const }, true],
    [{ end: "cancelled" as const }, true],
    [{ leftRunning: 2 }, false],
  ])("of %j is an error: %p", (change, isError) => {
    expect(runResultOf({ ...plain, ...change }, 2_000).isError).toBe(isError);
  });

  test("tells how much was cut", () => {
    const stdout = { text: "a\n[... 90 bytes cut ...]\nb", bytes: 92, bytesCut: 90 };
    expect(runResultOf({ ...plain, stdout }, 2_000).structuredContent).toMatchObject({
      truncated: true,
      stdoutBytes: 92,
      stdoutBytesCut: 90,
      stderrBytesCut: 0,
    });
  });
});
