/** The bash server as a client sees it: what it offers, what a command gives back, what is refused. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { tempDir } from "../../support/temp-dir.ts";
import { BashClient, bashServer } from "./bash-client.ts";

let bash: BashClient;
beforeAll(async () => {
  bash = await BashClient.start([], { INHERITED: "from outside", BASH_ENV: "/etc/profile" });
});
afterAll(async () => {
  await bash[Symbol.asyncDispose]();
});

describe("the tool", () => {
  test("says what it takes, what it gives, and that it can do harm", async () => {
    const { tools } = await bash.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["bash", "bash_session", "bash_job"]);
    const [tool] = tools;
    expect(tool?.inputSchema.required).toEqual(["command"]);
    expect(Object.keys(tool?.inputSchema.properties ?? {})).toEqual(["command", "cwd", "timeoutMs", "env"]);
    expect(tool?.outputSchema?.required).toContain("exitCode");
    expect(tool?.annotations).toEqual({
      title: "Run a bash command",
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: false,
      openWorldHint: true,
    });
  });

  test("is the only one: another name is a protocol error", async () => {
    await expect(bash.client.callTool({ name: "rm", arguments: {} })).rejects.toThrow('Unknown tool "rm"');
  });
});

describe("a command", () => {
  test("gives exit code, stdout and stderr, as text and as structure", async () => {
    const called = await bash.call({ command: "echo out; echo err >&2; exit 7" });
    expect(called.isError).toBe(true);
    expect(called.structured).toMatchObject({
      exitCode: 7,
      signal: null,
      stdout: "out\n",
      stderr: "err\n",
      timedOut: false,
      stdoutBytes: 4,
      stderrBytes: 4,
      truncated: false,
      leftRunning: 0,
    });
    expect(called.text).toMatch(/^Exit code: 7 \(\d+ ms\)\n\nstdout:\nout\n\nstderr:\nerr$/u);
  });

  test("that succeeds is no error, even with words on stderr", async () => {
    expect(await bash.call({ command: "echo careful >&2" })).toMatchObject({ isError: false });
  });

  test.each([0, 1, 2, 126, 127, 255])("keeps exit code %d", async (code) => {
    expect((await bash.run(`exit ${code}`)).exitCode).toBe(code);
  });

  test("runs in real bash, without start-up files", async () => {
    const { stdout } = await bash.run(
      `a=(1 2 3); [[ \${a[-1]} == 3 ]] && echo "$BASH:$0:\${BASH_ENV-none}"; shopt -q login_shell || echo plain`,
    );
    expect(stdout).toMatch(/^\S*\/bash:bash:none\nplain\n$/u);
  });

  test("that a signal ends shows the signal", async () => {
    const called = await bash.call({ command: "kill -SEGV $$" });
    expect(called).toMatchObject({ isError: true, structured: { exitCode: null, signal: "SIGSEGV" } });
    expect(called.text).toContain("Killed by signal SIGSEGV");
    expect((await bash.call({ command: "(kill -9 $BASHPID); exit $?" })).text).toContain("SIGKILL");
  });

  test.each([
    "cat",
    "read x",
    "cat; read x; wc -c",
    "python3 -c 'print(1)' </dev/stdin",
    "head -c1 /dev/stdin",
  ])("that reads its stdin ends at once: %s", async (command) => {
    const { durationMs, timedOut } = await bash.run(command, { timeoutMs: 20_000 });
    expect(timedOut).toBe(false);
    expect(durationMs).toBeLessThan(10_000);
  });

  test("never sees the protocol's pipe, and has no terminal", async () => {
    const { stdout } = await bash.run(
      "readlink /proc/self/fd/0; ls /proc/self/fd | wc -l; (: </dev/tty) || echo no tty",
    );
    expect(stdout).toMatch(/^\/dev\/null\n4\nno tty\n$/u);
  });

  test("has the inherited environment with the call's own on top", async () => {
    const env = { OWN: "a b 'c' \"d\" $e\n", INHERITED: "from the call" };
    expect((await bash.run('printf %s "$OWN$INHERITED"', { env })).stdout).toBe(`${env.OWN}from the call`);
    expect((await bash.run(`printf %s "$INHERITED\${OWN-unset}"`)).stdout).toBe("from outsideunset");
  });

  test("runs where it is told to, or where the server is", async () => {
    using folder = tempDir("bash ünï");
    expect((await bash.run("pwd -P", { cwd: folder.path })).stdout).toBe(`${folder.path}\n`);
    expect((await bash.run("pwd -P")).stdout).toBe(`${process.cwd()}\n`);
  });
});

describe("odd commands", () => {
  const odd: readonly (readonly [string, string])[] = [
    [`printf '%s' "it's \\"quoted\\" \\\\ \\$HOME \`echo x\`"`, 'it\'s "quoted" \\ $HOME x'],
    ["printf 'ünïcödé 你好 🎉 \u200d'", "ünïcödé 你好 🎉 \u200d"],
    ["cat <<'END'\n$not `expanded` \\here\nEND", "$not `expanded` \\here\n"],
    ["# only a comment", ""],
    ["printf 'a\\0b'", "a\0b"],
    ["printf '\\xff\\xfe a \\xe4\\xb8'", "\ufffd\ufffd a \ufffd"],
    ["printf '\\e[31mred\\e[0m\\r\\n'", "\u001b[31mred\u001b[0m\r\n"],
    ["echo {1..3}; echo $((6*7)); echo ~+ >/dev/null", "1 2 3\n42\n"],
    ["printf %s \u2028\u2029\ufeff", "\u2028\u2029\ufeff"],
    ["echo one\necho two\n\n", "one\ntwo\n"],
    ["echo $#; echo ok --noprofile", "0\nok --noprofile\n"],
    ["x=$(printf '%s' '%s%n$(false)'); printf '%s' \"$x\"", "%s%n$(false)"],
  ];
  test.each(odd)("%j is passed as it is", async (command, stdout) => {
    expect((await bash.run(command)).stdout).toBe(stdout);
  });

  test.each(["-c 'echo hidden'", "--version", "-x", "+x", "--", "- "])(
    "%p is a command, never an option of bash",
    async (command) => {
      const { exitCode, stdout, stderr } = await bash.run(command);
      expect([exitCode, stdout]).toEqual([127, ""]);
      expect(stderr).toContain("command not found");
    },
  );

  test("may be as long as the system takes", async () => {
    const word = "x".repeat(131_071 - "echo ".length);
    expect((await bash.run(`echo ${word}`)).stdoutBytes).toBe(word.length + 1);
  });

  test("with a syntax error says so", async () => {
    const { exitCode, stderr } = await bash.run("if then (");
    expect(exitCode).toBe(2);
    expect(stderr).toStartWith("bash: ");
  });
});

describe("what can't be run", () => {
  test.each([
    [{}, "`command` must be a string"],
    [{ command: "a\0b" }, "NUL"],
    [{ command: `: ${"x".repeat(200_000)}` }, "Write it into a file"],
    [{ command: "pwd", cwd: "/no/such/place" }, "`cwd` does not exist: /no/such/place"],
    [{ command: "pwd", timeoutMs: 1e12 }, "`timeoutMs` must be a whole number from 1 to 3600000"],
    [{ command: "pwd", env: { BIG: "x".repeat(3_000_000) } }, "too long together"],
  ])("is an error of the tool that says why", async (given, sentence) => {
    const called = await bash.call(given);
    expect(called).toMatchObject({ isError: true, structured: undefined });
    expect(called.text).toContain(sentence);
  });

  test("for want of bash says what to do", async () => {
    using folder = tempDir("nopath");
    await using lonely = await BashClient.start([], { PATH: folder.path });
    const called = await lonely.call({ command: "true" });
    expect(called.isError).toBe(true);
    expect(called.text).toContain("Install bash");
    expect(called.text).toContain(folder.path);
  });

  test("a wrong option ends the server with a message and code 2", async () => {
    const server = Bun.spawn([process.execPath, bashServer, "--calls", "none"], {
      stdin: "pipe",
      stderr: "pipe",
    });
    expect(await server.exited).toBe(2);
    expect(await new Response(server.stderr).text()).toContain("--calls must be a whole number");
  });
});

test("bash is found in PATH at each call, whichever it is", async () => {
  using folder = tempDir("ownbash");
  await Bun.write(join(folder.path, "bash"), '#!/bin/sh\necho own: "$@"\n');
  await Bun.$`chmod +x ${join(folder.path, "bash")}`.quiet();
  await using own = await BashClient.start([], { PATH: folder.path });
  expect((await own.run("hello")).stdout).toBe("own: --noprofile --norc -c -- hello bash\n");
});
