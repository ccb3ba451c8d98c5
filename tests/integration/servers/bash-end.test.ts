/** However a call or the server ends, nothing that the command started lives on. */
import { describe, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expectNoneLeft, isAlive, processesWithTag } from "../../support/processes.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitFor, within } from "../../support/wait-for.ts";
import { BashClient, bashServer } from "./bash-client.ts";

/** Children in the group, out of it, twice removed, deaf to SIGTERM, and without the tag but with a parent. */
const stubborn = [
  "sleep 1000 & setsid sleep 1000 & ( setsid bash -c 'sleep 1000 & sleep 1000' & )",
  "bash -c 'trap \"\" TERM HUP INT; while :; do sleep 1000; done' &",
  "setsid bash -c 'trap \"\" TERM; env -u MCP_GATEWAY_SHELL_CALL setsid sleep 1000; sleep 1000' &",
  "env -i BASH_TEST_MARK=$BASH_TEST_MARK sleep 1000 &",
  "echo started; wait",
].join("\n");
const startedMin = 9;

describe("a command whose time is over", () => {
  test("ends with its children and theirs, in the group or not", async () => {
    await using bash = await BashClient.start();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, bash.running.length);
    }, 50);
    const called = await bash.call({ command: stubborn, timeoutMs: 1_500 });
    clearInterval(watch);
    expect(most).toBeGreaterThanOrEqual(startedMin);
    expect(called.isError).toBe(true);
    expect(called.structured).toMatchObject({
      timedOut: true,
      exitCode: null,
      signal: "SIGTERM",
      stdout: "started\n",
      leftRunning: 0,
    });
    expect(called.text).toContain("Timed out after 1500 ms");
    expect(bash.running).toEqual([]);
  }, 20_000);

  test("may clean up when it is asked to end", async () => {
    await using bash = await BashClient.start();
    const { stdout, timedOut, exitCode } = await bash.run(
      "trap 'echo cleaned; exit 9' TERM; sleep 1000 & wait",
      { timeoutMs: 300 },
    );
    expect({ stdout, timedOut, exitCode }).toEqual({ stdout: "cleaned\n", timedOut: true, exitCode: 9 });
  });

  test("is killed when it forks all the time", async () => {
    await using bash = await BashClient.start();
    const called = await bash.run("f() { sleep 1000 & setsid sleep 1000 & sleep 0.05; f; }; f", {
      timeoutMs: 700,
    });
    expect(called).toMatchObject({ timedOut: true, leftRunning: 0 });
    expect(bash.running).toEqual([]);
  }, 20_000);
});

describe("a call that the client cancels", () => {
  test("ends with all it started, and the server goes on", async () => {
    await using bash = await BashClient.start();
    const cancel = new AbortController();
    const call = bash
      .call({ command: stubborn }, { signal: cancel.signal })
      .catch((error: unknown) => String(error));
    await waitFor(() => bash.running.length >= startedMin);
    cancel.abort("no longer needed");
    expect(await call).toContain("no longer needed");
    await waitFor(() => bash.running.length === 0);
    expect((await bash.run("echo still here")).stdout).toBe("still here\n");
  }, 20_000);

  test("while it waits for its turn never runs", async () => {
    await using bash = await BashClient.start(["--calls", "1"]);
    const [first, second] = [new AbortController(), new AbortController()];
    const running = bash.call({ command: "sleep 1000" }, { signal: first.signal }).catch(() => "cancelled");
    await waitFor(() => bash.running.length > 0);
    const waiting = bash.call({ command: "sleep 1001" }, { signal: second.signal }).catch(() => "cancelled");
    second.abort();
    expect(await waiting).toBe("cancelled");
    first.abort();
    expect(await running).toBe("cancelled");
    expect((await bash.run("echo next")).stdout).toBe("next\n");
    expect(bash.running).toEqual([]);
  }, 20_000);
});

