/** The audit file of the bash server: what each call leaves in it, who may read it, how it is bounded, what if it can't be written. */
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { tempDir } from "../../support/temp-dir.ts";
import { BashClient } from "./bash-client.ts";
import { serverFault } from "./server-fault.ts";

type Line = Readonly<Record<string, unknown>>;

/** Each line is JSON by itself, or this throws. */
function linesOf(path: string): readonly Line[] {
  const text = readFileSync(path, "utf8");
  if (!text.endsWith("\n")) throw new Error(`the last line is not whole: ${text.slice(-200)}`);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

function callsIn(path: string): readonly Line[] {
  return linesOf(path).filter(({ event }) => event === "end");
}

describe("the audit of a call", () => {
  test("says before it what is about to be done, and after it what came of it", async () => {
    using folder = tempDir("audit");
    const path = join(folder.path, "deep/audit.jsonl");
    await using bash = await BashClient.start(["--audit", path]);
    const command = "printf 'secret output'; printf err >&2; exit 3";
    await bash.call({ command, cwd: folder.path, env: { TOKEN: "hidden" }, timeoutMs: 5_000 });
    const [start, begin, end, ...more] = linesOf(path);
    expect(more).toEqual([]);
    expect(start).toMatchObject({ event: "start", server: "bash", pid: bash.serverPid });
    const asked = {
      server: "bash",
      pid: bash.serverPid,
      call: begin?.["call"],
      tool: "bash",
      cwd: folder.path,
      arguments: { command, cwd: folder.path, env: ["TOKEN"], timeoutMs: 5_000 },
    };
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u);
    expect(begin).toEqual({ time, event: "begin", ...asked });
    expect(end).toEqual({
      time,
      event: "end",
      ...asked,
      durationMs: expect.any(Number),
      outcome: "failed",
      exitCode: 3,
      signal: null,
      timedOut: false,
      cancelled: false,
      stdoutBytes: 13,
      stderrBytes: 3,
      leftRunning: 0,
    });
    expect(readFileSync(path, "utf8")).not.toMatch(/hidden|secret output"/u);
  });

  test("is made for each tool, for what is refused, and for what can't be understood", async () => {
    using folder = tempDir("audit-all");
    const path = join(folder.path, "audit.jsonl");
    await using bash = await BashClient.start([
      "--audit",
      path,
      "--deny",
      "rm",
      "--cwd-within",
      folder.path,
      "--jobs",
      "1",
    ]);
    await bash.tool("bash", { command: "true" });
    await bash.tool("bash", { command: "rm -rf x" });
    await bash.tool("bash", { command: "pwd", cwd: "/" });
    await bash.tool("bash", { command: 5 });
    await bash.tool("bash", { command: "sleep 1000", timeoutMs: 50 });
    const { facts } = await bash.tool("bash_session", { command: "mkdir -p deep; cd deep; echo x" });
    await bash.tool("bash_session", { session: facts["session"], command: "rm x" });
    await bash.tool("bash_session", { action: "close", session: facts["session"] });
    const job = await bash.tool("bash_job", { action: "start", command: "sleep 1000" });
    await bash.tool("bash_job", { action: "start", command: "sleep 1001" });
    await bash.tool("bash_job", { action: "stop", job: job.facts["job"] });
    expect(
      callsIn(path).map(({ tool, outcome, reason = "" }) => [tool, outcome, String(reason).slice(0, 40)]),
    ).toEqual([
      ["bash", "done", ""],
      ["bash", "refused", "The policy of this server denies `rm`."],
      ["bash", "refused", "The policy of this server lets commands "],
      ["bash", "not-run", "The command was not run.\n`command` must "],
      ["bash", "failed", ""],
      ["bash_session", "done", ""],
      ["bash_session", "refused", "The policy of this server denies `rm`."],
      ["bash_session", "done", ""],
      ["bash_job", "done", ""],
      ["bash_job", "not-run", "There are 1 running jobs already, which "],
      ["bash_job", "done", ""],
    ]);
    const ends = callsIn(path);
    expect(ends[0]?.["cwd"]).toBe(folder.path);
    expect(ends[4]).toMatchObject({ timedOut: true, signal: "SIGTERM" });
    expect(ends[5]).toMatchObject({ session: facts["session"], cwd: `${folder.path}/deep`, state: "idle" });
    expect(ends[10]).toMatchObject({ job: job.facts["job"], state: "stopped" });
  });

  test("holds the hash of the command where commands hold secrets; a dry run is said to be one", async () => {
    using folder = tempDir("audit-hash");
    const path = join(folder.path, "audit.jsonl");
    await using bash = await BashClient.start([
      "--audit",
      path,
      "--audit-commands",
      "hash",
      "--deny",
      "rm",
      "--dry-run",
    ]);
    const command = "curl -H 'Authorization: Bearer hunter2' example.org";
    await bash.tool("bash", { command });
    await bash.tool("bash", { command: "rm hunter2" });
    expect(callsIn(path).map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ["dry-run", undefined],
      ["refused", undefined],
    ]);
    expect(callsIn(path)[0]).toMatchObject({
      outcome: "dry-run",
      arguments: { commandSha256: createHash("sha256").update(command).digest("hex"), commandBytes: 51 },
    });
    expect(readFileSync(path, "utf8")).not.toContain("hunter2");
  });

  test("is one whole line each, however many calls and servers write at once", async () => {
    using folder = tempDir("audit-many");
    const path = join(folder.path, "audit.jsonl");
    const servers = await Promise.all([1, 2, 3].map(() => BashClient.start(["--audit", path])));
    await Promise.all(
      servers.flatMap((bash) =>
        Array.from({ length: 20 }, (_, index) => bash.run(`: ${index} ${"x".repeat(5_000)}\n\u2028"'\\`)),
      ),
    );
    await Promise.all(servers.map((bash) => bash[Symbol.asyncDispose]()));
    expect(callsIn(path)).toHaveLength(60);
    expect(new Set(callsIn(path).map(({ call }) => call)).size).toBe(60);
  });
});

