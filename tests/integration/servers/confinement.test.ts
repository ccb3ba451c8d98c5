/**
 * Another user and a file system that can't be written, for real where the system can; where it can't, the
 * server must not start. As root both ways are shown, the second by a server that gave its rights away.
 */
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../../support/temp-dir.ts";
import { BashClient } from "./bash-client.ts";
import { BashSession } from "./bash-session-client.ts";
import { serverFault } from "./server-fault.ts";

const isRoot = process.getuid?.() === 0;

function works(...command: string[]): boolean {
  return Bun.which(command[0] ?? "") !== null && Bun.spawnSync(command, { stderr: "ignore" }).success;
}

/** A user who is neither root nor may do what root may, but can read this tree wherever it lies. */
const unprivileged = isRoot
  ? [
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      "--inh-caps=+dac_override",
      "--ambient-caps=+dac_override",
    ]
  : [];
const canMount = isRoot && works("unshare", "--mount", "true");
const canMountUnprivileged = works(
  ...unprivileged,
  "unshare",
  "--user",
  "--map-root-user",
  "--mount",
  "true",
);

/** By each of the three tools. */
async function outputs(bash: BashClient, command: string): Promise<readonly string[]> {
  const once = await bash.run(command);
  await using session = await BashSession.open(bash);
  const inSession = await session.stdout(command);
  const started = await bash.tool("bash_job", { action: "start", command });
  const job = await bash.tool("bash_job", { action: "wait", job: started.facts["job"] });
  return [once.stdout, inSession, String(job.facts["output"])];
}

describe("another user", () => {
  test("is who commands run as, with nothing of root's rights left; or the server does not start", async () => {
    if (!isRoot) {
      const { exitCode, stderr } = await serverFault(["--user", "nobody"]);
      expect([exitCode, stderr]).toEqual([
        2,
        expect.stringContaining("--user needs a server that runs as root"),
      ]);
      return;
    }
    using folder = tempDir("user");
    chmodSync(folder.path, 0o711);
    writeFileSync(join(folder.path, "secret"), "s", { mode: 0o600 });
    await using bash = await BashClient.start(["--user", "nobody", "--cwd-within", folder.path]);
    const show =
      'id -ru; id -rg; id -G; echo "$USER $LOGNAME"; grep -hE "^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs)" /proc/self/status; cat secret; echo x >made; kill -0 $PPID || echo apart';
    for (const output of await outputs(bash, `{ ${show}; } 2>&1`)) {
      expect(output).toStartWith("65534\n65534\n65534\nnobody nobody\n");
      expect(output.match(/^Cap\w+:\t0{16}$/gmu)).toHaveLength(4);
      expect(output).toContain("NoNewPrivs:\t1");
      expect(output.match(/Permission denied/gu)).toHaveLength(2);
      expect(output).toEndWith("apart\n");
    }
    expect(existsSync(join(folder.path, "made"))).toBe(false);
  });

  test("is ended with its tree like everybody", async () => {
    if (!isRoot) return expectRefusal(["--user", "nobody"]);
    await using bash = await BashClient.start(["--user", "nobody"]);
    const { timedOut, leftRunning } = await bash.run(
      "setsid sleep 1000 & trap '' TERM; while :; do sleep 0.1; done",
      { timeoutMs: 500 },
    );
    expect([timedOut, leftRunning, bash.running]).toEqual([true, 0, []]);
  });

  test("is refused at the start to a server without root's rights", async () => {
    const { exitCode, stderr } = await serverFault(["--user", "nobody"], {}, unprivileged);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      "--user needs a server that runs as root. Start the server itself as that user instead",
    );
  });
});

