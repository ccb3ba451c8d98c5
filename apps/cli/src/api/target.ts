/** Finds the gateway that a command is about, and the tokens that open it. */
import { lstatSync, readFileSync, statSync } from "node:fs";
import type { RunFile } from "@mcp-gateway/contract";
import { readRunFile } from "@mcp-gateway/contract/read-status";
import { type InstancePaths, instancePaths, privateDirectoryFault } from "@mcp-gateway/kit";
import { CliError, UsageError } from "../cli-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { configPathFor, hintsFor } from "../instance.ts";
import { systemServiceEnvironment } from "../service/service-plan.ts";

/** The gateway's configuration, where it is known. */
export function configPathOf(target: Target): string | undefined {
  return target.kind === "instance" ? target.configPath : undefined;
}

export interface TargetOptions {
  readonly config?: string | undefined;
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

export type Target =
  /** An address was given: there may be no file and no socket of that gateway on this machine. */
  | { readonly kind: "address"; readonly address: string; readonly token: string | undefined }
  | {
      readonly kind: "instance";
      readonly configPath: string;
      readonly paths: InstancePaths;
      readonly token: string | undefined;
    };

export function findTarget(options: TargetOptions): Target {
  if (options.url !== undefined)
    return { kind: "address", address: baseAddress(options.url), token: options.token };
  const configPath = configPathFor(options.config);
  return { kind: "instance", configPath, paths: placesOf(configPath), token: options.token };
}

/**
 * A gateway that somebody started keeps its files in that user's folders, one that is a service of the system in the
 * system's; whoever asks means the one that runs.
 * @throws CliError when the one that runs is another user's
 */
function placesOf(configPath: string): InstancePaths {
  const own = instancePaths(configPath);
  const isNamed = ["RUNTIME", "STATE"].some(
    (place) => (process.env[`MCP_GATEWAY_${place}_DIR`] ?? "") !== "",
  );
  if (isNamed) return own;
  const service = instancePaths(configPath, { ...process.env, ...systemServiceEnvironment });
  const login = ownLogin(configPath);
  const mine = login === undefined ? [own] : [own, login];
  const running = [...mine, service].find((paths) => runningGateway(paths) !== undefined);
  if (running !== undefined) return running;
  const folder = lstatSync(service.runtimeDirectory, absent);
  const reader = process.getuid?.();
  if (folder !== undefined && (reader === 0 || reader === folder.uid)) return service;
  if (folder === undefined)
    return mine.find((paths) => lstatSync(paths.runtimeDirectory, absent) !== undefined) ?? own;
  const { of, start } = hintsFor(configPath);
  throw new CliError(
    `The gateway of ${configPath} is a service of the system and runs as ${userName(folder.uid)}; its files are closed to you.`,
    exitCodes.failed,
    [
      `Ask as root: sudo ${of(process.argv[2] ?? "status")}`,
      "Or ask at its address for what it tells everybody on this machine: --url http://127.0.0.1:<port>",
      `Or start one of your own with another configuration: ${start}`,
    ],
  );
}

function userName(uid: number): string {
  const line = readToken("/etc/passwd")
    ?.split("\n")
    .find((one) => one.split(":")[2] === String(uid));
  return line?.split(":")[0] ?? `the user ${uid}`;
}

const absent = { throwIfNoEntry: false } as const;

/** Where the services of this user are, when the shell has no login of its own (su, cron) and so does not say. */
function ownLogin(configPath: string): InstancePaths | undefined {
  if (process.platform !== "linux" || (process.env["XDG_RUNTIME_DIR"] ?? "") !== "") return undefined;
  const folder = `/run/user/${process.getuid?.() ?? 0}`;
  return instancePaths(configPath, { ...process.env, XDG_RUNTIME_DIR: folder });
}

/** The address without a path: `/mcp` or `/sse` at its end is what people have at hand. */
function baseAddress(text: string): string {
  const written = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--url must be an http address, not "${text}".`);
  return url.origin + url.pathname.replace(/\/(mcp|sse)?\/?$/, "");
}

/** Where the gateway of an instance says it listens; undefined when it does not run, or was killed. */
export function runningGateway(paths: InstancePaths): RunFile | undefined {
  const run = lastRun(paths);
  return run !== undefined && isAlive(run.pid) ? run : undefined;
}

/** The last run that wrote its file, whether it lives or was killed. */
export function lastRun(paths: InstancePaths): RunFile | undefined {
  if (!isOurs(paths)) return undefined;
  const text = readToken(paths.runFilePath);
  if (text === undefined) return undefined;
  try {
    return readRunFile(JSON.parse(text));
  } catch {
    return undefined; // Half written: as good as none, and the next look finds it whole.
  }
}

/**
 * What lies in a folder that others could have prepared is not to be believed: the tokens would go to whoever it names.
 * It must be as private to the tokens' owner as they are; root may ask for a service that has a user of its own.
 */
export function isOurs({ runtimeDirectory, stateDirectory }: InstancePaths): boolean {
  try {
    const owner = statSync(stateDirectory, absent)?.uid;
    return privateDirectoryFault(runtimeDirectory, owner) === undefined;
  } catch {
    return false; // There is none, or we may not look.
  }
}

/** The content of a small private file; undefined when it is not there or not ours to read. */
export function readToken(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined; // Without it the request says what is missing.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
