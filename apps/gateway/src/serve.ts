/** Binds the port first, then everything else; and takes it all down again in the reverse order. */
import type { GatewaySettings } from "@mcp-gateway/config";
import {
  type InstancePaths,
  type Log,
  type LogFile,
  limits,
  messageOf,
  releaseStartCodeLater,
  systemClock,
  version,
} from "@mcp-gateway/kit";
import { serviceManager } from "@mcp-gateway/kit/service";
import type { OwnView } from "./admin/own-view.ts";
import type { GatewayView } from "./admin/view.ts";
import { type App, type Handler, makeApp } from "./app.ts";
import { Authorizer } from "./auth/authorize.ts";
import { type AuthDecision, decideAuth } from "./auth/decide-auth.ts";
import { connectionsMax } from "./connections-max.ts";
import type { ConsoleView } from "./console/console-view.ts";
import { Gateway } from "./gateway.ts";
import { type GuardPolicy, makeGuardPolicy, readMachineNames } from "./guards/guard-policy.ts";
import { addressFault, listen, type Server } from "./listen.ts";
import { keepRunFile } from "./run-file.ts";
import { serviceLine } from "./service-line.ts";
import { shareOf, type WorkerPlace } from "./workers/owner.ts";
import type { Worker } from "./workers/worker.ts";

export interface ServeOptions {
  readonly settings: GatewaySettings;
  readonly configPath: string;
  readonly paths: InstancePaths;
  readonly log: Log;
  readonly file: LogFile;
  /** Which of several workers this process is; undefined: it is alone. */
  readonly place: WorkerPlace | undefined;
}

const unavailable: Handler = () => new Response(null, { status: 503 });

/** @throws GatewayError `address-in-use`, `address-unusable`, `socket-path`, `already-running` */
export async function serve(options: ServeOptions): Promise<void> {
  const { settings, configPath, paths, log, file, place } = options;
  const auth = decideAuth({ host: settings.host, configuredToken: settings.token, paths });
  const service = await serviceManager();
  let onChange = (): void => {};
  const gateway = new Gateway({
    settings: place === undefined ? settings : withShare(settings, place),
    configPath,
    paths,
    log,
    logFile: file.path,
    clock: systemClock,
    onChange: () => {
      onChange();
      service?.changed();
    },
    ...(place === undefined ? {} : { worker: place.number }),
  });
  let isStopping = false;
  let app: App = { fromClients: unavailable, fromWorkers: unavailable };
  const allowQuiet = (request: Request): void => server?.timeout(request, limits.streamIdleTimeoutS);
  const worker = place === undefined ? undefined : await startWorker(options, place, gateway, allowQuiet);
  let server: Server | undefined;
  const bind = (port: number, isShared: boolean): Server =>
    listen(settings, port, isShared, (request) => app.fromClients(request));
  await worker?.listen((request) => app.fromWorkers(request));
  try {
    server = worker === undefined ? bind(settings.port, false) : await worker.bind(settings.port, bind);
  } catch (error) {
    throw await addressFault(settings.host, error);
  }
  const port = server.port ?? settings.port;
  const openMax = connectionsMax();
  app = makeApp({
    gateway,
    policy: guardPolicy(settings, port, log),
    authorizer: new Authorizer(auth),
    log,
    requestBytesMax: settings.limits.requestBytes,
    allowQuiet,
    isStopping: () => isStopping,
    isCrowded: () => (server?.pendingRequests ?? 0) > openMax,
    ...(worker === undefined ? {} : { worker }),
  });
  gateway.view.address = addressOf(settings.host, port);
  const isFirst = place === undefined || place.number === 1;
  const address = gateway.view.address;
  const facts = {
    pid: process.pid,
    address,
    startedAt: Date.now(),
    version,
    config: configPath,
    logFile: file.path,
  };
  const removeRunFile = isFirst ? keepRunFile(paths, facts, systemClock, log) : () => {};
  log.info("listening", { address: gateway.view.address, host: settings.host, pid: process.pid, version });
  if (isFirst) onChange = showConsole(options, worker ?? gateway.view, gateway.view, auth, port);
  gateway.start();
  releaseStartCodeLater();
  onShutdown(log, async () => {
    isStopping = true;
    service?.stopping();
    await gateway.stop(limits.shutdownDrainMs);
    await server?.stop(true);
    await worker?.stop();
    removeRunFile();
  });
  await worker?.join(port);
  service?.started(() => serviceLine(gateway.view.status()));
}

/** What is counted in each worker, and may be so much in all of them. */
function withShare(settings: GatewaySettings, place: WorkerPlace): GatewaySettings {
  const { limits: all } = settings;
  return { ...settings, limits: { ...all, sessions: shareOf(all.sessions, place) } };
}

/** Loaded only where there are several: one process must not carry what it does not need. */
async function startWorker(
  { paths, log, settings }: ServeOptions,
  place: WorkerPlace,
  gateway: Gateway,
  allowQuiet: (request: Request) => void,
): Promise<Worker> {
  const { Worker: OneOfMany } = await import("./workers/worker.ts");
  const requestBytesMax = settings.limits.requestBytes;
  return new OneOfMany({ place, paths, gateway, clock: systemClock, log, requestBytesMax, allowQuiet });
}

function guardPolicy(settings: GatewaySettings, port: number, log: Log): GuardPolicy {
  const policy = makeGuardPolicy({
    host: settings.host,
    port,
    allowedHosts: settings.allowedHosts,
    allowedOrigins: settings.allowedOrigins,
    machineNames: readMachineNames(),
  });
  for (const entry of policy.unusable)
    log.warning("unusable entry in allowedHosts or allowedOrigins", { entry });
  return policy;
}

/** What a client on this machine can connect to; a wildcard address is not. */
function addressOf(host: string, port: number): string {
  const shown = host === "0.0.0.0" || host === "::" || host === "" ? "127.0.0.1" : host;
  return `http://${shown.includes(":") ? `[${shown}]` : shown}:${port}`;
}

/**
 * Changes come in bursts; the console is told once for each. It is opened with the first one: the port is bound and
 * the first clients are served before anything is drawn, and a start that fails at once draws nothing.
 */
function showConsole(
  { settings, configPath, file, log }: ServeOptions,
  whole: GatewayView,
  own: OwnView,
  auth: AuthDecision,
  port: number,
): () => void {
  let opening: Promise<ConsoleView> | undefined;
  const open = (): Promise<ConsoleView> => {
    opening ??= import("./console/open-console.ts").then(({ openConsole }) =>
      openConsole({ settings, port, configPath, logFile: file.path, auth, log }),
    );
    return opening;
  };
  setTimeout(open, limits.consoleOpenMsMax);
  let isPlanned = false;
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    void open();
    setTimeout(async () => {
      const view = await open();
      const status = await whole.status();
      isPlanned = false;
      view.update(status, () => ({ tools: own.tools(false).tools, names: own.offeredNames() }));
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
  void leashEnd().then(() => shutdown("the launcher is gone"));
}

/** The launcher holds the other end of stdin and never writes: its end is the launcher's end, however it came. */
async function leashEnd(): Promise<void> {
  try {
    for await (const _ of Bun.stdin.stream());
  } catch {
    // A leash that breaks has ended.
  }
}
