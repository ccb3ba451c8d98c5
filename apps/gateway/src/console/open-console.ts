/** The terminal of this process, or whatever its output goes to, as a ConsoleView. */
import { fstatSync, statSync } from "node:fs";
import { devNull } from "node:os";
import type { GatewaySettings } from "@mcp-gateway/config";
import { type Log, version } from "@mcp-gateway/kit";
import type { AuthDecision } from "../auth/decide-auth.ts";
import { readMachineNames } from "../guards/guard-policy.ts";
import { type ConsoleOptions, ConsoleView } from "./console-view.ts";
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
export async function openConsole({
  settings,
  port,
  configPath,
  logFile,
  auth,
  log,
}: OpenConsoleOptions): Promise<ConsoleView> {
  const output = mayBeTerminal() ? (await import("./terminal-output.ts")).terminalOutput() : plainOutput();
  const view = new ConsoleView({ ...output, log });
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

type Output = Pick<ConsoleOptions, "stream" | "isTty" | "columns">;

/** A file, a pipe, a service manager's log: lines, written without the streams that a terminal needs. */
function plainOutput(): Output {
  const sink = Bun.stdout.writer();
  const ignore = (): void => {}; // Nobody reads: no reason for the gateway to stop.
  return {
    stream: {
      write(text) {
        sink.write(text);
        void Promise.resolve(sink.flush()).catch(ignore);
      },
    },
    isTty: false,
    columns: () => undefined,
  };
}

/** Told without asking the terminal itself, which takes the streams. */
function mayBeTerminal(): boolean {
  try {
    const output = fstatSync(1);
    return output.isCharacterDevice() && output.rdev !== statSync(devNull).rdev;
  } catch {
    return process.platform === "win32"; // No such file there.
  }
}
