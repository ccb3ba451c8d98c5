/** Which file a configured command is: looked up as the child itself would, with a fault that says what to do. */
import { accessSync, constants, statSync } from "node:fs";
import { basename, delimiter, isAbsolute, join, resolve } from "node:path";
import type { ServerConfig } from "@mcp-gateway/config";
import { type Fault, FaultError } from "../fault.ts";
import { windowsShimCommand } from "./windows-shim.ts";

export interface ResolvedCommand {
  readonly argv: readonly string[];
  /** Windows: the last argument is a finished command line and must not be quoted again. */
  readonly verbatim: boolean;
  /** What was put in place of the command that was asked for, for the log. */
  readonly substitution: string | undefined;
}

/** How many folders of PATH a fault names. */
const pathFoldersShown = 4;

export interface CommandHost {
  readonly platform: NodeJS.Platform;
  /** The runtime that runs this program, which serves where no `bun` or `npx` is installed. */
  readonly runtimePath: string;
}

/** @throws FaultError of stage `spawn` */
export function resolveCommand(
  server: Pick<ServerConfig, "command" | "args" | "cwd">,
  environment: Readonly<Record<string, string>>,
  host: CommandHost = { platform: process.platform, runtimePath: process.execPath },
): ResolvedCommand {
  const command = server.command ?? "";
  checkFolder(server.cwd);
  const windows = host.platform === "win32";
  const hasFolder = command.includes("/") || (windows && command.includes("\\"));
  if (hasFolder || isAbsolute(command)) {
    const path =
      findWithExtension(resolve(server.cwd, command), environment, windows) ?? resolve(server.cwd, command);
    checkProgram(path, command);
    return withArguments(path, server.args, windows);
  }
  const found = findOnPath(command, server.cwd, environment, windows);
  if (found !== undefined) return withArguments(found, server.args, windows);
  const name = basename(command, ".exe");
  if (name === "bun")
    return plain([host.runtimePath, ...server.args], "bun is not on PATH; the gateway's own runtime runs it");
  if (name === "bunx")
    return plain([host.runtimePath, "x", ...server.args], "bunx is not on PATH; bun x runs it");
  if (name === "npx") {
    return plain([host.runtimePath, "x", ...withoutYes(server.args)], "npx is not on PATH; bun x runs it");
  }
  throw spawnFault(
    `command not found: ${command}`,
    `Install it, or give its full path as \`command\` (PATH=${shownPath(environment, windows)}).`,
  );
}

/** `bun x` installs without asking and knows no `-y`; only options before the package's name are npx's own. */
function withoutYes(args: readonly string[]): readonly string[] {
  const firstWord = args.findIndex((argument) => !argument.startsWith("-"));
  const end = firstWord === -1 ? args.length : firstWord;
  return args.filter((argument, index) => index >= end || (argument !== "-y" && argument !== "--yes"));
}

function plain(argv: readonly string[], substitution: string | undefined): ResolvedCommand {
  return { argv, verbatim: false, substitution };
}

function withArguments(path: string, args: readonly string[], windows: boolean): ResolvedCommand {
  if (windows && /\.(cmd|bat)$/i.test(path)) {
    return { argv: windowsShimCommand(path, args), verbatim: true, substitution: undefined };
  }
  return plain([path, ...args], undefined);
}

function findOnPath(
  command: string,
  cwd: string,
  environment: Readonly<Record<string, string>>,
  windows: boolean,
): string | undefined {
  for (const folder of pathFolders(environment, windows)) {
    const found = findWithExtension(join(resolve(cwd, folder), command), environment, windows);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** On Windows a command without an extension means the first of PATHEXT that exists. */
function findWithExtension(
  path: string,
  environment: Readonly<Record<string, string>>,
  windows: boolean,
): string | undefined {
  if (!windows) return isProgram(path) ? path : undefined;
  const extensions = (variable(environment, "PATHEXT") ?? ".COM;.EXE;.BAT;.CMD").split(";");
  const own = extensions.some((extension) => path.toUpperCase().endsWith(extension.toUpperCase()));
  const candidates = own ? [path] : extensions.map((extension) => path + extension.toLowerCase());
  return candidates.find((candidate) => isFile(candidate));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // Not there, or not for us to run: the next folder may have it.
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function checkFolder(cwd: string): void {
  const stat = statSync(cwd, { throwIfNoEntry: false });
  if (stat === undefined)
    throw spawnFault(`working directory not found: ${cwd}`, "Create it, or correct `cwd`.");
  if (!stat.isDirectory()) throw spawnFault(`working directory is no directory: ${cwd}`, "Correct `cwd`.");
}

function checkProgram(path: string, command: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw spawnFault(
      `command not found: ${command} (${path})`,
      "Correct `command`, or install the program there.",
    );
  if (stat.isDirectory())
    throw spawnFault(`command is a directory: ${path}`, "Give the path of a program as `command`.");
  if (isProgram(path)) return;
  throw spawnFault(
    `command is not executable: ${path}`,
    `Run: chmod +x ${path} (or name its interpreter as \`command\`).`,
  );
}

function pathFolders(environment: Readonly<Record<string, string>>, windows: boolean): readonly string[] {
  const separator = windows ? ";" : process.platform === "win32" ? ":" : delimiter;
  return (variable(environment, "PATH") ?? "").split(separator).filter((folder) => folder !== "");
}

function variable(environment: Readonly<Record<string, string>>, name: string): string | undefined {
  const exact = environment[name];
  if (exact !== undefined) return exact;
  const key = Object.keys(environment).find((candidate) => candidate.toUpperCase() === name);
  return key === undefined ? undefined : environment[key];
}

function shownPath(environment: Readonly<Record<string, string>>, windows: boolean): string {
  const folders = pathFolders(environment, windows);
  const rest = folders.length - pathFoldersShown;
  const shown = folders.slice(0, pathFoldersShown).join(windows ? ";" : ":");
  return rest > 0 ? `${shown}, and ${rest} more` : shown;
}

export function spawnFault(message: string, remedy: string): FaultError {
  const fault: Fault = { stage: "spawn", message, remedy };
  return new FaultError(fault);
}
