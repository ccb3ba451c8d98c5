/**
 * A Debian 13 with Wine 10 in a folder of its own, made once and kept: Debian 12's Wine is too old for bun.exe.
 * Programs run in it in mount and process namespaces of their own, so that nothing stays mounted or running.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryDirectory } from "../support/repository.ts";
import { runOrThrow, runProgram } from "../support/run-program.ts";
import { say } from "../support/say.ts";

export const wineRoot = process.env["MCP_GATEWAY_WINE_ROOT"] ?? join(tmpdir(), "mcp-gateway-wine");

const release = "trixie";
const debian = join(wineRoot, "debian");
/** Seen as `Z:\\tools` inside. */
export const tools = join(wineRoot, "tools");
const prefixReady = join(debian, "prefix", ".ready");

/** @returns why it can't be had on this machine, or undefined */
export async function wineImpossible(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") return "Wine is set up on Linux on x64 only";
  if (process.getuid?.() !== 0) return "a root of its own for Wine needs the rights of root";
  if (existsSync(prefixReady)) return undefined;
  if (Bun.which("apt-get") === null)
    return "the root for Wine is made by debootstrap, and there is no apt-get";
  if (mirror() === undefined) return "no mirror is named in this machine's sources of apt";
  return namespacesImpossible();
}

async function namespacesImpossible(): Promise<string | undefined> {
  const probe = [
    "unshare",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "mount",
    "-t",
    "tmpfs",
    "none",
    "/mnt",
  ];
  const { code, stderr } = await runProgram(probe);
  return code === 0 ? undefined : `mount namespaces can't be had here: ${stderr.trim()}`;
}

export async function ensureWineRoot(): Promise<void> {
  if (existsSync(prefixReady)) return;
  mkdirSync(tools, { recursive: true });
  if (!existsSync(debian)) await bootstrap();
  say("making the Wine prefix");
  await inRoot(["sh", "-c", "localedef -i zh_CN -f UTF-8 zh_CN.UTF-8; wineboot -i; wineserver -w"], {});
  writeFileSync(prefixReady, "");
}

async function bootstrap(): Promise<void> {
  const partial = `${debian}.partial`;
  rmSync(partial, { recursive: true, force: true });
  if (Bun.which("debootstrap") === null) {
    say("installing debootstrap");
    const environment = { DEBIAN_FRONTEND: "noninteractive" };
    await runOrThrow(["apt-get", "update", "-qq"], { timeoutMs: 120_000, environment });
    await runOrThrow(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "debootstrap"], {
      timeoutMs: 180_000,
      environment,
    });
  }
  say(`making a root of Debian ${release} with Wine in ${wineRoot}`);
  await runOrThrow(
    ["debootstrap", "--variant=minbase", "--include=wine,wine64,locales", release, partial, mirror() ?? ""],
    { timeoutMs: 900_000 },
  );
  rmSync(join(partial, "var/cache/apt/archives"), { recursive: true, force: true });
  for (const folder of ["repo", "tools"]) mkdirSync(join(partial, folder), { recursive: true });
  renameSync(partial, debian);
}

/** Where this machine's own packages come from; never a name that is written here. */
export function mirror(etc = "/etc/apt"): string | undefined {
  const listed = join(etc, "sources.list.d");
  const files = [
    ...(existsSync(listed) ? readdirSync(listed).map((name) => join(listed, name)) : []),
    join(etc, "sources.list"),
  ].filter((path) => /\.(?:sources|list)$/u.test(path) && existsSync(path));
  const places = files.flatMap((path) => {
    const pattern = path.endsWith(".sources") ? /^URIs:\s*(\S+)/gmu : /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/gmu;
    return Array.from(readFileSync(path, "utf8").matchAll(pattern), ([, place = ""]) => place);
  });
  return places.find((place) => /\/debian\/?$/u.test(place)) ?? places[0];
}

export interface RootRun {
  readonly code: number | null;
}

/** @param environment on top of what Wine needs */
export async function inRoot(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void = () => undefined,
  timeoutMs = 900_000,
): Promise<RootRun> {
  const child = Bun.spawn(
    [
      "unshare",
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      "sh",
      "-ec",
      enterScript,
      "enter",
      debian,
      repositoryDirectory,
      tools,
      ...command,
    ],
    {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      env: { ...rootEnvironment, ...environment },
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    },
  );
  await Promise.all([eachLine(child.stdout, onLine), eachLine(child.stderr, onLine)]);
  await child.exited;
  return { code: child.exitCode };
}

/** The repository is read-only inside: nothing that runs there has to write to it. */
const enterScript = `root=$1; repo=$2; tools=$3; shift 3
mount --make-rprivate /
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --bind "$repo" "$root/repo"
mount -o remount,bind,ro "$root/repo"
mount --bind "$tools" "$root/tools"
exec chroot "$root" "$@"`;

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
