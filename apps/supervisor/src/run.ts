/** Puts the supervisor together, and ties it to signals, to the launcher and to the configuration file. */
import { join } from "node:path";
import { type Config, type ConfigFault, formatFault, loadConfig } from "@mcp-gateway/config";
import { type LinkAddress, linkAddress, linkToken } from "@mcp-gateway/contract";
import {
  instancePaths,
  Log,
  LogFile,
  type LogLevel,
  messageOf,
  randomToken,
  releaseStartCodeLater,
  runStamp,
  systemClock,
  version,
  withoutStartPolicy,
} from "@mcp-gateway/kit";
import { type ServiceManager, serviceManager, withoutServiceVariables } from "@mcp-gateway/kit/service";
import { ConfigWatch } from "./config-watch.ts";
import { openTransport, probeAddress, probeEra } from "./connections/index.ts";
import { EraMemory } from "./era-memory.ts";
import { exitCodes } from "./exit-codes.ts";
import { fingerprinter } from "./fingerprint.ts";
import { killLeftovers } from "./process/sweep.ts";
import { tagScope } from "./process/tag.ts";
import { Router } from "./rpc/router.ts";
import { RpcServer } from "./rpc/server.ts";
import { StateFeed } from "./rpc/state-feed.ts";
import { serviceLine } from "./service-line.ts";
import { SignIns } from "./sign-in/sign-ins.ts";
import { StartSlots } from "./start-slots.ts";
import { Supervisor } from "./supervisor.ts";
import type { Services } from "./traffic.ts";

export interface RunOptions {
  readonly config: Config;
  readonly warnings: readonly ConfigFault[];
  readonly logLevel: LogLevel;
  readonly hold: boolean;
}

/** Resolves when it runs. @throws GatewayError when it can't */
export async function runSupervisor(options: RunOptions): Promise<void> {
  const { config, logLevel } = options;
  const logFile = new LogFile({
    directory: config.gateway.logDirectory,
    stamp: process.env["MCP_GATEWAY_LOG_STAMP"] ?? runStamp(new Date()),
    level: logLevel,
    source: "supervisor",
  });
  const log = new Log("supervisor", logLevel, logFile);
  const paths = instancePaths(config.path);
  const address = linkAddress(paths);
  const scope = tagScope(pathOf(address), randomToken(9));
  const feed = new StateFeed();
  const router = new Router();
  const eras = new EraMemory(join(paths.stateDirectory, "eras.json"), log);
  const signIns = new SignIns({
    ...{ stateDirectory: paths.stateDirectory, log, clock: systemClock },
    random: Math.random,
  });
  const fingerprint = fingerprinter(linkToken(paths));
  const supervisor = makeSupervisor(
    config,
    { log, scope, traffic: router, eras, fingerprint, signIns },
    feed,
  );
  router.setTable(supervisor);
  const service = await serviceManager();
  const end = new OrderlyEnd(supervisor, log, logFile, service);
  const started = Promise.withResolvers<void>();
  const server = new RpcServer({
    address,
    token: linkToken(paths),
    log,
    clock: systemClock,
    feed,
    router,
    operate: (request) => supervisor.operate(request),
    onGateway: () => started.resolve(),
    onDisplaced: () => {
      log.critical("another supervisor has taken the link's address");
      end.begin(exitCodes.alreadyRunning);
    },
  });
  await server.listen();
  end.addStep(() => server.close());
  log.info("supervisor started", {
    version,
    pid: process.pid,
    config: config.path,
    servers: config.servers.length,
  });
  for (const warning of options.warnings)
    log.warning("configuration warning", { warning: formatFault(warning) });
  const { killed, left } = await killLeftovers(scope);
  if (killed > 0) log.warning("processes of an earlier supervisor killed", { killed, left });
  releaseStartCodeLater();
  watchConfig(config.path, supervisor, log, end);
  service?.started(() => serviceLine(supervisor.snapshot()));
  if (service !== undefined) feed.subscribe(() => service.changed());
  if (options.hold) await started.promise;
  supervisor.startAll();
}