describe("the audit file", () => {
  test("is its owner's alone, also one that was there before", async () => {
    using folder = tempDir("audit-mode");
    const paths = [join(folder.path, "new/audit.jsonl"), join(folder.path, "old.jsonl")];
    writeFileSync(paths[1] ?? "", '{"event":"old"}\n');
    chmodSync(paths[1] ?? "", 0o644);
    for (const path of paths) {
      await using bash = await BashClient.start([], { MCP_SHELL_AUDIT: path });
      await bash.run("umask 000; true");
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    expect(statSync(join(folder.path, "new")).mode & 0o777).toBe(0o700);
    expect(linesOf(paths[1] ?? "").map(({ event }) => event)).toEqual(["old", "start", "begin", "end"]);
  });

  test("is followed by the next when it is full, and no more are kept than asked for", async () => {
    using folder = tempDir("audit-full");
    const path = join(folder.path, "audit.jsonl");
    await using bash = await BashClient.start([
      "--audit",
      path,
      "--audit-bytes",
      "65536",
      "--audit-files",
      "2",
    ]);
    for (let index = 0; index < 40; index++) await bash.run(`: ${index} ${"x".repeat(10_000)}`);
    expect(readdirSync(folder.path).sort()).toEqual(["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"]);
    const files = ["audit.jsonl.2", "audit.jsonl.1", "audit.jsonl"].map((name) => join(folder.path, name));
    for (const file of files) {
      expect(statSync(file).size).toBeLessThanOrEqual(65_536);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    const numbers = files.flatMap(linesOf).map(({ call }) => Number(String(call).split(".")[1]));
    // The newest, with no gap.
    const first = numbers[0] ?? 0;
    expect(numbers.at(-1)).toBe(40);
    expect(new Set(numbers).size).toBe(40 - first + 1);
  });

  test("that was moved away or removed is made anew", async () => {
    using folder = tempDir("audit-moved");
    const path = join(folder.path, "audit.jsonl");
    await using bash = await BashClient.start(["--audit", path]);
    await bash.run("true");
    renameSync(path, `${path}.taken`);
    await bash.run("true");
    expect(callsIn(path)).toHaveLength(1);
    expect(callsIn(`${path}.taken`)).toHaveLength(1);
  });
});

describe("an audit that can't be written", () => {
  test.each(["a folder", "a link", "below a file", "a pipe"])("lets no server start: %s", async (kind) => {
    using folder = tempDir("audit-bad");
    const path = join(folder.path, kind === "below a file" ? "file/audit" : "audit");
    writeFileSync(join(folder.path, "file"), "");
    if (kind === "a folder") mkdirSync(path);
    if (kind === "a link") symlinkSync(join(folder.path, "file"), path);
    if (kind === "a pipe") Bun.spawnSync(["mkfifo", path]);
    const { exitCode, stderr } = await serverFault(["--audit", path]);
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining(`the audit file ${path}, and that failed: `),
    ]);
    expect(readFileSync(join(folder.path, "file"), "utf8")).toBe("");
  });

  test("lets no command run, and says so; the next one that can be written runs", async () => {
    using folder = tempDir("audit-lost");
    const path = join(folder.path, "audit.jsonl");
    await using bash = await BashClient.start(["--audit", path]);
    await bash.run("true");
    renameSync(path, `${path}.before`);
    mkdirSync(path);
    const touch = `touch ${folder.path}/made`;
    for (const [tool, more] of [
      ["bash", {}],
      ["bash_session", {}],
      ["bash_job", { action: "start" }],
    ] as const) {
      const { isError, facts, text } = await bash.tool(tool, { command: touch, ...more });
      expect([isError, facts]).toEqual([true, {}]);
      expect(text).toStartWith(`Nothing was run: each call must be written to the audit file ${path}`);
    }
    expect(existsSync(join(folder.path, "made"))).toBe(false);
    renameSync(path, `${path}.folder`);
    await bash.run(touch);
    expect(existsSync(join(folder.path, "made"))).toBe(true);
    expect(callsIn(path)).toHaveLength(1);
  });

  test("for want of room refuses the call, and what was cut off takes no later line with it", async () => {
    using folder = tempDir("audit-room");
    const path = join(folder.path, "audit.jsonl");
    const room = 64 * 1024;
    // As on a full disk, a write is cut off where the room ends; without the trap the signal would end the server.
    const limited = ["bash", "-c", `trap "" XFSZ; ulimit -f ${room / 1024}; exec "$@"`, "limited"];
    writeFileSync(path, `${JSON.stringify({ event: "old", filler: "x".repeat(room - 1_000) })}\n`);
    await using bash = await BashClient.start(["--audit", path], {}, limited);
    const refused = await bash.tool("bash", { command: `: ${"y".repeat(2_000)}; touch ${folder.path}/made` });
    expect(refused.isError).toBe(true);
    expect(refused.text).toStartWith("Nothing was run: each call must be written");
    expect(existsSync(join(folder.path, "made"))).toBe(false);
    expect(statSync(path).size).toBe(room);
    // Room is made, by somebody who keeps the end of the file: the line that was cut off.
    writeFileSync(path, readFileSync(path).subarray(-500));
    await bash.run("true");
    const [torn = "", ...rest] = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(torn).toEndWith("yyy");
    expect(rest.map((line) => (JSON.parse(line) as Line)["event"])).toEqual(["begin", "end"]);
  });
});
