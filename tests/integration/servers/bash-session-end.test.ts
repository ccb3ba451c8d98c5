/** How runs and sessions end: by time, interrupt, cancellation, idleness, their shell's own death; nothing is left. */
import { describe, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { expectNoneLeft, isAlive, processesWithTag, signal } from "../../support/processes.ts";
import { repositoryDirectory } from "../../support/repository.ts";
import { waitFor, within } from "../../support/wait-for.ts";
import { BashClient } from "./bash-client.ts";
import { BashSession } from "./bash-session-client.ts";

/** In the group and out of it, deaf to signals, and without the tag but with a parent. */
const stubborn = [
  "sleep 1000 & setsid sleep 1000 &",
  "bash -c 'trap \"\" TERM HUP INT; while :; do sleep 1000; done' &",
  "setsid bash -c 'trap \"\" TERM INT HUP; env -u MCP_GATEWAY_SHELL_CALL setsid sleep 1000; sleep 1000' &",
].join("\n");
/** Of them, and the session's shell. */
const stubbornMin = 7;
const ignoresInterrupt = "bash -c 'trap \"\" INT TERM; echo up; while :; do sleep 1000; done'";

async function listed(bash: BashClient): Promise<string> {
  return (await bash.tool("bash_session", { action: "list" })).text;
}

describe.concurrent("a run whose time is over", () => {
  test("is interrupted like by Ctrl-C, and the session lives on with all it knew", async () => {
    await using bash = await BashClient.start();
    await using session = await BashSession.open(bash);
    await session.run("X=kept; cd /");
    const { facts, text, isError } = await session.run("echo before; sleep 1000; echo after", {
      timeoutMs: 300,
    });
    expect(isError).toBe(true);
    expect(facts).toMatchObject({
      timedOut: true,
      interrupted: true,
      exitCode: 130,
      stdout: "before\n",
      state: "idle",
    });
    expect(text).toContain("Timed out after 300 ms and was interrupted");
    expect(await session.stdout("echo $X; pwd")).toBe("kept\n/\n");
    expect(bash.running).toHaveLength(1);
  });

  test("is killed when the interrupt does not help, and the session lives on", async () => {
    await using bash = await BashClient.start();
    await using session = await BashSession.open(bash);
    await session.run("X=kept; sleep 1000 &");
    const { facts } = await session.run(ignoresInterrupt, { timeoutMs: 300 });
    expect(facts).toMatchObject({ timedOut: true, exitCode: 137, stdout: "up\n", state: "idle" });
    // The background job of the run before is not this run's.
    expect((await session.run("echo $X")).facts).toMatchObject({ stdout: "kept\n", backgroundJobs: 1 });
    expect(bash.running).toHaveLength(2);
  });

  test.each([
    "trap '' INT; while :; do :; done",
    "trap : INT; while :; do sleep 0.01; done",
    "kill -STOP $$",
  ])("ends with its shell when nothing less helps: %s", async (command) => {
    await using bash = await BashClient.start();
    const session = await BashSession.open(bash);
    const { facts, text } = await session.run(command, { timeoutMs: 300 });
    expect(facts).toMatchObject({ timedOut: true, exitCode: null, state: "ended" });
    expect(text).toContain("nothing less than killing its shell ended the command");
    expect(bash.running).toEqual([]);
    expect((await session.close()).text).toContain(`Session ${session.id} has ended`);
  });
});

describe("an interrupt", () => {
  test("ends the command of another call, and the session goes on", async () => {
    await using bash = await BashClient.start();
    await using session = await BashSession.open(bash);
    const running = session.run("echo up; sleep 1000; echo never");
    await waitFor(() => bash.running.length === 2);
    const interrupted = await session.interrupt();
    expect(interrupted).toMatchObject({ isError: false, facts: { state: "idle" } });
    expect((await running).facts).toMatchObject({
      exitCode: 130,
      interrupted: true,
      timedOut: false,
      stdout: "up\n",
    });
    expect((await session.interrupt()).text).toContain("runs nothing");
    expect(await session.stdout("echo on")).toBe("on\n");
  });

  test("that is ignored says so, and SIGKILL ends the command but not the session", async () => {
    await using bash = await BashClient.start();
    await using session = await BashSession.open(bash);
    await session.run("X=kept");
    const running = session.run(ignoresInterrupt);
    await waitFor(() => bash.running.length === 3);
    const ignored = await session.interrupt();
    expect(ignored).toMatchObject({ isError: true, facts: { state: "running" } });
    expect(ignored.text).toContain("goes on after SIGINT; SIGKILL ends it");
    expect((await session.interrupt("SIGKILL")).isError).toBe(false);
    expect((await running).facts).toMatchObject({ exitCode: 137, interrupted: true, stdout: "up\n" });
    expect(await session.stdout("echo $X")).toBe("kept\n");
  });

  test("reaches a trap of the shell, which may go on", async () => {
    await using bash = await BashClient.start();
    await using session = await BashSession.open(bash);
    const running = session.run("trap 'echo caught' INT; sleep 1000; echo after");
    await waitFor(() => bash.running.length === 2);
    await session.interrupt();
    expect((await running).facts).toMatchObject({ stdout: "caught\nafter\n", state: "idle" });
  });
});

describe("a cancelled call", () => {
  test("interrupts its run and leaves the session to others", async () => {
    await using bash = await BashClient.start();
    await using session = await BashSession.open(bash);
    const cancel = new AbortController();
    const running = session.run("X=1; sleep 1000", {}, { signal: cancel.signal }).catch(() => "cancelled");
    await waitFor(() => bash.running.length === 2);
    cancel.abort();
    expect(await running).toBe("cancelled");
    await waitFor(() => bash.running.length === 1);
    await waitFor(async () => (await session.run("echo $X")).facts.stdout === "1\n");
  });

  test("closes the session that it would have been the first to name", async () => {
    await using bash = await BashClient.start();
    const cancel = new AbortController();
    const given = { command: stubborn.concat("\nwait") };
    const running = bash.tool("bash_session", given, { signal: cancel.signal }).catch(() => "cancelled");
    await waitFor(() => bash.running.length >= stubbornMin);
    cancel.abort();
    expect(await running).toBe("cancelled");
    await waitFor(() => bash.running.length === 0);
    expect(await listed(bash)).toBe("There are no sessions.");
  });
});

describe("a session", () => {
  test("ends with everything it started when it is closed, also in the middle of a run", async () => {
    await using bash = await BashClient.start();
    const session = await BashSession.open(bash);
    await session.run(stubborn);
    const running = session.run("sleep 1000");
    await waitFor(() => bash.running.length > stubbornMin);
    const closed = await session.close();
    expect(closed).toMatchObject({ isError: false, facts: { state: "ended", leftRunning: 0 } });
    expect(bash.running).toEqual([]);
    expect((await running).facts).toMatchObject({ state: "ended", exitCode: null });
    for (const action of ["run", "close", "interrupt"]) {
      const more = action === "run" ? { command: "echo" } : {};
      const { text, isError } = await bash.tool("bash_session", { action, session: session.id, ...more });
      expect([isError, text]).toEqual([
        true,
        `Session ${session.id} has ended: it was closed. Leave \`session\` out to open a new one.`,
      ]);
    }
  });

  test.each([
    ["exit 3", 3, null, "exit code 3"],
    ["echo $((1)); exec true", 0, null, "exit code 0"],
    ["set -e; false; echo never", 1, null, "exit code 1"],
    ["kill -9 $$", null, "SIGKILL", "SIGKILL"],
    ["trap 'echo bye; sleep 1000 & disown' EXIT; exit 0", 0, null, "exit code 0"],
    [`${stubborn}\nexit 7`, 7, null, "exit code 7"],
  ])("ends with its shell, and the result says so: %s", async (command, exitCode, name, how) => {
    await using bash = await BashClient.start();
    const session = await BashSession.open(bash);
    const { facts, text, isError } = await session.run(command);
    expect(facts).toMatchObject({ exitCode, signal: name, state: "ended", timedOut: false });
    expect([isError, text.includes(`Session ${session.id} has ended with its shell`)]).toEqual([true, true]);
    expect((await session.close()).text).toContain(how);
    await waitFor(() => bash.running.length === 0);
  });

  test("ends when its shell is killed while nothing runs", async () => {
    await using bash = await BashClient.start();
    const session = await BashSession.open(bash);
    await session.run(stubborn);
    signal(Number(await session.stdout("echo $$")), "SIGKILL");
    await waitFor(async () => (await listed(bash)) === "There are no sessions.");
    expect((await session.close()).text).toContain("its shell was ended by SIGKILL");
    await waitFor(() => bash.running.length === 0);
  });

  test("ends when its shell is killed before it has read a long command", async () => {
    await using bash = await BashClient.start();
    const session = await BashSession.open(bash);
    const shell = Number(await session.stdout("echo $$"));
    signal(shell, "SIGSTOP");
    // More than a pipe holds, so that the rest waits to be written.
    const running = session.run(`: ${"x".repeat(130_000)}`);
    await waitFor(async () => (await listed(bash)).includes("running"));
    signal(shell, "SIGKILL");
    expect((await running).facts).toMatchObject({ state: "ended", signal: "SIGKILL" });
    expect((await bash.run("echo alive")).stdout).toBe("alive\n");
  });

  test("is closed when nobody has used it for long; one that runs is not idle", async () => {
    await using bash = await BashClient.start(["--session-idle-ms", "200"]);
    const running = bash.tool("bash_session", { command: "sleep 1000" });
    const idle = await BashSession.open(bash);
    // Only the busy one is left.
    await waitFor(async () => /^\S+: running, .*$/u.test(await listed(bash)));
    expect((await idle.close()).text).toContain("it was closed after 200 ms without a call");
    const [busy] = (await listed(bash)).split(":");
    await bash.tool("bash_session", { action: "interrupt", session: busy });
    expect((await running).facts["exitCode"]).toBe(130);
    await waitFor(() => bash.running.length === 0);
  });

  test("takes one command at a time: another is refused at once, none is mixed up", async () => {
    await using bash = await BashClient.start();
    await using session = await BashSession.open(bash);
    const first = session.run("sleep 1000");
    await waitFor(() => bash.running.length === 2);
    const others = await Promise.all(
      [1, 2, 3].map((number) =>
        bash.tool("bash_session", { session: session.id, command: `echo ${number}` }),
      ),
    );
    for (const { isError, text } of others) {
      expect(isError).toBe(true);
      expect(text).toContain(`Session ${session.id} is still running a command`);
    }
    await session.interrupt();
    expect((await first).facts.stdout).toBe("");
  });

  test("beyond the cap is refused with the names of those there are, and there is room after a close", async () => {
    await using bash = await BashClient.start(["--sessions", "2"]);
    const opened = await Promise.all([1, 2, 3, 4].map(() => bash.tool("bash_session", { action: "open" })));
    const ids = opened.flatMap(({ facts }) =>
      facts["session"] === undefined ? [] : [String(facts["session"])],
    );
    expect(ids).toHaveLength(2);
    const refused = await bash.tool("bash_session", { command: "echo no" });
    expect(refused.isError).toBe(true);
    expect(refused.text).toContain("There are 2 sessions already");
    for (const id of ids) expect(refused.text).toContain(id);
    await bash.tool("bash_session", { action: "close", session: ids[0] });
    expect((await bash.tool("bash_session", { command: "echo yes" })).facts["stdout"]).toBe("yes\n");
  });

  test("sessions run side by side, each with its own output", async () => {
    await using bash = await BashClient.start();
    const sessions = await Promise.all([1, 2, 3, 4, 5, 6].map(() => BashSession.open(bash)));
    const runs = await Promise.all(
      sessions.map((session, index) =>
        session.run(`for i in {1..200}; do echo ${index}; done; exit ${index}`),
      ),
    );
    expect(runs.map(({ facts }) => [facts.exitCode, facts.stdout])).toEqual(
      sessions.map((_, index) => [index, `${index}\n`.repeat(200)]),
    );
  });

  test("with --sessions 0 there is no such tool", async () => {
    await using bash = await BashClient.start(["--sessions", "0"]);
    expect((await bash.client.listTools()).tools.map(({ name }) => name)).toEqual(["bash", "bash_job"]);
  });
});

describe("the server's end", () => {
  test("takes sessions and all they started with it", async () => {
    const bash = await BashClient.start();
    const [one, other] = [await BashSession.open(bash), await BashSession.open(bash)];
    await one.run(stubborn);
    const running = other.run("trap '' INT HUP TERM; sleep 1000").catch(() => "connection closed");
    await waitFor(() => bash.running.length > stubbornMin);
    const server = bash.serverPid;
    await bash[Symbol.asyncDispose]();
    expect(isAlive(server)).toBe(false);
    await running;
  });

  test("comes by itself when its client is killed, and takes all with it", async () => {
    const mark = `mark-${randomUUID()}`;
    const client = Bun.spawn(
      [process.execPath, join(repositoryDirectory, "tests/integration/servers/bash-user.ts"), stubborn],
      { stdin: "ignore", stdout: "pipe", stderr: "inherit", env: { ...process.env, BASH_TEST_MARK: mark } },
    );
    const lines = client.stdout.pipeThrough(new TextDecoderStream());
    for await (const line of lines) if (line.includes("started")) break;
    await waitFor(() => processesWithTag(mark).length > stubbornMin * 2);
    client.kill("SIGKILL");
    await within(5_000, "the client's end", client.exited);
    await expectNoneLeft(mark, 5_000);
  });
});
