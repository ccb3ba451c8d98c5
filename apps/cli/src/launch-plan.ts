/** What the launcher runs, and with which environment. Pure. */
import { delimiter, sep } from "node:path";
import type { ProcessName } from "./one-for-one.ts";

export interface UpOptions {
  readonly configPath: string;
  /** What the command line sets wins over the configuration; what it leaves out is not passed on. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly logLevel: string | undefined;
  readonly workers: number | undefined;
}

export interface Program {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** In the order in which they are started. */
export type Programs = ReadonlyMap<ProcessName, Program>;

export interface Place {
  readonly runtime: string;
  /** What the runtime is to run: the bundle of each program or its source. */
  readonly files: Readonly<Record<"supervisor" | "gateway", string>>;
}

/** @param workers how many gateway processes share the address */
export function launchPrograms(
  options: UpOptions,
  workers: number,
  place: Place,
  environments: ReturnType<typeof launchEnvironments>,
): Programs {
  const programs = new Map<ProcessName, Program>();
  programs.set("supervisor", {
    command: [...supervisorCommand(options, place), "--hold"],
    environment: environments.supervisor,
  });
  for (let worker = 1; worker <= workers; worker += 1) {
    programs.set(worker === 1 ? "gateway" : `gateway-${worker}`, {
      command: [
        ...gatewayCommand(options, place),
        ...(workers === 1 ? [] : ["--worker", `${worker}/${workers}`]),
      ],
      environment: environments.gateway,
    });
  }
  return programs;
}

export function supervisorCommand(options: Omit<UpOptions, "workers">, { runtime, files }: Place): string[] {
  return [runtime, "--no-orphans", files.supervisor, ...commonFlags(options)];
}

export function gatewayCommand(options: Omit<UpOptions, "workers">, { runtime, files }: Place): string[] {
  return [
    runtime,
    files.gateway,
    ...commonFlags(options),
    ...flag("--host", options.host),
    ...flag("--port", options.port?.toString()),
  ];
}

function commonFlags({
  configPath,
  logLevel,
}: Pick<UpOptions, "configPath" | "logLevel">): readonly string[] {
  return ["--config", configPath, ...flag("--log-level", logLevel)];
}

/** What each process needs to be told in its environment, whoever starts it. */
export const programVariables = {
  // Bun opens at most 256 connections otherwise, and each open stream to a server holds one; servers do not get that
  // (packages/config/src/environment.ts). They would get NODE_ENV, and behave in another way.
  supervisor: { BUN_CONFIG_MAX_HTTP_REQUESTS: "65535" },
  gateway: { BUN_CONFIG_MAX_HTTP_REQUESTS: "65535", NODE_ENV: "production" },
} as const;

/** Only Linux spreads the connections to one address over the processes that share it. */
export function possibleWorkers(
  wanted: number,
  platform: NodeJS.Platform,
  say: (line: string) => void,
): number {
  if (!(wanted > 1)) return 1;
  if (platform === "linux") return wanted;
  say(`${wanted} workers need Linux, which spreads connections over processes; one serves all clients here`);
  return 1;
}

/** @param command how the person calls the commands of this program, with `{}` for their words */
export function launchEnvironments(
  inherited: NodeJS.ProcessEnv,
  directory: string,
  pid: number,
  logStamp: string,
  command: string,
): Readonly<Record<"supervisor" | "gateway", Record<string, string | undefined>>> {
  const common = {
    ...withoutRunner(inherited, directory),
    MCP_GATEWAY_LAUNCHER: String(pid),
    // The launcher has looked for bundles already, and has them made.
    MCP_GATEWAY_PREBUILT: "0",
    MCP_GATEWAY_LOG_STAMP: logStamp,
  };
  return {
    supervisor: { ...common, ...programVariables.supervisor },
    gateway: { ...common, ...programVariables.gateway, MCP_GATEWAY_COMMAND: command },
  };
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
export function withoutTools(path: string, directory: string): string {
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
