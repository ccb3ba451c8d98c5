/** The supervisor process: reads the configuration, takes the link's address, runs the backends, ends in order. */
import { formatFault, loadConfig } from "@mcp-gateway/config";
import { isGatewayError, type LogLevel, logLevels, messageOf, readFlags } from "@mcp-gateway/kit";
import { exitCodes } from "./exit-codes.ts";
import { runSupervisor } from "./run.ts";

interface Arguments {
  readonly config: string;
  readonly logLevel: LogLevel | undefined;
  /** Start no backend until the first gateway has attached. */
  readonly hold: boolean;
}

function readArguments(argv: readonly string[]): Arguments | string {
  try {
    const values = readFlags(argv, { config: "string", "log-level": "string", hold: "boolean" });
    if (values.config === undefined) return "--config is needed: the path of the configuration file";
    const given = values["log-level"];
    const logLevel = logLevels.find((level) => level === given);
    if (given !== undefined && logLevel === undefined)
      return `--log-level must be one of ${logLevels.join(", ")}`;
    return { config: values.config, logLevel, hold: values.hold ?? false };
  } catch (error) {
    return messageOf(error);
  }
}

function fail(code: number, ...lines: readonly string[]): never {
  process.stderr.write(`${lines.join("\n")}\n`);
  process.exit(code);
}

export async function start(args: readonly string[]): Promise<void> {
  const given = readArguments(args);
  if (typeof given === "string") fail(exitCodes.usage, given);
  const loaded = await loadConfig(given.config);
  if (!loaded.ok) {
    // The launcher tells the faults: once, although both of its processes find them.
    if ((process.env["MCP_GATEWAY_LAUNCHER"] ?? "") !== "") process.exit(exitCodes.configUntold);
    fail(exitCodes.config, ...loaded.faults.map((fault) => formatFault(fault)));
  }
  try {
    await runSupervisor({
      config: loaded.config,
      warnings: loaded.warnings,
      logLevel: given.logLevel ?? loaded.config.gateway.logLevel,
      hold: given.hold,
    });
  } catch (error) {
    const running = isGatewayError(error) && error.code === "already-running";
    const remedy = isGatewayError(error) ? [`  → ${error.kind.remedy}`] : [];
    const code = running
      ? exitCodes.alreadyRunning
      : isGatewayError(error)
        ? exitCodes.config
        : exitCodes.killed;
    fail(code, `✖ ${messageOf(error)}`, ...remedy);
  }
}

if (import.meta.main) void start(process.argv.slice(2));
