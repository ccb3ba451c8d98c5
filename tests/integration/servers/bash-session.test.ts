/** What lives on in a session, and that nothing a command does to its shell shows or breaks what drives it. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are for bash.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { realpathSync } from "node:fs";
import { tempDir } from "../../support/temp-dir.ts";
import { BashClient } from "./bash-client.ts";
import { BashSession } from "./bash-session-client.ts";

let bash: BashClient;
beforeAll(async () => {
  bash = await BashClient.start(["--sessions", "64"], {
    INHERITED: "from outside",
    PROMPT_COMMAND: "echo prompt",
    PS1: "prompt> ",
    ENV: "/etc/profile",
    BASH_ENV: "/etc/profile",
    TMOUT: "1",
  });
});
afterAll(async () => {
  await bash[Symbol.asyncDispose]();
});

describe("from one call to the next", () => {
  test("folder, variables, arrays, functions, aliases, options and the exit code live on", async () => {
    await using session = await BashSession.open(bash);
    using folder = tempDir("bash session ünï");
    await session.run(
      `cd '${folder.path}'; X='a b'; Y=(1 "2 3"); f() { echo "f:$1:$X"; }; alias ll='echo ll'; set -o noclobber; export Z=z; (exit 5)`,
    );
    const { facts, isError } = await session.run(
      `echo $?; f 1; echo "\${Y[1]}"; ll; pwd; env | grep ^Z=; set -o | grep noclobber`,
    );
    expect(facts.stdout).toBe(`5\nf:1:a b\n2 3\nll\n${folder.path}\nZ=z\nnoclobber      \ton\n`);
    expect({ cwd: facts.cwd, state: facts.state, isError }).toEqual({
      cwd: folder.path,
      state: "idle",
      isError: false,
    });
  });

  test("another session knows nothing of it", async () => {
    await using one = await BashSession.open(bash);
    await using other = await BashSession.open(bash);
    await one.run("X=1; cd /");
    expect(await other.stdout('echo "${X-none}"; pwd')).toBe(`none\n${process.cwd()}\n`);
  });

  test("the first run opens a session, in the folder and with the variables it names", async () => {
    using folder = tempDir("session-first");
    const { facts, text } = await bash.tool("bash_session", {
      command:
        'pwd; echo "$OWN:$INHERITED:${PROMPT_COMMAND-none}:${TMOUT-none}:${BASH_ENV-none}:${ENV-none}"',
      cwd: folder.path,
      env: { OWN: "own" },
    });
    expect(facts).toMatchObject({
      action: "run",
      exitCode: 0,
      stdout: `${folder.path}\nown:from outside:none:none:none:none\n`,
      stderr: "",
      cwd: folder.path,
    });
    const id = String(facts["session"]);
    expect(text).toContain(`Session ${id}, in ${folder.path}`);
    const again = await bash.tool("bash_session", { session: id, command: "pwd" });
    expect(again.facts["stdout"]).toBe(`${folder.path}\n`);
    await bash.tool("bash_session", { action: "close", session: id });
  });

  test("a background job lives on, is counted, and can be waited for", async () => {
    await using session = await BashSession.open(bash);
    const started = await session.run("sleep 1000 & sleep 1001 & echo started");
    expect(started.facts).toMatchObject({ stdout: "started\n", stderr: "", backgroundJobs: 2 });
    expect(started.text).toContain("2 in the background");
    const ended = await session.run("kill %1; wait %1; echo $?");
    expect(ended.facts).toMatchObject({ stdout: "143\n", backgroundJobs: 1 });
    expect((await bash.tool("bash_session", { action: "list" })).text).toContain(
      `${session.id}: idle, in ${process.cwd()}, 1 in the background`,
    );
  });

  test("the folder is the true one, whatever PWD says, and the last known one when it is gone", async () => {
    await using session = await BashSession.open(bash);
    using folder = tempDir("session-gone");
    await session.run(`cd ${folder.path}; mkdir $'a\\n1\\n'; PWD=/elsewhere`);
    expect((await session.run(":")).facts.cwd).toBe(realpathSync(folder.path));
    expect((await session.run("cd $'a\\n1\\n'; sleep 1000 &")).facts).toMatchObject({
      cwd: `${folder.path}/a\n1\n`,
      backgroundJobs: 1,
    });
    expect((await session.run('rmdir "$PWD"; pwd -P')).facts).toMatchObject({
      exitCode: 1,
      cwd: `${folder.path}/a\n1\n`,
    });
  });
});

/** Commands in one session, each with what comes of it: stdout, stderr (a part of it), exit code. */
type Step = readonly [command: string, stdout: string, stderr?: string, exitCode?: number];

