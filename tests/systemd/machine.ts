/**
 * A machine whose PID 1 is systemd: systemd-nspawn above a throw-away layer over this machine's own root, so that
 * nothing has to be fetched or unpacked, and nothing that happens in it stays. Its network is this machine's own.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { repositoryDirectory } from "../support/repository.ts";
import { type ProgramResult, runProgram } from "../support/run-program.ts";
import { say } from "../support/say.ts";
import { tempDir } from "../support/temp-dir.ts";
import { waitFor } from "../support/wait-for.ts";

export interface InMachine {
  readonly user?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly timeoutMs?: number;
}

export interface Machine extends AsyncDisposable {
  run(command: readonly string[], options?: InMachine): Promise<ProgramResult>;
  /** As `run`; anything but exit code 0 is an error. */
  ok(command: readonly string[], options?: InMachine): Promise<string>;
  signal(pid: number, name: "KILL" | "STOP"): Promise<void>;
  /** Programs that a user runs, by name. */
  programsOf(user: string): Promise<readonly string[]>;
  /** Writes a file; its folder is made. */
  write(path: string, text: string, mode?: string): Promise<void>;
}

/** Where the clone lies in there: everything that systemd's syntax could trip over, but a backslash. */
export const clone = `/opt/MCP Gateway 100% of $HOME "é": %n;`;
/** Where Bun is found in there. */
export const bun = "/usr/local/bin/bun";

/** The kernel ends it, and all in it, when this process is gone. */
const tied = [
  ...["setpriv", "--pdeathsig", "KILL", "--"],
  ...["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"],
];

/** @returns why there can be no such machine here, or undefined */
export async function machineImpossible(): Promise<string | undefined> {
  if (process.platform !== "linux") return "systemd runs on Linux only";
  if (process.getuid?.() !== 0) return "a machine of its own needs the rights of root";
  for (const tool of ["setpriv", "unshare", "nsenter"])
    if (Bun.which(tool) === null) return `the program ${tool} is not here`;
  const missing = await ensureSystemd();
  if (missing !== undefined) return missing;
  const { code, stderr } = await runProgram([...tied, "sh", "-ec", probeScript]);
  return code === 0 ? undefined : `a layer over the root of this machine can't be had: ${stderr.trim()}`;
}

const probeScript = `mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root`;

const packages = ["systemd", "systemd-container", "dbus"];

async function ensureSystemd(): Promise<string | undefined> {
  const isThere = (): boolean =>
    Bun.which("systemd-nspawn") !== null &&
    Bun.which("dbus-daemon") !== null &&
    existsSync("/lib/systemd/systemd");
  if (isThere()) return undefined;
  if (Bun.which("apt-get") === null) return "systemd-nspawn is not here, and no apt-get to install it";
  say(`installing ${packages.join(", ")}`);
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  await runProgram(["apt-get", "update", "-qq"], { timeoutMs: 120_000, environment });
  const install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages];
  const { stderr } = await runProgram(install, { timeoutMs: 180_000, environment });
  return isThere() ? undefined : `systemd could not be installed: ${stderr.trim().slice(-200)}`;
}

/** Two machines at the same time must not have the same group: what a unit ends, it ends by its group. */
const cgroupTrees = "/sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified";

/** What of this machine's own configuration would be started in there is left out. */
const bootScript = `layer=$1; clone=$2; repository=$3; bun=$4; name=$5; lower=$6; shift 6
for tree in ${cgroupTrees}; do
  [ -e "$tree/cgroup.procs" ] || continue
  mkdir "$tree/$name"
  echo 0 > "$tree/$name/cgroup.procs"
done
mount -t tmpfs -o mode=0755,size=2g tmpfs "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root"
root=$layer/root
mount -t overlay -o "lowerdir=$lower,upperdir=$layer/upper,workdir=$layer/work" overlay "$root"
rm -rf "$root"/etc/systemd/system/* "$root"/etc/systemd/user/* "$root/etc/fstab" "$root"/etc/mcp-gateway
: > "$root/etc/machine-id"
for folder in root home srv var/log var/lib/systemd; do mount -t tmpfs -o mode=0755 tmpfs "$root/$folder"; done
chmod 0700 "$root/root"
mkdir -p "$root/var/log/journal" "$root/usr/local/bin" "$root$clone"
mount --bind "$repository" "$root$clone"
mount -o remount,bind,ro "$root$clone"
rm -f "$root/usr/local/bin/bun"; : > "$root/usr/local/bin/bun"
mount --bind "$bun" "$root/usr/local/bin/bun"
exec systemd-nspawn --quiet --register=no --keep-unit --console=pipe "--machine=$name" -D "$root" --boot systemd.unit=basic.target "$@"`;

