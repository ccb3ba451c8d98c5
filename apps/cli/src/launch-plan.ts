/** What the launcher runs, and with which environment. Pure. */
import { delimiter, join, sep } from "node:path";
import { runStamp } from "@mcp-gateway/kit/log-file";
import type { ProcessName } from "./one-for-one.ts";

export interface UpOptions {
  readonly configPath: string;
  /** What the command line sets wins over the configuration; what it leaves out is not passed on. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly logLevel: string | undefined;
}

export function launchPrograms(
  options: UpOptions,
  runtime: string,
  directory: string,
): Readonly<Record<ProcessName, readonly string[]>> {
  const common = ["--config", options.configPath, ...flag("--log-level", options.logLevel)];
  return {
    supervisor: [
      runtime,
      "--no-orphans",
      join(directory, "apps/supervisor/src/main.ts"),
      ...common,
      "--hold",
    ],
    gateway: [
      runtime,
      join(directory, "apps/gateway/src/main.ts"),
      ...common,
      ...flag("--host", options.host),
      ...flag("--port", options.port?.toString()),
    ],
  };
}

export function launchEnvironments(
  inherited: NodeJS.ProcessEnv,
  directory: string,
  pid: number,
  now: Date,
): Readonly<Record<ProcessName, Record<string, string | undefined>>> {
  const common = {
    ...withoutRunner(inherited, directory),
    MCP_GATEWAY_LAUNCHER: String(pid),
    MCP_GATEWAY_LOG_STAMP: runStamp(now),
    // Bun opens at most 256 connections otherwise, and each open stream to a server holds one.
    BUN_CONFIG_MAX_HTTP_REQUESTS: "65535",
  };
  // Servers inherit the supervisor's environment: NODE_ENV there would change how they behave.
  return { supervisor: common, gateway: { ...common, NODE_ENV: "production" } };
}

/**
 * `bun run` describes its script in variables, and puts the program's own tools first on PATH. The servers would
 * inherit both: `npx` would look for their packages in this program's folder, and find other versions there.
 */
function withoutRunner(
  environment: NodeJS.ProcessEnv,
  directory: string,
): Record<string, string | undefined> {
  const described =
    /^npm_(command|lifecycle_\w+|package_\w+|execpath|node_execpath|config_local_prefix|config_user_agent)$/;
  const kept = Object.entries(environment).filter(([name]) => !described.test(name));
  return Object.fromEntries(
    kept.map(([name, value]) => [name, name === "PATH" ? withoutTools(value ?? "", directory) : value]),
  );
}

/** PATH without the `node_modules/.bin` of the program's folder and of those above it. */
function withoutTools(path: string, directory: string): string {
  return path
    .split(delimiter)
    .filter((entry) => {
      const folder = /^(.*)[\\/]node_modules[\\/]\.bin[\\/]?$/.exec(entry)?.[1];
      return folder === undefined || !(directory === folder || directory.startsWith(`${folder}${sep}`));
    })
    .join(delimiter);
}

function flag(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [name, value];
}
