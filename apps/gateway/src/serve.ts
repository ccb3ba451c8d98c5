/** Binds the port first, then everything else; and takes it all down again in the reverse order. */
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import type { GatewaySettings } from "@mcp-gateway/config";
import type { RunFile } from "@mcp-gateway/contract";
import {
  GatewayError,
  type InstancePaths,
  type Log,
  type LogFile,
  limits,
  makePrivateDirectory,
  messageOf,
  systemClock,
  systemCodeOf,
  version,
} from "@mcp-gateway/kit";
import { makeApp } from "./app.ts";
import { Authorizer } from "./auth/authorize.ts";
import { type AuthDecision, decideAuth } from "./auth/decide-auth.ts";
import { openConsole } from "./console/open-console.ts";
import { Gateway } from "./gateway.ts";
import { makeGuardPolicy, readMachineNames } from "./guards/guard-policy.ts";

export interface ServeOptions {
  readonly settings: GatewaySettings;
  readonly configPath: string;
  readonly paths: InstancePaths;
  readonly log: Log;
  readonly file: LogFile;
}

type Server = Bun.Server<undefined>;

/** @throws GatewayError `address-in-use`, `address-unusable`, `socket-path` */
export async function serve(options: ServeOptions): Promise<void> {
  const { settings, configPath, paths, log, file } = options;
  const auth = decideAuth({ host: settings.host, configuredToken: settings.token, paths });
  let onChange = (): void => {};
  const gateway = new Gateway({
    settings,
    configPath,
    paths,
    log,
    logFile: file.path,
    clock: systemClock,
    onChange: () => onChange(),
  });
  let isStopping = false;
  let server: Server | undefined;
  let handle: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 });
  server = listen(settings, (request) => handle(request));
  const policy = makeGuardPolicy({
    host: settings.host,
    port: server.port ?? settings.port,
    allowedHosts: settings.allowedHosts,
    allowedOrigins: settings.allowedOrigins,
    machineNames: readMachineNames(),
  });
  for (const entry of policy.unusable)
    log.warning("unusable entry in allowedHosts or allowedOrigins", { entry });
  handle = makeApp({
    gateway,
    policy,
    authorizer: new Authorizer(auth),
    log,
    requestBytesMax: settings.limits.requestBytes,
    allowQuiet: (request) => server?.timeout(request, limits.streamIdleTimeoutS),
    isStopping: () => isStopping,
  });
  gateway.address = addressOf(settings.host, server.port ?? settings.port);
  writeRunFile(options, gateway.address);
  log.info("listening", { address: gateway.address, host: settings.host, pid: process.pid, version });
  onChange = showConsole(options, gateway, auth, server.port ?? settings.port);
  gateway.start();
  onShutdown(log, async () => {
    isStopping = true;
    await gateway.stop(limits.shutdownDrainMs);
    await server?.stop(true);
    rmSync(paths.runFilePath, { force: true });
  });
}

/** @throws GatewayError */
function listen(
  settings: GatewaySettings,
  handle: (request: Request) => Response | Promise<Response>,
): Server {
  try {
    return Bun.serve({
      hostname: settings.host,
      port: settings.port,
      idleTimeout: limits.httpIdleTimeoutS,
      maxRequestBodySize: settings.limits.requestBytes,
      // Bun 1.4.5 turns SO_REUSEPORT on when `development` is off: two gateways would share a port in silence.
      development: false,
      reusePort: false,
      fetch: handle,
      error: () => new Response(null, { status: 500 }),
    });
  } catch (cause) {
    const where = `${settings.host}:${settings.port}`;
    if (systemCodeOf(cause) === "EADDRINUSE") {
      throw new GatewayError("address-in-use", `Another program already listens on ${where}.`, { cause });
    }
    throw new GatewayError("address-unusable", `The gateway can't listen on ${where}: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

/** What a client on this machine can connect to; a wildcard address is not. */
function addressOf(host: string, port: number): string {
  const shown = host === "0.0.0.0" || host === "::" || host === "" ? "127.0.0.1" : host;
  return `http://${shown.includes(":") ? `[${shown}]` : shown}:${port}`;
}

function writeRunFile({ paths, configPath, file }: ServeOptions, address: string): void {
  makePrivateDirectory(paths.runtimeDirectory);
  const facts: RunFile = {
    pid: process.pid,
    address,
    startedAt: Date.now(),
    version,
    config: configPath,
    logFile: file.path,
  };
  writeFileSync(paths.runFilePath, `${JSON.stringify(facts)}\n`, { mode: 0o600 });
  chmodSync(paths.runFilePath, 0o600);
}

/** Changes come in bursts; the console is told once for each. */
function showConsole(
  { settings, configPath, file, log }: ServeOptions,
  gateway: Gateway,
  auth: AuthDecision,
  port: number,
): () => void {
  const view = openConsole({ settings, port, configPath, logFile: file.path, auth, log });
  let isPlanned = false;
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    setTimeout(() => {
      isPlanned = false;
      view.update(gateway.status(), gateway.tools(), gateway.offeredNames());
    }, limits.consoleCoalesceMs);
  };
}

/**
 * SIGTERM stops in order, a second one at once. Under the launcher the terminal's Ctrl-C is the launcher's
 * to hear, and the end of stdin means that the launcher is gone.
 */
function onShutdown(log: Log, stop: () => Promise<void>): void {
  const isLaunched = process.env["MCP_GATEWAY_LAUNCHER"] !== undefined;
  let stopping = false;
  const shutdown = (reason: string): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info("stopping", { reason });
    const deadline = setTimeout(() => process.exit(1), limits.shutdownMsMax);
    stop().then(
      () => {
        clearTimeout(deadline);
        log.info("stopped");
        process.exit(0);
      },
      (error: unknown) => {
        log.error("stop failed", { reason: messageOf(error) });
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", () => shutdown("SIGTERM"));
  process.on("SIGINT", () => {
    if (!isLaunched) shutdown("SIGINT");
  });
  process.on("SIGHUP", () => {}); // The supervisor reloads; the gateway hears of it over the link.
  if (!isLaunched) return;
  process.stdin.on("end", () => shutdown("the launcher is gone"));
  process.stdin.on("error", () => shutdown("the launcher is gone"));
  process.stdin.resume();
}
