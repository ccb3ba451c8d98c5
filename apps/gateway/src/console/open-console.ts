/** The terminal of this process as a ConsoleView, with consola for the events. */
import type { GatewaySettings } from "@mcp-gateway/config";
import { type Log, version } from "@mcp-gateway/kit";
import { createConsola } from "consola";
import type { AuthDecision } from "../auth/decide-auth.ts";
import { readMachineNames } from "../guards/guard-policy.ts";
import { ConsoleView } from "./console-view.ts";
import type { PanelFacts } from "./panel.ts";

export interface OpenConsoleOptions {
  readonly settings: GatewaySettings;
  /** The port really bound; differs from the settings' where those say 0. */
  readonly port: number;
  readonly configPath: string;
  readonly logFile: string;
  readonly auth: AuthDecision;
  readonly log: Log;
}

/** Prints the start panel and hands out what shows the rest. */
export function openConsole({
  settings,
  port,
  configPath,
  logFile,
  auth,
  log,
}: OpenConsoleOptions): ConsoleView {
  const view = new ConsoleView({
    stream: process.stdout,
    isTty: process.stdout.isTTY === true,
    columns: () => process.stdout.columns,
    rows: () => process.stdout.rows,
    log,
    printer: createConsola({
      stdout: process.stdout,
      stderr: process.stdout,
      formatOptions: { date: false },
    }),
  });
  view.started({
    version,
    host: settings.host,
    port,
    machineAddresses: readMachineNames(),
    token: tokenFacts(auth),
    configPath,
    logFile,
  });
  return view;
}

function tokenFacts(auth: AuthDecision): PanelFacts["token"] {
  if (!auth.required) return { kind: "none" };
  return auth.tokenPath === undefined ? { kind: "configured" } : { kind: "generated", path: auth.tokenPath };
}