async function expectRefusal(args: readonly string[], wrapper: readonly string[] = []): Promise<void> {
  const { exitCode, stderr, stdout } = await serverFault(args, {}, wrapper);
  expect([exitCode, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/can't be kept here|needs/u);
}

/** Ways to write, each of which must fail; the last line shows that the command came this far. */
function attempts(folder: string): string {
  return [
    "{",
    `echo x >${folder}/made`,
    `touch ${folder}/kept`,
    `rm -f ${folder}/kept`,
    `chmod 777 ${folder}/kept`,
    "echo x >/tmp/mcp-gateway-read-only-probe",
    `mount -o remount,rw / && echo x >${folder}/made`,
    `mount --bind ${folder} ${folder} && mount -o remount,bind,rw ${folder} && echo x >${folder}/made`,
    `unshare -m mount -o remount,bind,rw / && echo x >${folder}/made`,
    `nsenter -t ${process.pid} -m -- touch ${folder}/made`,
    `echo x >/proc/${process.pid}/root${folder}/made`,
    `echo x >/proc/$PPID/root${folder}/made`,
    `umount -l / && echo x >${folder}/made`,
    "echo 1 >/proc/sys/kernel/sysrq; mknod /dev/shm/disk b 8 0 && echo mknod",
    "} 2>/dev/null; echo reached",
  ].join("\n");
}

async function expectSealed(wrapper: readonly string[]): Promise<void> {
  using folder = tempDir("read-only");
  using writable = tempDir("writable with 'space");
  for (const { path } of [folder, writable]) chmodSync(path, 0o777);
  writeFileSync(join(folder.path, "kept"), "as it was");
  const before = statSync(join(folder.path, "kept"));
  await using bash = await BashClient.start(
    ["--read-only", "--writable", writable.path],
    { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    wrapper,
  );
  for (const output of await outputs(bash, attempts(folder.path))) expect(output).toBe("reached\n");
  expect(existsSync(join(folder.path, "made"))).toBe(false);
  expect(existsSync("/tmp/mcp-gateway-read-only-probe")).toBe(false);
  const after = statSync(join(folder.path, "kept"));
  expect([readFileSync(join(folder.path, "kept"), "utf8"), after.mode, after.mtimeMs]).toEqual([
    "as it was",
    before.mode,
    before.mtimeMs,
  ]);
  const useful = `cat ${folder.path}/kept; echo x >>"${writable.path}/made"; t=$(mktemp) && echo t >$t && cat $t; echo n >/dev/null; head -c2 /dev/zero | wc -c; cat <<<here`;
  for (const output of await outputs(bash, useful)) expect(output).toBe("as it wast\n2\nhere\n");
  expect(readFileSync(join(writable.path, "made"), "utf8")).toBe("x\nx\nx\n");
}

describe("read-only", () => {
  test("means that no command can write but where it may; or the server does not start", async () => {
    if (!isRoot) return;
    await (canMount ? expectSealed([]) : expectRefusal(["--read-only"]));
  });

  test("is kept without root's rights too, where the system lets a user mount for itself", async () => {
    await (canMountUnprivileged ? expectSealed(unprivileged) : expectRefusal(["--read-only"], unprivileged));
  });

  test("goes together with another user", async () => {
    if (!canMount) return expectRefusal(["--read-only", "--user", "nobody"]);
    using folder = tempDir("read-only-user");
    chmodSync(folder.path, 0o777);
    await using bash = await BashClient.start(["--read-only", "--user", "nobody"]);
    const { stdout } = await bash.run(`id -ru; touch ${folder.path}/made || echo sealed`);
    expect(stdout).toBe("65534\nsealed\n");
    expect(existsSync(join(folder.path, "made"))).toBe(false);
  });

  test("leaves nothing behind: no mount, no process, no folder", async () => {
    if (!canMount) return expectRefusal(["--read-only"]);
    const mounts = readFileSync("/proc/self/mountinfo", "utf8");
    await using bash = await BashClient.start(["--read-only"]);
    const { timedOut, leftRunning } = await bash.run("setsid sleep 1000 & sleep 1000", { timeoutMs: 500 });
    expect([timedOut, leftRunning]).toEqual([true, 0]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).toBe(mounts);
  });

  test("refuses the start where the system's tools are not what they should be", async () => {
    // A mount that does nothing and says it did; what the check leaves in /dev/shm then stays in one of its own.
    const script =
      'mount -t tmpfs tmpfs /dev/shm && mount --bind /bin/true "$(readlink -f "$(command -v mount)")" && exec "$@"';
    const lying = ["unshare", "--mount", "sh", "-c", script, "lying"];
    if (!canMount) return expectRefusal(["--read-only"]);
    const { exitCode, stderr } = await serverFault(["--read-only"], {}, lying);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("--read-only can't be kept here: a command could still write to ");
  });
});
