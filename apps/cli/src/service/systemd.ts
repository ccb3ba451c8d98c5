/** The machine's systemd: is it there, what does it say, and its tools. */
import { existsSync, readFileSync } from "node:fs";
import { limits } from "@mcp-gateway/kit";
import { CliError } from "../cli-error.ts";
import { managerFlag, type ServiceScope } from "./service-plan.ts";

export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runTool(command: readonly string[]): Promise<ToolResult> {
  const [program = "", ...args] = command;
  const path = Bun.which(program, { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin` });
  if (path === null) return { exitCode: 127, stdout: "", stderr: `${program} is not installed` };
  const child = Bun.spawn([path, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...managerAddress(), SYSTEMD_PAGER: "", SYSTEMD_COLORS: "0", LC_ALL: "C.UTF-8" },
    timeout: limits.serviceToolTimeoutMs,
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode: child.exitCode ?? 1, stdout, stderr: stderr.trim() };
}

export function systemctl(scope: ServiceScope, ...args: readonly string[]): Promise<ToolResult> {
  return runTool(["systemctl", ...managerFlag(scope), ...args]);
}

/** @throws CliError with what the tool said */
export async function runOrExplain(what: string, run: Promise<ToolResult>): Promise<void> {
  const { exitCode, stderr } = await run;
  if (exitCode !== 0) throw new CliError(`${what} failed: ${stderr || `exit code ${exitCode}`}`);
}

/** Without a login of its own (su, cron) a shell does not know where the user's manager listens. */
function managerAddress(): Record<string, string> {
  if ((process.env["XDG_RUNTIME_DIR"] ?? "") !== "") return {};
  const folder = `/run/user/${process.getuid?.() ?? 0}`;
  return existsSync(folder) ? { XDG_RUNTIME_DIR: folder } : {};
}

export interface InitFacts {
  readonly platform: NodeJS.Platform;
  readonly isSystemd: boolean;
  readonly isWsl: boolean;
  readonly isContainer: boolean;
}

export function initFacts(): InitFacts {
  const isLinux = process.platform === "linux";
  return {
    platform: process.platform,
    // As sd_booted(3) tells it.
    isSystemd: isLinux && existsSync("/run/systemd/system"),
    isWsl: isLinux && /microsoft/i.test(readFileSync("/proc/version", "utf8")),
    isContainer: existsSync("/.dockerenv") || existsSync("/run/.containerenv"),
  };
}

/** @returns why there can be no service, and what to do instead; undefined when there can. Pure. */
export function missingSystemd(facts: InitFacts, start: string): CliError | undefined {
  if (facts.isSystemd) return undefined;
  if (facts.platform === "darwin") {
    return new CliError("Services are set up with systemd, which macOS does not have.", undefined, [
      `Let launchd run it at login (man launchd.plist, KeepAlive), or start it by hand: ${start}`,
    ]);
  }
  if (facts.platform !== "linux") {
    return new CliError("Services are set up with systemd, which this system does not have.", undefined, [
      `On Windows it runs in WSL 2 with systemd, or by hand: ${start}`,
    ]);
  }
  if (facts.isWsl) {
    return new CliError("systemd does not run in this WSL.", undefined, [
      "Put two lines into /etc/wsl.conf:  [boot]  and  systemd=true",
      "Then, in Windows: wsl --shutdown; and open this shell again.",
      `Or start it by hand: ${start}`,
    ]);
  }
  if (facts.isContainer) {
    return new CliError("systemd does not run in this container.", undefined, [
      `A container has one program; let it be: ${start}`,
    ]);
  }
  return new CliError("systemd does not run on this machine.", undefined, [
    `Let its service manager run this, in the foreground: ${start}`,
  ]);
}

/** @throws CliError when the user's own manager can't be asked from here */
export async function requireManager(scope: ServiceScope, userName: string): Promise<void> {
  if (scope === "system") return;
  const { exitCode, stderr } = await systemctl("user", "show-environment");
  if (exitCode === 0) return;
  throw new CliError(`The service manager of ${userName} does not answer: ${stderr}`, undefined, [
    `Log in as ${userName} directly, by ssh or: sudo machinectl shell ${userName}@`,
    `Or let it run without a login: sudo loginctl enable-linger ${userName}`,
  ]);
}