/** Another Debian's root, for another version of systemd; this machine's own otherwise. */
const lower = process.env["MCP_GATEWAY_SYSTEMD_ROOT"] ?? "/";
/** Where the kernel has cgroups of the first version only, newer systemds want to be told that it is meant. */
const firstCgroups = ["SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1", "systemd.unified_cgroup_hierarchy=0"];
const bootWords = existsSync("/sys/fs/cgroup/cgroup.controllers") ? [] : firstCgroups;

export async function bootMachine(): Promise<Machine> {
  const folder = tempDir("machine");
  const runtime = realpathSync(process.execPath);
  const layer = join(folder.path, "layer");
  mkdirSync(layer);
  const command = ["sh", "-ec", bootScript, "boot", layer, clone, repositoryDirectory, runtime];
  const said = Bun.file(join(folder.path, "console"));
  const child = Bun.spawn([...tied, ...command, basename(folder.path), lower, ...bootWords], {
    stdin: "ignore",
    stdout: said,
    stderr: said,
  });
  const leader = await waitFor(() => leaderBelow(child.pid), {
    what: "systemd to be started",
    timeoutMs: 20_000,
    explain: () => said.text(),
  });
  const enter = [
    "nsenter",
    "--target",
    String(leader),
    ..."mount uts ipc pid cgroup".split(" ").map((one) => `--${one}`),
  ];
  const machine: Machine = {
    run: (words, { user, environment = {}, directory = "/", timeoutMs = 60_000 } = {}) => {
      const home = user === undefined ? "/root" : `/home/${user}`;
      const variables = {
        HOME: home,
        USER: user ?? "root",
        PATH: searchPath,
        LANG: "C.UTF-8",
        ...environment,
      };
      const pairs = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
      const as =
        user === undefined ? [] : ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--"];
      const inside = ["env", "-i", "-C", directory, ...pairs, ...as, ...words];
      return runProgram([...enter, "--", ...inside], { timeoutMs });
    },
    ok: async (words, options) => {
      const { code, signal, stdout, stderr } = await machine.run(words, options);
      if (code !== 0) throw new Error(`${words.join(" ")} ended with ${signal ?? code}:\n${stdout}${stderr}`);
      return stdout;
    },
    // By what every shell has in it: a small Debian has neither kill nor pgrep.
    signal: async (pid, name) => {
      await machine.ok(["sh", "-c", 'kill -s "$1" "$2"', "signal", name, String(pid)]);
    },
    programsOf: async (user) => {
      const script =
        'for one in /proc/[0-9]*; do [ "$(stat -c %U "$one")" = "$1" ] && cat "$one/comm"; done; true';
      return (await machine.ok(["sh", "-c", script, "programs", user]))
        .split("\n")
        .filter((line) => line !== "");
    },
    write: async (path, text, mode = "0644") => {
      const script =
        'mkdir -p "$(dirname "$1")"; printf %s "$2" > "$1.new"; chmod "$3" "$1.new"; mv "$1.new" "$1"';
      await machine.ok(["sh", "-ec", script, "write", path, text, mode]);
    },
    [Symbol.asyncDispose]: async () => {
      await machine.run(["systemctl", "poweroff"]).catch(() => undefined); // It ends either way.
      await Promise.race([child.exited, Bun.sleep(10_000)]);
      child.kill("SIGKILL");
      await child.exited;
      for (const group of cgroupTrees.split(" ").map((tree) => join(tree, basename(folder.path))))
        if (existsSync(group))
          await runProgram(["find", group, "-depth", "-type", "d", "-exec", "rmdir", "{}", "+"]);
      folder[Symbol.dispose]();
    },
  };
  await waitFor(
    async () => /running|degraded/u.test((await machine.run(["systemctl", "is-system-running"])).stdout),
    {
      what: "systemd to be up",
      timeoutMs: 30_000,
    },
  );
  return machine;
}

const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The number outside of the PID 1 inside. */
function leaderBelow(pid: number): number | undefined {
  const [nspawn] = childrenOf(pid);
  return nspawn === undefined ? undefined : childrenOf(nspawn).find((one) => nameOf(one) === "systemd");
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter(
      (one) =>
        one > 0 && Number(/^\d+ \(.*\) \S (\d+)/su.exec(readOrEmpty(`/proc/${one}/stat`))?.[1]) === pid,
    );
}

function nameOf(pid: number): string {
  return readOrEmpty(`/proc/${pid}/comm`).trim();
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // Gone meanwhile.
  }
}
