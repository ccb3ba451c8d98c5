/** `gateway up`, which is `bun run start`: checks what was asked for, then runs supervisor and gateway. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { installDirectory } from "@mcp-gateway/kit/install-directory";
import { limits } from "@mcp-gateway/kit/limits";
import { type ArgsDef, defineCommand } from "citty";
import { becomeLauncher } from "../become-launcher.ts";
import { CliError, UsageError } from "../cli-error.ts";
import { integerOption } from "../command-line.ts";
import { exitCodes } from "../exit-codes.ts";
import { configPathFor } from "../instance.ts";
import { possibleWorkers, type UpOptions } from "../launch-plan.ts";
import { ownBundles } from "../own-bundles.ts";

/** What `service install` takes as well. */
export const upArgs = {
  host: { type: "string", valueHint: "address", description: "Address to listen on (default: 127.0.0.1)" },
  port: {
    type: "string",
    valueHint: "0..65535",
    description: "Port to listen on; 0 takes a free one (default: 9000)",
  },
  "log-level": {
    type: "enum",
    options: ["debug", "info", "warning", "error", "critical"],
    valueHint: "level",
    description: "What the log files hold: debug, info, warning, error or critical (default: info)",
  },
  workers: {
    type: "string",
    valueHint: `1..${limits.workersMax}`,
    description: "Processes that serve clients, for machines with many cores (default: 1)",
  },
  config: {
    type: "string",
    valueHint: "file",
    description: "Configuration file (default: ./config.json, else the installed one)",
  },
} satisfies ArgsDef;

export const up = defineCommand({
  meta: { name: "up", description: "Start the gateway and its servers (Ctrl-C stops them)" },
  args: upArgs,
  async run({ args }) {
    const options = readUpFlags(args);
    const wanted = options.workers ?? (await configuredWorkers(options.configPath));
    if (wanted === undefined) {
      process.exitCode = exitCodes.startFailed;
      return;
    }
    const workers = possibleWorkers(wanted, process.platform, say);
    await becomeLauncher(options, workers, ownBundles.get());
  },
});

function say(line: string): void {
  process.stderr.write(`⚠ ${line}\n`);
}

/**
 * How many workers the configuration asks for. Most say nothing of them, and are not read for it: the processes find
 * their faults, and the launcher tells them. Undefined when it has faults, which were told.
 */
async function configuredWorkers(path: string): Promise<number | undefined> {
  if (!mayNameWorkers(path)) return 1;
  const check = Bun.spawn([process.execPath, join(installDirectory, "apps/cli/src/check-config.ts"), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const workers = Number(await new Response(check.stdout).text());
  return (await check.exited) === exitCodes.startFailed ? undefined : workers;
}

function mayNameWorkers(path: string): boolean {
  try {
    // A pipe would keep whoever opens it waiting.
    return statSync(path).isFile() && /workers|\\u/.test(readFileSync(path, "utf8"));
  } catch {
    return false; // What keeps it from being read is a fault, which the processes find and the launcher tells.
  }
}

/** @throws UsageError, and CliError when there is no configuration */
export function readUpFlags(args: {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly "log-level"?: string | undefined;
  readonly workers?: string | undefined;
  readonly config?: string | undefined;
}): UpOptions {
  const host = args.host;
  if (host !== undefined && (host.trim() === "" || /[\s/]/.test(host) || host.includes("://"))) {
    throw new UsageError(`--host must be an address or a host name, not "${host}".`);
  }
  const port = args.port === undefined ? undefined : integerOption("--port", args.port, 0, 65_535);
  const workers =
    args.workers === undefined ? undefined : integerOption("--workers", args.workers, 1, limits.workersMax);
  const configPath = configPathFor(args.config);
  if (!existsSync(configPath)) {
    throw new CliError(`There is no configuration file at ${configPath}.`, exitCodes.startFailed, [
      `Create it (an example: ${join(installDirectory, "config.json")}), or name another with --config.`,
    ]);
  }
  return { configPath, host, port, logLevel: args["log-level"], workers };
}
