/**
 * The gateway process: reads its settings, binds the port, attaches to the supervisor, and stops in order.
 *
 *   bun apps/gateway/src/main.ts [--config PATH] [--host HOST] [--port PORT] [--log-level LEVEL] [--worker 2/4]
 *
 * Exit codes: 0 stopped as asked · 2 bad flag · 3 bad configuration or an address that can't be used · 5 bad
 * configuration, and the launcher tells the faults · 70 a fault.
 */
import { resolve } from "node:path";
import { formatFault, type GatewaySettings, loadGatewaySettings } from "@mcp-gateway/config";
import {
  GatewayError,
  installDirectory,
  instancePaths,
  isGatewayError,
  Log,
  LogFile,
  logLevels,
  messageOf,
  readFlags,
  runStamp,
} from "@mcp-gateway/kit";
import { serve } from "./serve.ts";
import { readPlace, type WorkerPlace } from "./workers/owner.ts";

const exitCodes = { flag: 2, config: 3, configUntold: 5, fault: 70 } as const;

function fail(code: number, text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

interface Flags {
  readonly config: string;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly logLevel: GatewaySettings["logLevel"] | undefined;
  readonly place: WorkerPlace | undefined;
}

function readSettings(args: readonly string[]): Flags {
  try {
    const values = readFlags(args, {
      config: "string",
      host: "string",
      port: "string",
      "log-level": "string",
      worker: "string",
    });
    const port = values.port === undefined ? undefined : Number(values.port);
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
      throw new Error(`--port must be a whole number from 0 to 65535; got ${values.port}`);
    }
    const logLevel = logLevels.find((level) => level === values["log-level"]);
    if (values["log-level"] !== undefined && logLevel === undefined) {
      throw new Error(`--log-level must be one of ${logLevels.join(", ")}; got ${values["log-level"]}`);
    }
    const place = values.worker === undefined ? undefined : readPlace(values.worker);
    if (values.worker !== undefined && place === undefined) {
      throw new Error(`--worker must say which of how many, as 2/4 does; got ${values.worker}`);
    }
    return {
      config: resolve(values.config ?? `${installDirectory}/config.json`),
      host: values.host,
      port,
      logLevel,
      place,
    };
  } catch (error) {
    return fail(exitCodes.flag, messageOf(error));
  }
}

export async function start(args: readonly string[]): Promise<void> {
  const flags = readSettings(args);
  const { place } = flags;
  const loaded = await loadGatewaySettings(flags.config);
  if (!loaded.ok && process.env["MCP_GATEWAY_LAUNCHER"] !== undefined) process.exit(exitCodes.configUntold);
  if (!loaded.ok) return fail(exitCodes.config, loaded.faults.map((fault) => formatFault(fault)).join("\n"));
  const settings: GatewaySettings = {
    ...loaded.settings,
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.port === undefined ? {} : { port: flags.port }),
    ...(flags.logLevel === undefined ? {} : { logLevel: flags.logLevel }),
  };
  const file = new LogFile({
    directory: settings.logDirectory,
    stamp: process.env["MCP_GATEWAY_LOG_STAMP"] ?? runStamp(new Date()),
    level: settings.logLevel,
    source: place === undefined || place.number === 1 ? "gateway" : `gateway-${place.number}`,
  });
  const log = new Log("gateway", settings.logLevel, file);
  if (file.fault !== undefined && (place === undefined || place.number === 1))
    process.stderr.write(
      `⚠ No log can be written: ${file.fault}\n  → Check gateway.logs.directory in the configuration, and MCP_GATEWAY_LOG_DIR.\n`,
    );
  process.on("exit", () => file.close());
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      log.critical("fault", {
        event,
        reason: messageOf(error),
        stack: error instanceof Error ? error.stack : undefined,
      });
      file.close();
      fail(
        exitCodes.fault,
        `mcp-gateway: the gateway hit a fault and ends: ${messageOf(error)} (see ${file.path})`,
      );
    });
  }
  try {
    await serve({ settings, configPath: flags.config, paths: instancePaths(flags.config), log, file, place });
  } catch (error) {
    if (isGatewayError(error)) fail(exitCodes.config, `✖ ${error.message}\n  → ${error.kind.remedy}`);
    throw new GatewayError("internal", messageOf(error), { cause: error });
  }
}

if (import.meta.main) void start(process.argv.slice(2));
