/** A supervisor within the test's own process, with real programs, sockets and files. */
import { join } from "node:path";
import type { ConfigResult, ServerConfig } from "@mcp-gateway/config";
import { type LinkAddress, linkAddress, linkToken } from "@mcp-gateway/contract";
import { type Clock, instancePaths, systemClock } from "@mcp-gateway/kit";
import { openTransport, probeAddress, probeEra } from "../../../../apps/supervisor/src/connections/index.ts";
import { EraMemory } from "../../../../apps/supervisor/src/era-memory.ts";
import { fingerprinter } from "../../../../apps/supervisor/src/fingerprint.ts";
import { listProcesses } from "../../../../apps/supervisor/src/process/process-table.ts";
import { isLeftover, tagScope } from "../../../../apps/supervisor/src/process/tag.ts";
import { Router } from "../../../../apps/supervisor/src/rpc/router.ts";
import { RpcServer } from "../../../../apps/supervisor/src/rpc/server.ts";
import { StateFeed } from "../../../../apps/supervisor/src/rpc/state-feed.ts";
import { SignIns } from "../../../../apps/supervisor/src/sign-in/sign-ins.ts";
import { StartSlots } from "../../../../apps/supervisor/src/start-slots.ts";
import { Supervisor } from "../../../../apps/supervisor/src/supervisor.ts";
import { repositoryDirectory } from "../../../support/repository.ts";
import { serverConfig, silentLog, temporaryFolder } from "../process/programs.ts";
import { LinkClient } from "./link-client.ts";

/** An entry that runs the scripted backend with these flags. */
export function fakeServer(
  name: string,
  flags: readonly string[] = [],
  entry: Partial<ServerConfig> = {},
): ServerConfig {
  const program = join(repositoryDirectory, "tests/support/fake-backend.ts");
  return serverConfig({
    name,
    command: process.execPath,
    args: [program, "--name", name, ...flags],
    ...entry,
  });
}

export interface World extends AsyncDisposable {
  readonly supervisor: Supervisor;
  readonly server: RpcServer;
  readonly address: LinkAddress;
  readonly token: string;
  readonly folder: string;
  readonly eras: EraMemory;
  /** What the next reload finds. */
  next: ConfigResult;
  displaced: number;
  connect(): Promise<LinkClient>;
  /** Processes of this supervisor. */
  alive(): Promise<number>;
}

let worlds = 0;

export async function startWorld(
  servers: readonly ServerConfig[],
  options: { readonly link?: "tcp"; readonly start?: boolean; readonly clock?: Clock } = {},
): Promise<World> {
  worlds += 1;
  const folder = temporaryFolder();
  const paths = instancePaths(join(folder.path, "config.json"), {
    MCP_GATEWAY_RUNTIME_DIR: join(folder.path, "run"),
    MCP_GATEWAY_STATE_DIR: join(folder.path, "state"),
  });
  const address = linkAddress(paths, options.link === undefined ? {} : { MCP_GATEWAY_LINK: options.link });
  const scope = tagScope(folder.path, `world${worlds}`);
  const feed = new StateFeed();
  const router = new Router();
  const config = (entries: readonly ServerConfig[]): ConfigResult => ({
    ok: true,
    // Nothing in the supervisor reads the gateway's own section.
    config: { path: join(folder.path, "config.json"), gateway: {} as never, servers: entries },
    warnings: [],
  });
  const first = config(servers);
  if (!first.ok) throw new Error("unreachable");
  const eras = new EraMemory(join(folder.path, "state", "eras.json"), silentLog);
  const supervisor = new Supervisor({
    services: {
      log: silentLog,
      clock: options.clock ?? systemClock,
      scope,
      environment: process.env,
      slots: new StartSlots(systemClock),
      traffic: router,
      eras,
      fingerprint: fingerprinter("salt"),
      random: Math.random,
      openTransport,
      probeAddress,
      probeEra,
      signIns: new SignIns({
        ...{ stateDirectory: join(folder.path, "state"), log: silentLog, clock: systemClock },
        random: Math.random,
      }),
    },
    feed,
    config: first.config,
    readConfig: async () => world.next,
  });
  router.setTable(supervisor);
  const token = linkToken(paths);
  const server = new RpcServer({
    address,
    token,
    log: silentLog,
    clock: systemClock,
    feed,
    router,
    operate: (request) => supervisor.operate(request),
    onGateway: () => undefined,
    onDisplaced: () => {
      world.displaced += 1;
    },
  });
  const world: World = {
    supervisor,
    server,
    address,
    token,
    folder: folder.path,
    eras,
    next: first,
    displaced: 0,
    connect: () => LinkClient.open(address, token),
    alive: async () =>
      (await listProcesses()).filter(({ tag }) => isLeftover(tag, { scope: scope.scope, run: "" })).length,
    [Symbol.asyncDispose]: async () => {
      await supervisor.stop();
      server.close();
      folder[Symbol.dispose]();
    },
  };
  await server.listen();
  if (options.start !== false) supervisor.startAll();
  return world;
}

export function accepted(servers: readonly ServerConfig[]): ConfigResult {
  // Nothing in the supervisor reads the gateway's own section.
  return { ok: true, config: { path: "/config.json", gateway: {} as never, servers }, warnings: [] };
}