type Parts = Pick<Services, "log" | "scope" | "traffic" | "eras" | "fingerprint" | "signIns">;

function makeSupervisor(config: Config, parts: Parts, feed: StateFeed): Supervisor {
  const { signIns } = parts;
  return new Supervisor({
    services: {
      ...parts,
      clock: systemClock,
      environment: withoutServiceVariables(withoutStartPolicy(process.env)),
      slots: new StartSlots(systemClock),
      random: Math.random,
      openTransport: (server, process, events, log, era) =>
        openTransport(server, process, events, log, era, signIns.authorizer(server)),
      probeAddress,
      probeEra: (server, signal) => probeEra(server, signal, signIns.authorizer(server)),
    },
    feed,
    config,
    readConfig: () => loadConfig(config.path),
  });
}

function watchConfig(path: string, supervisor: Supervisor, log: Log, end: OrderlyEnd): void {
  const reload = (strict: boolean): void => {
    supervisor
      .reload(strict)
      .catch((error) => log.error("configuration not loaded", { error: messageOf(error) }));
  };
  const watch = new ConfigWatch(path, log, () => reload(false));
  end.addStep(() => watch.close());
  process.on("SIGHUP", () => reload(true));
}

function pathOf(address: LinkAddress): string {
  return address.kind === "unix" ? address.path : address.portFile;
}

/** Ends the process: in order when asked once, at once when asked twice or when something broke. */
class OrderlyEnd {
  readonly #supervisor: Supervisor;
  readonly #log: Log;
  readonly #logFile: LogFile;
  readonly #service: ServiceManager | undefined;
  readonly #steps: (() => void)[] = [];
  #begun = false;

  constructor(supervisor: Supervisor, log: Log, logFile: LogFile, service: ServiceManager | undefined) {
    this.#supervisor = supervisor;
    this.#log = log;
    this.#logFile = logFile;
    this.#service = service;
    this.#listen();
  }

  addStep(step: () => void): void {
    this.#steps.push(step);
  }

  begin(code: number): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#log.info("supervisor stopping");
    this.#service?.stopping();
    this.#supervisor.stop().then(
      () => this.#leave(code),
      (error) => this.#crash("stop failed", error),
    );
  }

  #listen(): void {
    const hasLauncher = (process.env["MCP_GATEWAY_LAUNCHER"] ?? "") !== "";
    const ask = (signal: string): void => {
      if (!this.#begun) return this.begin(exitCodes.ok);
      this.#log.warning("asked to end twice", { signal });
      this.#supervisor.killNow();
      this.#leave(exitCodes.killed);
    };
    process.on("SIGTERM", ask);
    // A terminal sends Ctrl-C to everybody in it; with a launcher, the launcher says when.
    process.on("SIGINT", (signal) => (hasLauncher ? undefined : ask(signal)));
    process.on("uncaughtException", (error) => this.#crash("uncaught exception", error));
    process.on("unhandledRejection", (error) => this.#crash("unhandled rejection", error));
    if (hasLauncher) void this.#watchLeash();
  }

  /** The launcher holds the other end of stdin and never writes: its end is the launcher's end, however it came. */
  async #watchLeash(): Promise<void> {
    try {
      for await (const _ of Bun.stdin.stream());
    } catch {
      // A leash that breaks has ended.
    }
    this.#log.info("launcher is gone");
    this.begin(exitCodes.ok);
  }

  #crash(event: string, error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#log.critical(event, { stack });
    process.stderr.write(`supervisor: ${event}: ${messageOf(error)}\n`);
    this.#supervisor.killNow();
    this.#leave(exitCodes.crashed);
  }

  #leave(code: number): void {
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        step();
      } catch (error) {
        this.#log.error("step of the end failed", { error: messageOf(error) });
      }
    }
    this.#log.info("supervisor stopped", { code });
    this.#logFile.close();
    process.exit(code);
  }
}
