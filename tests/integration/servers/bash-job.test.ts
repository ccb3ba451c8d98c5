/** Background jobs: started, looked at, waited for, stopped; bounded in number and output; none outlives the server. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isAlive, signal } from "../../support/processes.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitFor } from "../../support/wait-for.ts";
import { BashClient, structuredIn, type ToolCalled } from "./bash-client.ts";

interface JobFacts {
  readonly job: string;
  readonly state: "running" | "exited" | "timed-out" | "stopped";
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly pid: number;
  readonly durationMs: number;
  readonly totalBytes: number;
  readonly command: string;
  readonly cwd: string;
  readonly output: string;
  readonly from: number;
  readonly next: number;
  readonly droppedBytes: number;
}

/** In the group and out of it, and deaf to signals. */
const stubborn = [
  "sleep 1000 & setsid sleep 1000 &",
  "bash -c 'trap \"\" TERM HUP INT; while :; do sleep 1000; done' &",
  "setsid bash -c 'trap \"\" TERM INT HUP; env -u MCP_GATEWAY_SHELL_CALL setsid sleep 1000; sleep 1000' &",
  "echo up; wait",
].join("\n");
const stubbornMin = 7;

type More = Readonly<Record<string, unknown>>;

function call(bash: BashClient, action: string, more: More = {}): Promise<ToolCalled> {
  return bash.tool("bash_job", { action, ...more });
}

async function facts(bash: BashClient, action: string, more: More = {}): Promise<JobFacts> {
  const { facts: given, text } = await call(bash, action, more);
  return structuredIn<JobFacts>(given, text);
}

async function started(bash: BashClient, command: string, more: More = {}): Promise<string> {
  return (await facts(bash, "start", { command, ...more })).job;
}

describe("a job", () => {
  let bash: BashClient;
  beforeAll(async () => {
    bash = await BashClient.start();
  });
  afterAll(async () => {
    await bash[Symbol.asyncDispose]();
  });

  test("runs on while other calls are made, and tells how it ended", async () => {
    using folder = tempDir("job");
    const command = "echo out; echo err >&2; until [ -e go ]; do sleep 0.02; done; pwd; exit 3";
    const start = await call(bash, "start", { command, cwd: folder.path, env: { X: "1" } });
    expect(start).toMatchObject({ isError: false, facts: { state: "running", exitCode: null, command } });
    expect(isAlive(Number(start.facts["pid"]))).toBe(true);
    const { job } = structuredIn<JobFacts>(start.facts, start.text);
    expect((await bash.run("echo meanwhile")).stdout).toBe("meanwhile\n");
    const first = await facts(bash, "output", { job, offset: 0, waitMs: 20_000 });
    await Bun.write(`${folder.path}/go`, "");
    const ended = await call(bash, "wait", { job, offset: 0 });
    expect(ended).toMatchObject({ isError: true, facts: { state: "exited", exitCode: 3, signal: null } });
    expect(ended.facts["output"]).toBe(`out\nerr\n${folder.path}\n`);
    expect(ended.text).toContain(`Job ${job} has ended: exit code 3`);
    expect(String(ended.facts["output"])).toStartWith(first.output);
    // Asking after the end is no failure of the asking.
    expect(await call(bash, "output", { job })).toMatchObject({ isError: false, facts: { exitCode: 3 } });
  });

  test.each([
    ["true", "exited", 0, null],
    ["exit 255", "exited", 255, null],
    ["kill -9 $$", "exited", null, "SIGKILL"],
    ["kill -SEGV $$", "exited", null, "SIGSEGV"],
    ["no-such-command-here", "exited", 127, null],
    ["if then (", "exited", 2, null],
  ] as const)("tells exit code and signal: %s", async (command, state, exitCode, name) => {
    const ended = await call(bash, "wait", { job: await started(bash, command) });
    expect(ended.facts).toMatchObject({ state, exitCode, signal: name });
    expect(ended.isError).toBe(exitCode !== 0);
  });

  test("is read on from where the reading stopped, with nothing lost and nothing twice", async () => {
    using folder = tempDir("job-read");
    // A character of three bytes in pieces, so that a read falls into the middle of it.
    const command =
      "for i in {1..50}; do printf '\\xe4'; sleep 0.005; printf '\\xbd\\xa0%d\\n' $i; done; echo end >&2";
    const job = await started(bash, command, { cwd: folder.path });
    let all = "";
    for (let offset = 0; ; ) {
      const part = await facts(bash, "output", { job, offset, waitMs: 10_000 });
      expect([part.from, part.droppedBytes]).toEqual([offset, 0]);
      // A wait for news is not over with the first bytes of a character.
      if (part.state === "running") expect(part.output).not.toBe("");
      all += part.output;
      offset = part.next;
      if (part.state !== "running" && offset === part.totalBytes) break;
    }
    expect(all).toBe(`${Array.from({ length: 50 }, (_, index) => `你${index + 1}\n`).join("")}end\n`);
  });

  test("that writes without end keeps the newest in bounded memory, and says what is gone", async () => {
    await using small = await BashClient.start(["--job-output-bytes", "10000"]);
    const job = await started(small, "seq 1 100000; sleep 1000");
    await waitFor(async () => (await facts(small, "output", { job })).totalBytes === 588_895);
    const part = await facts(small, "output", { job, offset: 5 });
    expect(part).toMatchObject({ from: 578_895, next: 588_895, droppedBytes: 578_890 });
    expect(part.output).toEndWith("\n99999\n100000\n");
    expect((await call(small, "output", { job, offset: 5 })).text).toContain(
      "(578890 bytes before it are not kept",
    );
    expect(await facts(small, "output", { job, offset: 9e15 })).toMatchObject({ output: "", next: 588_895 });
  });

  test("that writes much is read in pieces of a bounded size", async () => {
    const job = await started(bash, "head -c 200000 /dev/zero | tr '\\0' x; printf '\\xff\\0end'");
    await call(bash, "wait", { job });
    const [one, two, rest] = [
      await facts(bash, "output", { job, offset: 0 }),
      await facts(bash, "output", { job, offset: 65_536 }),
      await facts(bash, "output", { job }),
    ];
    expect([one.next, two.next, one.output.length]).toEqual([65_536, 131_072, 65_536]);
    expect([rest.next, rest.totalBytes, rest.droppedBytes]).toEqual([200_005, 200_005, 0]);
    expect(rest.output).toEndWith("x\ufffd\0end");
  });

  test("that is stopped ends with everything it started", async () => {
    const job = await started(bash, stubborn);
    await waitFor(() => bash.running.length >= stubbornMin);
    const stopped = await call(bash, "stop", { job });
    expect(stopped.facts).toMatchObject({ state: "stopped", output: "up\n" });
    expect(stopped.text).toContain(`Job ${job} was stopped`);
    expect(bash.running).toEqual([]);
    expect(await call(bash, "stop", { job })).toMatchObject({ isError: false, facts: { state: "stopped" } });
  });

  test("may clean up when it is stopped", async () => {
    const job = await started(bash, "trap 'echo cleaned; exit 9' TERM; echo up; sleep 1000 & wait");
    await facts(bash, "output", { job, offset: 0, waitMs: 20_000 });
    expect(await facts(bash, "stop", { job })).toMatchObject({
      state: "stopped",
      exitCode: 9,
      output: "up\ncleaned\n",
    });
  });

  test("whose time is over ends with everything it started", async () => {
    const job = await started(bash, stubborn, { timeoutMs: 500 });
    expect(await call(bash, "wait", { job })).toMatchObject({
      isError: true,
      facts: { state: "timed-out", exitCode: null },
    });
    expect(bash.running).toEqual([]);
  });

  test("leaves its own background processes to the server's end, as a call of bash does", async () => {
    const lonely = await BashClient.start();
    const job = await started(lonely, "setsid sleep 1000 >/dev/null 2>&1 & exit 0");
    expect(await facts(lonely, "wait", { job })).toMatchObject({ state: "exited", exitCode: 0 });
    expect(lonely.running).toHaveLength(1);
    await lonely[Symbol.asyncDispose]();
  });

  test("killed from outside is told", async () => {
    const { job, pid } = await facts(bash, "start", { command: "sleep 1000; true" });
    signal(pid, "SIGKILL");
    expect(await facts(bash, "wait", { job })).toMatchObject({ state: "exited", signal: "SIGKILL" });
  });
});

