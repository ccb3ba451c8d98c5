/**
 * A Debian 13 with Wine 10 in a folder of its own, made once and kept: Debian 12's Wine is too old for bun.exe.
 * Everything that touches it runs in mount and process namespaces that end with this process, however it ends:
 * nothing stays mounted, nothing stays running, and what a run changes is gone with it.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isAlive } from "../support/processes.ts";
import { repositoryDirectory } from "../support/repository.ts";
import { runOrThrow, runProgram } from "../support/run-program.ts";
import { say } from "../support/say.ts";
import { mirror } from "./mirror.ts";

/** In the user's own folder: what lies here is run with the rights of root. */
export const cacheFolder =
  process.env["MCP_GATEWAY_WINE_ROOT"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "mcp-gateway", "windows-tests");

const release = "trixie";
const packages = "wine,wine64,locales";
const prepare = "localedef -i zh_CN -f UTF-8 zh_CN.UTF-8 && wineboot -i && wineserver -w";
const recipe = Bun.hash(JSON.stringify([release, packages, prepare])).toString(36);
const root = join(cacheFolder, `debian-${recipe}`);

const namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"];
/** The kernel ends it when this process is gone, even by SIGKILL. */
const tied = ["setpriv", "--pdeathsig", "KILL", "--", ...namespaces];

/** @returns why it can't be had on this machine, or undefined */
export async function wineImpossible(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") return "Wine is set up on Linux on x64 only";
  if (process.getuid?.() !== 0) return "a root of its own for Wine needs the rights of root";
  for (const tool of ["setpriv", "unshare", "chroot"])
    if (Bun.which(tool) === null) return `the program ${tool} is not here`;
  const { code, stderr } = await runProgram([...tied, "sh", "-ec", probeScript]);
  if (code !== 0) return `mounts of its own can't be had here: ${stderr.trim()}`;
  if (existsSync(root)) return undefined;
  if (Bun.which("debootstrap") === null && Bun.which("apt-get") === null)
    return "the root for Wine is made by debootstrap, and neither it nor apt-get is here";
  return mirror() === undefined ? "no mirror is named in this machine's sources of apt" : undefined;
}

/** All that `layeredScript` will need; gone with its namespace. */
const probeScript = `mount -t tmpfs tmpfs /mnt
mkdir /mnt/lower /mnt/upper /mnt/work /mnt/merged /mnt/proc
mount -t overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/merged
mount -t proc proc /mnt/proc`;

