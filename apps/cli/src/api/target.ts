/** Finds the gateway that a command is about, and the tokens that open it. */
import { readFileSync } from "node:fs";
import type { RunFile } from "@mcp-gateway/contract";
import { readRunFile } from "@mcp-gateway/contract/read-status";
import { type InstancePaths, instancePaths } from "@mcp-gateway/kit";
import { UsageError } from "../cli-error.ts";
import { configPathFor } from "../instance.ts";

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
  return { kind: "instance", configPath, paths: instancePaths(configPath), token: options.token };
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
  const text = readToken(paths.runFilePath);
  if (text === undefined) return undefined;
  try {
    return readRunFile(JSON.parse(text));
  } catch {
    return undefined; // Half written: as good as none, and the next look finds it whole.
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
