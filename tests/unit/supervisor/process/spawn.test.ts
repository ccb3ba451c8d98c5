import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { limits } from "@mcp-gateway/kit";
import { FaultError } from "../../../../apps/supervisor/src/fault.ts";
import { resolveCommand } from "../../../../apps/supervisor/src/process/resolve-command.ts";
import { tagVariable } from "../../../../apps/supervisor/src/process/tag.ts";
import { readAll, readUntil, startProgram, temporaryFolder, until } from "./programs.ts";

function faultOf(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (error instanceof FaultError) return error.fault;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const posix = { platform: "linux", runtimePath: "/opt/bun" } as const;

describe("finding the command", () => {
  const find = (command: string, args: readonly string[], cwd: string, PATH: string) =>
    resolveCommand({ command, args, cwd }, { PATH }, posix);

  test("a missing command is said with what to do and where was looked", () => {
    const fault = faultOf(() => find("no-such-program", [], "/", "/a:/b:/c:/d:/e:/f"));
    expect(fault.stage).toBe("spawn");
    expect(fault.message).toBe("command not found: no-such-program");
    expect(fault.remedy).toBe(
      "Install it, or give its full path as `command` (PATH=/a:/b:/c:/d, and 2 more).",
    );
  });

  test("a missing folder, a folder as command, a file without x and a missing path are told apart", () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "plain"), "#!/bin/sh\n");
    mkdirSync(join(folder.path, "sub"));
    expect(faultOf(() => find("sh", [], "/no/such/folder", "/bin")).message).toBe(
      "working directory not found: /no/such/folder",
    );
    expect(faultOf(() => find("sh", [], join(folder.path, "plain"), "/bin")).message).toContain(
      "is no directory",
    );
    expect(faultOf(() => find("./sub", [], folder.path, "/bin")).message).toContain("command is a directory");
    expect(faultOf(() => find("./plain", [], folder.path, "/bin")).remedy).toContain("chmod +x");
    expect(faultOf(() => find("./absent", [], folder.path, "/bin")).message).toContain(
      "command not found: ./absent",
    );
  });

  test("a path with a slash is taken from the working directory, a word from the child's PATH", () => {
    using folder = temporaryFolder();
    const program = join(folder.path, "tool");
    writeFileSync(program, "#!/bin/sh\n");
    chmodSync(program, 0o755);
    expect(find("./tool", ["x"], folder.path, "").argv).toEqual([program, "x"]);
    expect(find("tool", [], "/", `/nowhere:${folder.path}`).argv).toEqual([program]);
    expect(faultOf(() => find("tool", [], folder.path, "/nowhere")).message).toContain("command not found");
  });

  test("without bun or npx on PATH the gateway's own runtime serves", () => {
    expect(find("bun", ["run", "x.ts"], "/", "/nowhere").argv).toEqual(["/opt/bun", "run", "x.ts"]);
    expect(find("bunx", ["pkg"], "/", "/nowhere").argv).toEqual(["/opt/bun", "x", "pkg"]);
    const npx = find("npx", ["-y", "@playwright/mcp@latest", "--yes"], "/", "/nowhere");
    expect(npx.argv).toEqual(["/opt/bun", "x", "@playwright/mcp@latest", "--yes"]);
    expect(npx.substitution).toContain("npx is not on PATH");
  });

  test("on Windows a shim goes through cmd.exe with every special character escaped", () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "npx.cmd"), "");
    const environment = { Path: folder.path, PATHEXT: ".EXE;.CMD" };
    const command = resolveCommand(
      { command: "npx", args: ["-y", 'a"&calc', "%PATH%"], cwd: "/" },
      environment,
      {
        platform: "win32",
        runtimePath: "bun.exe",
      },
    );
    expect(command.verbatim).toBe(true);
    expect(command.argv.slice(0, 4)).toEqual(["cmd.exe", "/d", "/s", "/c"]);
    const line = command.argv[4] ?? "";
    // Every & and % stands behind a caret.
    expect(line).not.toMatch(/(^|[^^])[&%]/);
  });
});