describe("a background process", () => {
  test("that holds the output does not hold the call, lives on, and ends with the server", async () => {
    const bash = await BashClient.start();
    const { structured, text } = await bash.call({ command: "sleep 1000 & echo $!" });
    expect(structured).toMatchObject({ exitCode: 0, leftRunning: 1 });
    expect(structured?.durationMs).toBeLessThan(5_000);
    expect(text).toContain("1 process of it still running in the background");
    expect(isAlive(Number(structured?.stdout))).toBe(true);
    await bash[Symbol.asyncDispose]();
  });

  test("of any kind ends with the server", async () => {
    const bash = await BashClient.start();
    await bash.run(
      "setsid sleep 1000 >/dev/null 2>&1 & env -u MCP_GATEWAY_SHELL_CALL sleep 1000 >/dev/null 2>&1 &",
    );
    await waitFor(() => bash.running.length === 2);
    await bash[Symbol.asyncDispose]();
  });

  test("may write on for as long as it likes, and never meets a closed pipe", async () => {
    await using bash = await BashClient.start();
    using folder = tempDir("background");
    const command = "(for i in {1..40}; do printf %050000d 1; sleep 0.01; done; touch done) & echo";
    expect((await bash.run(command, { cwd: folder.path })).leftRunning).toBeGreaterThan(0);
    await waitFor(() => existsSync(join(folder.path, "done")), { timeoutMs: 15_000 });
  }, 20_000);
});

describe("the server", () => {
  const hello = `${[
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"0"}}}',
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    JSON.stringify({
      jsonrpc: "2.0",
      id: 2,
      method: "tools/call",
      params: { name: "bash", arguments: { command: stubborn } },
    }),
  ].join("\n")}\n`;

  async function withRunningCommand(how: (server: ReturnType<typeof start>) => void): Promise<void> {
    const mark = `mark-${randomUUID()}`;
    const server = start(mark);
    server.stdin.write(hello);
    await server.stdin.flush();
    await waitFor(() => processesWithTag(mark).length > startedMin);
    const startedAtMs = performance.now();
    how(server);
    expect(await within(5_000, "the server's end", server.exited)).toBe(0);
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
    expect(processesWithTag(mark)).toEqual([]);
    await expectNoneLeft(mark);
  }

  function start(mark: string) {
    return Bun.spawn([process.execPath, bashServer], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
      env: { ...process.env, BASH_TEST_MARK: mark },
    });
  }

  test("ends within a second of its stdin, with a stubborn command running, and leaves nothing", async () => {
    await withRunningCommand((server) => server.stdin.end());
  }, 20_000);

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "ends as promptly and as cleanly on %s",
    async (signal) => {
      await withRunningCommand((server) => server.kill(signal));
    },
    20_000,
  );

  test("answers what was asked before its stdin ended", async () => {
    const server = start(`mark-${randomUUID()}`);
    server.stdin.write(hello.split("\n").slice(0, 2).join("\n"));
    server.stdin.write('\n{"jsonrpc":"2.0","id":7,"method":"tools/list"}\n');
    await server.stdin.end();
    expect(await new Response(server.stdout).text()).toContain('"id":7');
    expect(await server.exited).toBe(0);
  });

  test("lives on after a line that is no message, and says so on stderr", async () => {
    const server = Bun.spawn([process.execPath, bashServer], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    server.stdin.write('nonsense\n{"jsonrpc":"2.0","id":7,"method":"ping"}\n');
    await server.stdin.end();
    expect(await new Response(server.stdout).text()).toContain('"id":7');
    expect(await new Response(server.stderr).text()).toStartWith("bash server: ");
    expect(await server.exited).toBe(0);
  });

  test("ends at a message that no client of good will sends", async () => {
    const server = Bun.spawn([process.execPath, bashServer], {
      stdin: "pipe",
      stdout: "ignore",
      stderr: "pipe",
    });
    // The server may have ended before all of it is written.
    const written = Promise.resolve(server.stdin.write("x".repeat(11_000_000))).catch(() => "cut off");
    expect(await within(10_000, "the server's end", server.exited)).toBe(0);
    expect(await new Response(server.stderr).text()).toContain("exceeded");
    await written;
  }, 15_000);
});