export async function ensureWineRoot(): Promise<void> {
  if (existsSync(root)) return;
  removeAbandoned();
  const draft = `${root}.${process.pid}.draft`;
  try {
    await ensureDebootstrap();
    say(`making a root of Debian ${release} with Wine in ${cacheFolder}`);
    mkdirSync(cacheFolder, { recursive: true, mode: 0o700 });
    const bootstrap = ["debootstrap", "--variant=minbase", `--include=${packages}`, release, draft];
    await runOrThrow([...tied, ...bootstrap, mirror() ?? ""], { timeoutMs: bootstrapTimeoutMs });
    rmSync(join(draft, "var/cache/apt/archives"), { recursive: true, force: true });
    for (const folder of ["repo", "tools", "packages"]) mkdirSync(join(draft, folder), { recursive: true });
    say("making the Wine prefix");
    const { code, lastLines } = await inFolder(draft, ["sh", "-c", prepare], {}, prefixTimeoutMs);
    if (code !== 0) throw new Error(`the Wine prefix could not be made: ${lastLines.join("\n")}`);
    renameSync(draft, root); // At once, so that no run finds half of it.
  } catch (error) {
    // Another run may have been faster.
    if (!existsSync(root)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

const bootstrapTimeoutMs = 600_000;
const prefixTimeoutMs = 180_000;

async function ensureDebootstrap(): Promise<void> {
  if (Bun.which("debootstrap") !== null) return;
  say("installing debootstrap");
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  await runOrThrow(["apt-get", "update", "-qq"], { timeoutMs: 120_000, environment });
  const install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "debootstrap"];
  await runOrThrow(install, { timeoutMs: 180_000, environment });
}

/** What runs that were ended left half made, and roots of recipes of the past. */
function removeAbandoned(): void {
  if (!existsSync(cacheFolder)) return;
  for (const name of readdirSync(cacheFolder)) {
    const maker = /^debian-\w+\.(\d+)\.draft$/u.exec(name)?.[1];
    const isAbandoned = maker === undefined ? /^debian-\w+$/u.test(name) : !isAlive(Number(maker));
    if (isAbandoned) rmSync(join(cacheFolder, name), { recursive: true, force: true });
  }
}

export interface RootRun {
  readonly code: number | null;
  /** The last of what it said, for a report. */
  readonly lastLines: readonly string[];
}

export interface RootPlaces {
  /** Seen as `Z:\\tools`; for files that go in and come out. */
  readonly tools: string;
  /** Seen as `Z:\\packages`, read-only. */
  readonly packages: string;
}

export interface RootProcess {
  readonly ended: Promise<RootRun>;
  kill(): void;
  /** Whether a process, by its number outside, runs in there. */
  owns(pid: number): boolean;
}

/**
 * Runs a program in the root, above which lies a layer of this run's own: several runs do not see each other.
 * @param environment on top of what Wine needs
 */
export function startInRoot(
  command: readonly string[],
  places: RootPlaces,
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void = () => undefined,
  timeoutMs = 600_000,
): RootProcess {
  const layer = mkdtempSync(join(places.tools, ".layer-"));
  const script = [layeredScript, "layered", root, layer, repositoryDirectory, places.tools, places.packages];
  return start([...script, ...command], environment, onLine, timeoutMs);
}

async function inFolder(
  folder: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<RootRun> {
  return start([plainScript, "plain", folder, ...command], environment, () => undefined, timeoutMs).ended;
}

function start(
  script: readonly string[],
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
  timeoutMs: number,
): RootProcess {
  const child = Bun.spawn([...tied, "sh", "-ec", ...script], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...rootEnvironment, ...environment },
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const lastLines: string[] = [];
  const hear = (line: string): void => {
    lastLines.push(line);
    if (lastLines.length > linesKept) lastLines.shift();
    onLine(line);
  };
  const ended = Promise.all([eachLine(child.stdout, hear), eachLine(child.stderr, hear), child.exited]);
  return {
    ended: ended.then(() => ({ code: child.exitCode, lastLines })),
    kill: () => child.kill("SIGKILL"),
    owns: (pid) =>
      namespaceOf(pid, "mnt") !== undefined && namespaceOf(pid, "mnt") === namespaceOf(child.pid, "mnt"),
  };
}

/** @param pid of a process that may have ended */
function namespaceOf(pid: number, kind: "mnt"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined; // Gone meanwhile.
  }
}

const linesKept = 20;

const enter = `mount --rbind /dev "$merged/dev"
mount -t proc proc "$merged/proc"
exec chroot "$merged" "$@"`;

const plainScript = `merged=$1; shift
${enter}`;

/**
 * All is read-only but what Wine writes: its prefix, of which each run has a layer of its own, and the folder for
 * temporary files, where its server has its socket. Not one layer over all: Wine then fails to follow links.
 */
const layeredScript = `root=$1; layer=$2; repo=$3; tools=$4; packages=$5; shift 5
mount -t tmpfs -o mode=0700,size=4g tmpfs "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/merged"
merged=$layer/merged
mount --bind "$root" "$merged"
mount -o remount,bind,ro "$merged"
mount -t overlay -o "lowerdir=$root/prefix,upperdir=$layer/upper,workdir=$layer/work" overlay "$merged/prefix"
mount -t tmpfs -o mode=1777 tmpfs "$merged/tmp"
for pair in "$repo:repo" "$packages:packages"; do
  mount --bind "\${pair%:*}" "$merged/\${pair##*:}"
  mount -o remount,bind,ro "$merged/\${pair##*:}"
done
mount --bind "$tools" "$merged/tools"
${enter}`;

const tag = process.env["MGW_RUN_TAG"];
const rootEnvironment: Readonly<Record<string, string>> = {
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
  WINEPREFIX: "/prefix",
  WINEDEBUG: "-all",
  // Whatever is left behind is found by it.
  ...(tag === undefined ? {} : { MGW_RUN_TAG: tag }),
};

async function eachLine(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of stream) {
    pending += decoder.decode(chunk, { stream: true });
    const lines = pending.split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) onLine(line.trimEnd());
  }
  if (pending !== "") onLine(pending);
}