describe.skipIf(process.platform === "win32")("starting a program", () => {
  test("the arguments arrive as they are, never through a shell", async () => {
    const args = ["-c", 'printf "%s|" "$@"; echo', "sh", "a b", "$HOME", "*", "", 'q"uote', "`id`", "漢"];
    const { child } = startProgram("", { args });
    expect(await readUntil(child, "\n")).toBe('a b|$HOME|*||q"uote|`id`|漢|\n');
    await child.stop();
  });

  test("it leads its own group, is tagged, and sees nothing of the gateway's own variables", async () => {
    process.env["MCP_GATEWAY_TEST_SECRET"] = "s3cret";
    const { child, tag } = startProgram(`env; ps -o pgid= -p $$ | sed 's/^ */GROUP=/'; echo E-N-D`);
    const output = await readUntil(child, "E-N-D");
    delete process.env["MCP_GATEWAY_TEST_SECRET"];
    expect(output).toContain(`${tagVariable}=${tag}`);
    expect(output).toContain(`GROUP=${child.pid}\n`);
    expect(output).not.toContain("s3cret");
    await child.stop();
  });

  test("a script whose interpreter is missing says so", () => {
    using folder = temporaryFolder();
    const program = join(folder.path, "tool");
    writeFileSync(program, "#!/no/such/interpreter\n");
    chmodSync(program, 0o755);
    expect(faultOf(() => startProgram("", { command: program, args: [] })).message).toContain(
      "its interpreter is not there",
    );
  });

  test("exit code and signal are both known", async () => {
    expect(await startProgram("exit 7").child.exited).toEqual({ exitCode: 7, signal: null });
    expect(await startProgram("kill -KILL $$").child.exited).toEqual({ exitCode: null, signal: "SIGKILL" });
  });

  test("the newest lines of stderr are kept, a long line is cut, a flood is drained", async () => {
    const { child } = startProgram(
      "seq 20000 >&2; head -c 100000 /dev/zero | tr '\\0' x >&2; echo >&2; echo last >&2; echo up",
    );
    await child.exited;
    await child.stderrEnded;
    const tail = child.stderrTail();
    expect(tail.length).toBe(limits.stderrTailLinesMax);
    expect(tail.at(-1)).toBe("last");
    expect(tail.at(-2)?.length).toBe(limits.stderrLineBytesMax + 1);
    expect(tail.at(-3)).toBe("20000");
  });

  test("stdout of a program that talks over HTTP is drained, so that it never blocks", async () => {
    const { child } = startProgram("seq 200000; exit 5", { transport: "http", url: "http://127.0.0.1:1/" });
    expect(await child.exited).toEqual({ exitCode: 5, signal: null });
  });
});

describe.skipIf(process.platform === "win32")("the way into stdin", () => {
  test("what a child does not read is counted, and the count falls as it reads", async () => {
    using folder = temporaryFolder();
    const go = join(folder.path, "go");
    const { child } = startProgram(`while [ ! -e ${go} ]; do sleep 0.02; done; wc -c`);
    const message = new Uint8Array(1_000_000);
    for (let i = 0; i < 3; i++) child.stdin.write(message);
    expect(child.stdin.queuedBytes).toBe(3_000_000);
    await until(() => child.stdin.queuedBytes < 3_000_000, "the kernel's buffer to fill");
    const waiting = child.stdin.queuedBytes;
    expect(waiting).toBeGreaterThan(2_000_000);
    await Bun.sleep(50);
    expect(child.stdin.queuedBytes).toBe(waiting);
    writeFileSync(go, "");
    await until(() => child.stdin.queuedBytes === 0, "the child to read");
    child.stdin.end();
    expect((await readUntil(child, "\n")).trim()).toBe("3000000");
  });

  test("messages stay in order across small and large ones", async () => {
    const { child } = startProgram("exec cat");
    const lines = Array.from(
      { length: 400 },
      (_, index) => `${index}:${"x".repeat(index % 7 === 0 ? 90_000 : index % 50)}\n`,
    );
    for (const line of lines) child.stdin.write(new TextEncoder().encode(line));
    child.stdin.end();
    expect(await readAll(child)).toBe(lines.join(""));
  });

  test("a child that ends with input waiting harms nobody", async () => {
    const { child } = startProgram("sleep 0.1; exit 0");
    child.stdin.write(new Uint8Array(2_000_000));
    await child.exited;
    await until(() => child.stdin.queuedBytes === 0, "the queue to be given up");
    child.stdin.write(new Uint8Array(10));
    child.stdin.end();
    expect(child.stdin.queuedBytes).toBe(0);
  });
});
