/** Much output, endless output, many calls at once, and progress. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { tempDir } from "../../support/temp-dir.ts";
import { waitFor } from "../../support/wait-for.ts";
import { BashClient } from "./bash-client.ts";

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/u.exec(status)?.[1]) * 1024;
}

describe("output", () => {
  test("of 1 MB comes whole where the bound allows it", async () => {
    await using bash = await BashClient.start(["--output-bytes", "2000000"]);
    const { stdout, stdoutBytesCut } = await bash.run("seq 1 200000 | head -c 1000000");
    expect(stdoutBytesCut).toBe(0);
    expect(stdout).toHaveLength(1_000_000);
    expect(stdout.split("\n").slice(0, -1)).toEqual(
      Array.from({ length: stdout.split("\n").length - 1 }, (_, index) => String(index + 1)),
    );
  });

  test("of 1 MB on both streams keeps head and tail of each by default, and says how much was cut", async () => {
    await using bash = await BashClient.start();
    const { structured, text } = await bash.call({
      command: "seq 100000 300000 | head -c 1000000; seq 500000 700000 | head -c 1000000 >&2",
    });
    expect(structured).toMatchObject({ stdoutBytes: 1_000_000, stderrBytes: 1_000_000, truncated: true });
    expect(structured?.stdoutBytesCut).toBe(1_000_000 - 204_800);
    expect(structured?.stdout).toStartWith("100000\n100001\n");
    expect(structured?.stdout).toContain("\n[... 795200 bytes cut ...]\n");
    expect(structured?.stderr).toStartWith("500000\n");
    expect(text).toContain("[... 795200 bytes cut ...]");
    expect(Buffer.byteLength(structured?.stdout ?? "")).toBeLessThan(205_000);
  });

  test("without end takes bounded memory and ends with its time", async () => {
    await using bash = await BashClient.start();
    await bash.run("true");
    const beforeBytes = residentBytes(bash.serverPid);
    let mostBytes = 0;
    const watch = setInterval(() => {
      mostBytes = Math.max(mostBytes, residentBytes(bash.serverPid));
    }, 20);
    const both = await bash.run("yes & yes err >&2", { timeoutMs: 1_500 });
    clearInterval(watch);
    expect(both.timedOut).toBe(true);
    expect(both.stdoutBytes).toBeGreaterThan(10_000_000);
    expect(both.stderrBytes).toBeGreaterThan(10_000_000);
    expect(both.stdout.length).toBeLessThan(205_000);
    expect(mostBytes - beforeBytes).toBeLessThan(120 * 1024 * 1024);
    expect(bash.running).toEqual([]);
  }, 20_000);

  test("keeps characters whole that come in pieces", async () => {
    await using bash = await BashClient.start();
    const { stdout } = await bash.run(
      'for b in e4 bd a0 e5 a5 bd f0 9f 8e 89; do printf "\\\\x$b"; sleep 0.02; done',
    );
    expect(stdout).toBe("你好🎉");
  });
});

describe("calls", () => {
  test("at the same time run at the same time, each with its own result", async () => {
    await using bash = await BashClient.start(["--calls", "20"]);
    using folder = tempDir("parallel");
    // Each waits until all twenty have begun, so that one after the other would never end.
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        bash.run(
          `touch ${index}; until [ "$(ls | wc -l)" -eq 20 ]; do sleep 0.02; done; echo ${index}; echo e${index} >&2; exit ${index}`,
          { cwd: folder.path, timeoutMs: 25_000 },
        ),
      ),
    );
    expect(results.map(({ exitCode, stdout, stderr }) => [exitCode, stdout, stderr])).toEqual(
      Array.from({ length: 20 }, (_, index) => [index, `${index}\n`, `e${index}\n`]),
    );
  }, 30_000);

  test("beyond the bound wait for their turn", async () => {
    await using bash = await BashClient.start(["--calls", "2"]);
    using folder = tempDir("turns");
    const most = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const { stdout } = await bash.run(`touch ${index}; sleep 0.05; ls | wc -l; rm ${index}`, {
          cwd: folder.path,
        });
        return Number(stdout);
      }),
    );
    expect(Math.max(...most)).toBeLessThanOrEqual(2);
  }, 20_000);

  test("do not wait for a command that runs, nor does the list of tools", async () => {
    await using bash = await BashClient.start();
    const cancel = new AbortController();
    const slow = bash.call({ command: "sleep 1000" }, { signal: cancel.signal }).catch(() => "cancelled");
    expect((await bash.run("echo quick")).stdout).toBe("quick\n");
    expect((await bash.client.listTools()).tools).toHaveLength(3);
    cancel.abort();
    expect(await slow).toBe("cancelled");
  });
});

describe("progress", () => {
  test("shows new output while the command runs, to the client that asks for it", async () => {
    await using bash = await BashClient.start();
    const seen: { progress: number; total?: number | undefined; message?: string | undefined }[] = [];
    using folder = tempDir("progress");
    const call = bash.call(
      { command: "echo first; until [ -e go ]; do sleep 0.02; done; echo second", cwd: folder.path },
      { onprogress: (progress) => seen.push(progress) },
    );
    await waitFor(() => seen.some(({ message }) => message?.includes("first")));
    await Bun.write(`${folder.path}/go`, "");
    expect((await call).structured?.stdout).toBe("first\nsecond\n");
    expect(seen.every(({ total }) => total === 120_000)).toBe(true);
    expect(seen.map(({ progress }) => progress)).toEqual(
      seen.map(({ progress }) => progress).sort((a, b) => a - b),
    );
  });
});
