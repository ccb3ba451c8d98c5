/** `gateway up`, which is `bun run start`: checks what was asked for, then runs supervisor and gateway. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { installDirectory } from "@mcp-gateway/kit/install-directory";
import { defineCommand } from "citty";
import { CliError, UsageError } from "../cli-error.ts";
import { integerOption } from "../command-line.ts";
import { exitCodes } from "../exit-codes.ts";
import { configPathFor } from "../instance.ts";
import { launchEnvironments, launchPrograms, type UpOptions } from "../launch-plan.ts";
import { launch } from "../launcher.ts";

export const up = defineCommand({
  meta: { name: "up", description: "Start the gateway and its servers (Ctrl-C stops them)" },
  args: {
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
    config: {
      type: "string",
      valueHint: "file",
      description: "Configuration file (default: ./config.json, else the installed one)",
    },
  },
  async run({ args }) {
    const options = readOptions(args);
    if (!(await isConfigGood(options.configPath))) {
      process.exitCode = exitCodes.startFailed;
      return;
    }
    process.exitCode = await launch({
      programs: launchPrograms(options, process.execPath, installDirectory),
      environments: launchEnvironments(process.env, installDirectory, process.pid, new Date()),
      say: (line) => void process.stderr.write(`⚠ ${line}\n`),
    });
  },
});

/**
 * Looks at the configuration before anything is started, so that its faults are told once and nothing has to be
 * ended again. True when it is good, or when the look itself failed: then the processes tell.
 */
async function isConfigGood(path: string): Promise<boolean> {
  const check = Bun.spawn([process.execPath, join(installDirectory, "apps/cli/src/check-config.ts"), path], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  return (await check.exited) !== exitCodes.startFailed;
}

function readOptions(args: {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly "log-level"?: string | undefined;
  readonly config?: string | undefined;
}): UpOptions {
  const host = args.host;
  if (host !== undefined && (host.trim() === "" || /[\s/]/.test(host) || host.includes("://"))) {
    throw new UsageError(`--host must be an address or a host name, not "${host}".`);
  }
  const port = args.port === undefined ? undefined : integerOption("--port", args.port, 0, 65_535);
  const configPath = configPathFor(args.config);
  if (!existsSync(configPath)) {
    throw new CliError(`There is no configuration file at ${configPath}.`, exitCodes.startFailed, [
      `Create it (an example: ${join(installDirectory, "config.json")}), or name another with --config.`,
    ]);
  }
  return { configPath, host, port, logLevel: args["log-level"] };
}