describe("jobs", () => {
  test("are listed in the order of their start, and beyond the cap refused", async () => {
    await using bash = await BashClient.start(["--jobs", "2"]);
    expect((await call(bash, "list")).text).toBe("There are no jobs.");
    const jobs = [await started(bash, "sleep 1000"), await started(bash, "sleep 1001")];
    const refused = await call(bash, "start", { command: "echo no" });
    expect([refused.isError, refused.facts]).toEqual([true, {}]);
    expect(refused.text).toContain("There are 2 running jobs already");
    const listed = (await call(bash, "list")).facts["jobs"] as readonly JobFacts[];
    expect(listed.map(({ job, state }) => [job, state])).toEqual(jobs.map((job) => [job, "running"]));
    await call(bash, "stop", { job: jobs[0] });
    const third = await started(bash, "echo yes");
    expect((await facts(bash, "wait", { job: third })).output).toBe("yes\n");
  });

  test("that ended are remembered up to a bound", async () => {
    await using bash = await BashClient.start();
    const jobs: string[] = [];
    for (let round = 0; round < 3; round++) {
      const some = await Promise.all(Array.from({ length: 16 }, () => started(bash, "true")));
      await Promise.all(some.map((job) => call(bash, "wait", { job })));
      jobs.push(...some);
    }
    const listed = (await call(bash, "list")).facts["jobs"] as readonly JobFacts[];
    expect(listed).toHaveLength(32);
    const gone = await call(bash, "output", { job: jobs[0] });
    expect([gone.isError, gone.text]).toEqual([true, `There is no job "${jobs[0]}" (any more).`]);
  });

  test("a cancelled wait gives up the waiting, not the job", async () => {
    await using bash = await BashClient.start();
    const job = await started(bash, "sleep 1000");
    const cancel = new AbortController();
    const waiting = bash
      .tool("bash_job", { action: "wait", job, waitMs: 600_000 }, { signal: cancel.signal })
      .catch(() => "cancelled");
    cancel.abort();
    expect(await waiting).toBe("cancelled");
    expect((await facts(bash, "output", { job })).state).toBe("running");
    expect(await facts(bash, "wait", { job, waitMs: 1 })).toMatchObject({ state: "running" });
  });

  test("end with the server, whatever they do", async () => {
    const bash = await BashClient.start();
    await Promise.all([1, 2, 3].map(() => started(bash, stubborn)));
    await waitFor(() => bash.running.length >= stubbornMin * 3);
    await bash[Symbol.asyncDispose]();
  });

  test("with --jobs 0 there is no such tool; --job-ms bounds the longest", async () => {
    await using bash = await BashClient.start(["--jobs", "0"]);
    expect((await bash.client.listTools()).tools.map(({ name }) => name)).toEqual(["bash", "bash_session"]);
    await using short = await BashClient.start(["--job-ms", "300"]);
    expect((await call(short, "start", { command: "true", timeoutMs: 301 })).text).toContain("from 1 to 300");
    const job = await started(short, "sleep 1000");
    expect((await facts(short, "wait", { job })).state).toBe("timed-out");
  });
});
