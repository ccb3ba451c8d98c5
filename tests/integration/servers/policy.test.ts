/** What a policy lets the bash server run, where, and with which variables; the same for all three tools. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are for bash.
import { describe, expect, test } from "bun:test";
import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../../support/temp-dir.ts";
import { BashClient, type ToolCalled } from "./bash-client.ts";
import { BashSession } from "./bash-session-client.ts";
import { serverFault } from "./server-fault.ts";

/** The same command by each of the three tools, each with what it wrote. */
async function byEachTool(
  bash: BashClient,
  command: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<readonly (ToolCalled & { readonly output: unknown })[]> {
  const once = await bash.tool("bash", { command, ...more });
  const session = await bash.tool("bash_session", { command, ...more });
  if (session.facts["session"] !== undefined)
    await bash.tool("bash_session", { action: "close", session: session.facts["session"] });
  const started = await bash.tool("bash_job", { action: "start", command, ...more });
  const { job } = started.facts;
  const ended = job === undefined ? started : await bash.tool("bash_job", { action: "wait", job });
  return [once, session, ended].map((called) => ({
    ...called,
    output: called.facts["stdout"] ?? called.facts["output"],
  }));
}

async function expectRefused(
  bash: BashClient,
  command: string,
  reason: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  for (const { isError, facts, text } of await byEachTool(bash, command, more)) {
    expect([isError, facts]).toEqual([true, {}]);
    expect(text).toContain(reason);
  }
}

async function expectOutput(bash: BashClient, command: string, output: string, more = {}): Promise<void> {
  for (const called of await byEachTool(bash, command, more)) expect(called.output).toBe(output);
}

describe("allowed commands", () => {
  test("run, and nothing else does, by whatever tool", async () => {
    await using bash = await BashClient.start([
      "--allow",
      "echo",
      "--allow",
      "git status",
      "--allow",
      "true",
    ]);
    using folder = tempDir("policy-allow");
    await expectOutput(bash, 'echo a && true; echo "$(echo b)"', "a\nb\n");
    const touch = join(folder.path, "made");
    for (const command of [
      `touch ${touch}`,
      `echo a; touch ${touch}`,
      `echo $(touch ${touch})`,
      `/usr/bin/touch ${touch}`,
      `x=touch; $x ${touch}`,
      `eval 'touch ${touch}'`,
      "git push",
      `echo a >/dev/null & bash -c 'touch ${touch}'`,
    ])
      await expectRefused(bash, command, "The policy of this server does not allow");
    await expectRefused(bash, "PATH=/tmp echo a", "PATH may not be set");
    await expectRefused(bash, "echo a", "PATH may not be set", { env: { PATH: folder.path } });
    await expectRefused(bash, "echo 'open", "could not be read well enough");
    expect(await Bun.file(touch).exists()).toBe(false);
  });

  test("are the same for each run of a session that lives on", async () => {
    await using bash = await BashClient.start([], { MCP_SHELL_ALLOW: "echo,cd" });
    await using session = await BashSession.open(bash);
    expect(await session.stdout("cd /; echo ok")).toBe("ok\n");
    const refused = await bash.tool("bash_session", { session: session.id, command: "id" });
    expect([refused.isError, refused.facts]).toEqual([true, {}]);
    expect(refused.text).toContain("does not allow `id`. Allowed: echo, cd.");
    expect(await session.stdout("echo on")).toBe("on\n");
  });
});

describe("denied commands", () => {
  test("do not run, wherever they stand in the line; others do", async () => {
    await using bash = await BashClient.start(["--deny", "rm", "--deny", "git push"], {
      MCP_SHELL_DENY: "touch\nmkfs*",
    });
    using folder = tempDir("policy-deny");
    await Bun.write(join(folder.path, "kept"), "");
    const more = { cwd: folder.path };
    for (const command of [
      "rm kept",
      "echo a | xargs rm kept",
      "sudo -n rm kept",
      "find . -name kept -exec rm {} +",
      "/bin/rm kept",
      "\\rm kept",
      "r''m kept",
      "if true; then rm kept; fi",
      "f() { rm kept; }; f",
      "trap 'rm kept' EXIT",
      "alias x='rm kept'",
      "bash -c 'rm kept'",
      "git -C x push",
      "touch other",
      "mkfs.ext4 x",
    ])
      await expectRefused(bash, command, "The policy of this server denies", more);
    await expectRefused(bash, "$(echo rm) kept", "can't be told before it runs", more);
    await expectOutput(bash, "ls; git --version >/dev/null; echo ok", "kept\nok\n", more);
  });
});

describe("the folder", () => {
  test("of a command is one that is allowed, by its real path; a call that names none begins in the first", async () => {
    using folder = tempDir("policy-cwd");
    const inside = join(folder.path, "inside");
    mkdirSync(join(inside, "deep"), { recursive: true });
    mkdirSync(join(folder.path, "inside-too"));
    symlinkSync("/", join(inside, "out"));
    symlinkSync(inside, join(folder.path, "in"));
    await using bash = await BashClient.start(["--cwd-within", inside]);
    await expectOutput(bash, "pwd", `${realpathSync(inside)}\n`);
    await expectOutput(bash, "pwd", `${inside}/deep\n`, { cwd: join(folder.path, "in/deep") });
    for (const cwd of [
      "/",
      folder.path,
      join(inside, "out"),
      join(inside, ".."),
      join(folder.path, "inside-too"),
    ])
      await expectRefused(bash, "pwd", `lets commands begin only in ${inside} and below`, { cwd });
  });

  test("of a session is brought back when its shell has left it", async () => {
    using folder = tempDir("policy-back");
    await using bash = await BashClient.start(["--cwd-within", folder.path]);
    await using session = await BashSession.open(bash);
    await session.run("mkdir deep; cd deep");
    expect((await session.run("pwd; cd /; PWD=$OLDPWD")).facts).toMatchObject({
      stdout: `${folder.path}/deep\n`,
    });
    const back = await session.run("pwd");
    expect(back.facts).toMatchObject({ stdout: `${folder.path}\n`, cwd: folder.path });
    expect(back.text).toContain("It began where the session began");
  });
});

describe("variables", () => {
  const env = { SECRET_A: "a", SECRET_B: "b", PLAIN: "p", OTHER: "o", LC_X: "l" };
  const show =
    'echo "${SECRET_A-}${SECRET_B-}${PLAIN-}${OTHER-}${LC_X-}${OWN-}"; [ -n "$PATH" ] && echo path';

  test("are all passed where nothing is said", async () => {
    await using bash = await BashClient.start([], env);
    await expectOutput(bash, show, "abpol\npath\n");
  });

  test("that are passed are those named, those that every program needs, and the call's own", async () => {
    await using bash = await BashClient.start(["--env-pass", "PLA*"], env);
    await expectOutput(bash, show, "plx\npath\n", { env: { OWN: "x" } });
  });

  test("that are blocked reach no command, and no call may set them", async () => {
    await using bash = await BashClient.start(["--env-block", "SECRET_*", "--env-block", "OTHER"], env);
    await expectOutput(bash, show, "pl\npath\n");
    await expectRefused(bash, "true", "does not let a command have the variable SECRET_A", {
      env: { SECRET_A: "mine" },
    });
  });
});

describe("limits", () => {
  test("of time hold for calls that name none and for calls that ask for more", async () => {
    await using bash = await BashClient.start([], {
      MCP_SHELL_TIMEOUT_MS: "300",
      MCP_SHELL_TIMEOUT_MS_MAX: "400",
    });
    expect((await bash.run("sleep 1000")).timedOut).toBe(true);
    const { facts } = await bash.tool("bash_session", { command: "sleep 1000" });
    expect(facts).toMatchObject({ timedOut: true, state: "idle" });
    for (const tool of ["bash", "bash_session"]) {
      const { text } = await bash.tool(tool, { command: "true", timeoutMs: 401 });
      expect(text).toContain("`timeoutMs` must be a whole number from 1 to 400");
    }
    const { tools } = await bash.client.listTools();
    expect(tools[0]?.inputSchema.properties?.["timeoutMs"]).toMatchObject({ default: 300, maximum: 400 });
  });

  test("of output hold for each stream of each tool", async () => {
    await using bash = await BashClient.start(["--output-bytes", "1024", "--job-output-bytes", "1024"]);
    const command = "head -c 5000 /dev/zero | tr '\\0' a; head -c 5000 /dev/zero | tr '\\0' b >&2";
    const [once, session, job] = await byEachTool(bash, command);
    for (const called of [once, session])
      expect(called?.facts).toMatchObject({
        stdoutBytes: 5_000,
        stdoutBytesCut: 3_976,
        stderrBytesCut: 3_976,
      });
    expect(job?.facts).toMatchObject({ totalBytes: 10_000, output: "b".repeat(1_024) });
  });
});

describe("a policy", () => {
  test("is told to the client in the server's instructions", async () => {
    using folder = tempDir("policy-told");
    await using open = await BashClient.start();
    expect(open.client.getInstructions()).not.toContain("\n");
    const args = [
      "--allow",
      "git log",
      "--allow",
      "ls",
      "--deny",
      "rm",
      "--cwd-within",
      folder.path,
      "--dry-run",
    ];
    await using bash = await BashClient.start(args);
    expect(bash.client.getInstructions()?.split("\n").slice(1)).toEqual([
      "This server shows what it would run, and runs nothing.",
      "Only these commands may run: git log, ls.",
      "These commands may not run: rm.",
      `Commands begin in ${folder.path} or a folder below.`,
    ]);
  });
});

describe("a dry run", () => {
  test("runs nothing, says what would be run, and refuses what would be refused", async () => {
    using folder = tempDir("policy-dry");
    await using bash = await BashClient.start(["--dry-run", "--deny", "rm"]);
    const more = { cwd: folder.path, env: { TOKEN: "hidden" } };
    for (const { isError, facts, text } of await byEachTool(bash, "echo made >file", more)) {
      expect([isError, facts]).toEqual([true, {}]);
      expect(text).toStartWith("Dry run: nothing was run.");
      expect(text).toContain("command: echo made >file");
      expect(text).toContain(`in: ${folder.path}`);
      expect(text).toContain("of which the call sets TOKEN");
      expect(text).not.toContain("hidden");
    }
    await expectRefused(bash, "rm x", "The policy of this server denies `rm`");
    expect(await Bun.file(join(folder.path, "file")).exists()).toBe(false);
    expect(bash.running).toEqual([]);
  });
});

describe("a policy that can't be understood", () => {
  test.each([
    [["--cwd-within", "/no/such/folder"], {}, "--cwd-within /no/such/folder can't be used"],
    [["--cwd-within", "/etc/passwd"], {}, "--cwd-within /etc/passwd is no folder"],
    [["--user", "no-such-user-here"], {}, "--user no-such-user-here is not in /etc/passwd"],
    [["--writable", "/tmp"], {}, "--writable says what stays writable under --read-only"],
    [["--read-only", "--writable", "/"], {}, "--writable / would make --read-only say what is not so"],
    [["--allow", " "], {}, "--allow has an empty entry"],
    [["--audit", ""], {}, "--audit needs the path of a file"],
    [["--audit-bytes", "1"], {}, "--audit-bytes must be a whole number from"],
    [["--allowed", "ls"], {}, "--allowed"],
    [["ls"], {}, "ls"],
    [[], { MCP_SHELL_READ_ONLY: "perhaps" }, "MCP_SHELL_READ_ONLY must be 1 or 0"],
    [[], { MCP_SHELL_CALLS: "0" }, "--calls must be a whole number from 1"],
    [[], { MCP_SHELL_ENV_PASS: "x,".repeat(300) }, "--env-pass has 300 entries"],
    [["--user", "nobody", "--dry-run", "--calls", "x"], {}, "--calls must be"],
  ] as const)("ends the server with code 2 and says what is wrong: %j %j", async (args, env, sentence) => {
    const { exitCode, stderr, stdout } = await serverFault(args, env);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toStartWith("bash server: ");
    expect(stderr).toContain(sentence);
  });
});
