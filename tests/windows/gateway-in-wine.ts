/** A whole gateway (launcher, supervisor, gateway process and backends) in Wine, its address open to Linux. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StatusReport } from "@mcp-gateway/contract";
import { freePort } from "../support/free-port.ts";
import { waitFor } from "../support/wait-for.ts";
import { noise } from "./in-wine-checks.ts";
import { bunInWine, packagesFolder } from "./packages.ts";
import { type RootProcess, startInRoot } from "./wine-root.ts";

export interface GatewayInWine {
  readonly url: string;
  /** Seen as `Z:\\tools\\gateway`; unlike that of other gateways, because processes are told apart by it. */
  readonly folder: string;
  readonly process: RootProcess;
  /** What the launcher wrote so far. */
  said(): string;
  status(): Promise<StatusReport>;
  ready(): Promise<StatusReport>;
}

/** @param tools the folder that Wine sees as `Z:\\tools` */
export function startGateway(tools: string): GatewayInWine {
  const folder = join(tools, "gateway");
  mkdirSync(folder);
  writeFileSync(join(folder, "config.json"), JSON.stringify({ mcpServers: backends }));
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const lines: string[] = [];
  const launcher = ["wine", bunInWine, "Z:\\repo\\apps\\cli\\src\\bootstrap.ts", "up"];
  const options = [
    "--config",
    "Z:\\tools\\gateway\\config.json",
    "--port",
    String(port),
    "--log-level",
    "debug",
  ];
  const process = startInRoot(
    [...launcher, ...options],
    { tools, packages: packagesFolder },
    {
      MCP_GATEWAY_LOG_DIR: "Z:\\tools\\gateway\\logs",
      MCP_GATEWAY_STATE_DIR: "Z:\\tools\\gateway\\state",
      // It would be made while everything else is measured.
      MCP_GATEWAY_PREBUILT: "0",
      NO_COLOR: "1",
    },
    (line) => {
      if (!noise.test(line)) lines.push(line);
    },
  );
  const said = (): string => lines.join("\n");
  const status = async (): Promise<StatusReport> => {
    const response = await fetch(`${url}/api/v1/status`, { signal: AbortSignal.timeout(5_000) });
    return (await response.json()) as StatusReport; // The gateway under test owns the shape.
  };
  const ready = (): Promise<StatusReport> =>
    waitFor(
      async () => {
        const report = await status();
        return report.state === "ready" ? report : undefined;
      },
      { what: "every server in Wine to be ready", timeoutMs: 60_000, explain: said },
    );
  return { url, folder, process, said, status, ready };
}

const forWindows = (name: string, ...args: readonly string[]) => ({
  command: bunInWine,
  args: [`Z:\\repo\\servers\\${name}\\src\\main.ts`, ...args],
  platforms: ["windows"],
  env: { MCP_GATEWAY_PREBUILT: "0" },
  startupTimeoutMs: 60_000,
});

const backends = {
  cmd: forWindows("cmd"),
  powershell: forWindows("powershell", "--powershell", "Z:\\tools\\powershell.exe"),
  stub: forWindows("powershell"),
  wmi: forWindows("wmi"),
  bash: { command: "bash", platforms: ["linux", "macos"] },
};
