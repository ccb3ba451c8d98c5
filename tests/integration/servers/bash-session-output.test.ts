/** What a session's commands write: streamed while they run, bounded, and never mixed up with another run's. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { tempDir } from "../../support/temp-dir.ts";
import { waitFor } from "../../support/wait-for.ts";
import { BashClient } from "./bash-client.ts";
import { BashSession } from "./bash-session-client.ts";

let bash: BashClient;
beforeAll(async () => {
  bash = await BashClient.start(["--output-bytes", "20000"]);
});
afterAll(async () => {
  await bash[Symbol.asyncDispose]();
});

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/u.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

describe("output of a run", () => {
  test("is streamed as progress while the command runs, to the client that asks for it", async () => {
    await using session = await BashSession.open(bash);
    using folder = tempDir("session-progress");
    const seen: { progress: number; total?: number | undefined; message?: string | undefined }[] = [];
    const running = session.run(
      `cd ${folder.path}; echo first; until [ -e go ]; do sleep 0.02; done; echo second >&2; until [ -e on ]; do sleep 0.02; done`,
      { timeoutMs: 60_000 },
      { onprogress: (progress) => seen.push(progress) },
    );
    await waitFor(() => seen.some(({ message }) => message === "first\n"));
    await Bun.write(`${folder.path}/go`, "");
    await waitFor(() => seen.some(({ message }) => message === "second\n"));
    await Bun.write(`${folder.path}/on`, "");
    expect((await running).facts).toMatchObject({ stdout: "first\n", stderr: "second\n" });
    expect(seen.every(({ total }) => total === 60_000)).toBe(true);
    const steps = seen.map(({ progress }) => progress);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  });

  test("is cut in the middle where it is too much, and counted", async () => {
    await using session = await BashSession.open(bash);
    const { facts, text } = await session.run("seq 100000 300000 | head -c 1000000; echo short >&2");
    expect(facts).toMatchObject({ stdoutBytes: 1_000_000, stdoutBytesCut: 980_000, truncated: true });
    expect(facts.stdout).toStartWith("100000\n100001\n");
    expect(facts.stdout).toContain("\n[... 980000 bytes cut ...]\n");
    expect(text).toContain("[... 980000 bytes cut ...]");
    expect(facts.stderr).toBe("short\n");
    expect((await session.run("echo next")).facts).toMatchObject({ stdout: "next\n", truncated: false });
  });

  test("without end takes bounded memory, ends with its time, and leaves a usable session", async () => {
    await using session = await BashSession.open(bash);
    await session.run("X=kept");
    const beforeBytes = residentBytes(bash.serverPid);
    let mostBytes = 0;
    const watch = setInterval(() => {
      mostBytes = Math.max(mostBytes, residentBytes(bash.serverPid));
    }, 20);
    const { facts } = await session.run("yes & yes err >&2", { timeoutMs: 1_000 });
    clearInterval(watch);
    expect(facts).toMatchObject({ timedOut: true, truncated: true, state: "idle" });
    expect(facts.stdoutBytes).toBeGreaterThan(1_000_000);
    expect(mostBytes - beforeBytes).toBeLessThan(120 * 1024 * 1024);
    const next = await session.run("kill %1; wait; echo $X", { timeoutMs: 20_000 });
    expect(next.facts.stdout).toEndWith("kept\n");
  });

  test("is that of the run, whole and in order, however many runs follow each other", async () => {
    await using session = await BashSession.open(bash);
    for (let index = 0; index < 60; index++) {
      const { facts } = await session.run(
        `printf '%s\\n' out${index}; printf 'err${index}' >&2; (exit ${index})`,
      );
      expect([facts.stdout, facts.stderr, facts.exitCode]).toEqual([`out${index}\n`, `err${index}`, index]);
    }
  });

  test("of a background process between runs is told with the next, and said to be that", async () => {
    await using session = await BashSession.open(bash);
    using folder = tempDir("session-earlier");
    const command = `cd ${folder.path}; { until [ -e go ]; do sleep 0.02; done; echo late; echo late2 >&2; touch done; } &`;
    expect((await session.run(command)).facts).toMatchObject({ stdout: "", stderr: "" });
    await Bun.write(`${folder.path}/go`, "");
    await waitFor(() => Bun.file(`${folder.path}/done`).exists());
    const { facts, text } = await session.run("echo now");
    expect(facts).toMatchObject({ stdout: "now\n", earlierOutput: "late\nlate2\n" });
    expect(text).toContain("from background processes, before:\nlate\nlate2\n");
    expect((await session.run("echo now")).facts.earlierOutput).toBeUndefined();
  });

  test("of endless background processes between runs is bounded", async () => {
    await using session = await BashSession.open(bash);
    using folder = tempDir("session-flood");
    await session.run(`cd ${folder.path}; { head -c 3000000 /dev/zero | tr '\\0' x; touch done; } &`);
    await waitFor(() => Bun.file(`${folder.path}/done`).exists());
    const { facts } = await session.run("echo now");
    expect(facts.stdout).toBe("now\n");
    expect(facts.earlierOutput).toContain("bytes cut");
    expect(facts.earlierOutput?.length).toBeLessThan(17_000);
  });

  test("of many NUL bytes is read as fast as any other", async () => {
    await using session = await BashSession.open(bash);
    const { facts } = await session.run("head -c 20000000 /dev/zero", { timeoutMs: 12_000 });
    expect([facts.timedOut, facts.stdoutBytes]).toEqual([false, 20_000_000]);
  });

  test("that looks like the marks of the driver is output", async () => {
    await using session = await BashSession.open(bash);
    const hex = "0123456789abcdef".repeat(2);
    const command = `for i in 1 2 3; do printf '\\000${hex}\\0%s\\0%s\\0' 0 himBs; printf '\\0'; done`;
    const mark = `\0${hex}\0${"0\0himBs\0"}\0`;
    expect(await session.stdout(command)).toBe(mark.repeat(3));
  });
});