const untouched: Readonly<Record<string, readonly Step[]>> = {
  "an unbalanced quote ends with its command": [
    ["echo 'a", "", "unexpected EOF", 2],
    ['echo "a', "", "unexpected EOF", 2],
    ["echo $(", "", "unexpected EOF", 1],
    ["'", "", "unexpected EOF", 2],
    ["echo `", "", "unexpected EOF", 2],
    ["if true; then", "", "unexpected end of file", 2],
    ["f() {", "", "unexpected end of file", 2],
    ["echo still", "still\n"],
  ],
  "a stray end of something takes nothing with it": [
    ["}", "", "syntax error", 2],
    [")", "", "syntax error", 2],
    ["} </dev/null >&2; echo x", "", "syntax error", 2],
    ["esac; fi; done", "", "syntax error", 2],
    ["echo \\", "\\\n"],
    ["echo still # comment", "still\n"],
    ["# only a comment", ""],
    ["echo still\n\n\n", "still\n"],
  ],
  "here-documents, ended or not": [
    ["cat <<E\na $((1+1))\nE", "a 2\n"],
    ["cat <<'E'\n$x `y`\nE\n", "$x `y`\n"],
    ["cat <<E", "", "here-document"],
    ["cat <<E\nopen", "open\n", "here-document"],
    ["echo still", "still\n"],
  ],
  "stdin is empty for whatever reads it": [
    ["cat; read x; echo $?", "1\n"],
    ["head -c1; wc -c", "0\n"],
    ["exec 0</dev/null; cat", ""],
    ["exec 0<&-; echo closed", "closed\n"],
    ["exec <<<text; echo $(cat)", "text\n"],
    ["cat; echo still", "still\n"],
  ],
  "redirections by exec last for their command": [
    ["exec >/dev/null 2>&1; echo lost", ""],
    ["exec 226>&- 227>&-; echo here", "here\n"],
    ["exec 1>&- 2>&-", ""],
    ["echo still", "still\n"],
  ],
  "traps see their events, and the shell's own lines stay unseen": [
    ["trap 'echo bye' EXIT; trap 'echo ret' RETURN; trap 'echo usr' USR1", ""],
    ["kill -USR1 $$; echo x", "usr\nx\n"],
    ["echo still", "still\n"],
  ],
  "set -u ends the command, not the session": [
    ["set -u", ""],
    ["echo $nope; echo not reached", "", "nope: unbound variable", 1],
    ["echo still", "still\n"],
  ],
  "set -x traces the commands and nothing else": [
    ["set -x", ""],
    ["echo a", "a\n", "++ echo a\n"],
    ["set +x", "", "++ set +x\n"],
    ["echo b", "b\n"],
  ],
  "prompts are never printed": [
    ["PS1='p1> '; PS2='p2> '; PROMPT_COMMAND='echo pc; echo pc >&2'; PS0='p0'; set -o ignoreeof", ""],
    ["echo a", "a\n"],
    ["echo b", "b\n"],
  ],
  "set -e, -n, -v, -m, -r and posix leave the session in order": [
    ["set -o posix; export 1x; echo on", "on\n", "not a valid identifier"],
    ["set +o posix; set -n; echo n", "n\n"],
    ["set -e; false || echo e; set +e", "e\n"],
    ["set -m; sleep 0; set +m", ""],
    ["set -r; cd / || echo restricted", "restricted\n", "restricted"],
    ["echo still", "still\n"],
  ],
  "names of builtins may mean something else": [
    ["alias builtin=false eval=false printf=false set=false exit=false; shopt -s expand_aliases", ""],
    [
      "cd() { :; }; pwd() { echo p; }; printf() { echo q; }; eval() { echo r; }; set() { :; }; jobs() { echo 1; }",
      "",
    ],
    ["echo still", "still\n"],
  ],
  "errors of expansion end the command, not the session": [
    ["echo ${x?boom}; echo not reached", "", "x: boom", 1],
    ["echo $((1/0)); echo not reached", "", "division by 0", 1],
    ["echo ${x!}", "", "bad substitution", 1],
    ["return 5", "", "return", 2],
    ["break; continue", "", "only meaningful"],
    ["echo still", "still\n"],
  ],
  "there is no history to expand or to look into": [
    ["history", ""],
    ["echo 'a!b' \"c!d\" !!", "a!b c!d !!\n"],
    ["set -H; echo on", "on\n"],
    ['echo "e!f"', "e!f\n"],
  ],
  "NUL bytes and broken UTF-8 pass": [
    ["printf '\\xff\\xfe\\0a\\x80'", "\ufffd\ufffd\0a\ufffd"],
    ["printf '\\0\\0\\0'; printf '\\0%032d\\0' 0", `\0\0\0\0${"0".repeat(32)}\0`],
    ["printf '\\0'", "\0"],
    ["printf '你好🎉\\e[31m\\r\\n'", "你好🎉\u001b[31m\r\n"],
  ],
  "odd words arrive as they are": [
    ['printf %s "it\'s \\"q\\" \\\\ \\$HOME"', 'it\'s "q" \\ $HOME'],
    ["printf %s \u2028\u2029\ufeff\u202e", "\u2028\u2029\ufeff\u202e"],
    ["--version", "", "command not found", 127],
    ["-c true", "", "command not found", 127],
    [" \t echo blank ", "blank\n"],
  ],
};

describe("whatever a command does to its shell", () => {
  test.each(Object.keys(untouched))("%s", async (name) => {
    await using session = await BashSession.open(bash);
    for (const [command, stdout, stderr = "", exitCode = 0] of untouched[name] ?? []) {
      const { facts } = await session.run(command, { timeoutMs: 10_000 });
      const seen = { command, stdout: facts.stdout, exitCode: facts.exitCode, state: facts.state };
      expect(seen).toEqual({ command, stdout, exitCode, state: "idle" });
      if (stderr === "") expect([command, facts.stderr]).toEqual([command, ""]);
      else expect(facts.stderr).toContain(stderr);
    }
  });

  test("a command as long as the system takes is run, and one more byte is refused", async () => {
    await using session = await BashSession.open(bash);
    const word = "x".repeat(131_071 - "printf %s ".length);
    expect(await session.stdout(`printf %s ${word}`)).toBe(word);
    const refused = await bash.tool("bash_session", { session: session.id, command: `printf %s ${word}x` });
    expect(refused).toMatchObject({ isError: true, facts: {} });
    expect(refused.text).toContain("Write it into a file");
  });
});
