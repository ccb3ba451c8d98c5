/** The gateway's state as the admin API, the panel and the CLI show it. Pure, from what the parts know. */
import type {
  BackendState,
  OverallState,
  ServerStatus,
  StatusReport,
  ToolReport,
} from "@mcp-gateway/contract";
import { version } from "@mcp-gateway/kit";
import { clientLimitWarnings } from "./catalogue/client-limits.ts";
import type { CatalogueKeeper } from "./catalogue/keeper.ts";
import { aliasOf } from "./catalogue/listing.ts";
import type { OfferedNames } from "./console/summary.ts";
import type { SupervisorFacts } from "./link/link.ts";
import type { Mirror } from "./link/mirror.ts";
import type { SessionRegistry } from "./sessions/registry.ts";

export interface CallCounts {
  readonly calls: number;
  readonly errors: number;
  readonly inFlight: number;
}

export interface StatusSources {
  readonly mirror: Mirror;
  readonly keeper: CatalogueKeeper;
  readonly counts: (backend: string) => CallCounts;
  readonly supervisor: SupervisorFacts | undefined;
  readonly sessions: SessionRegistry;
  readonly streams: number;
  readonly address: string;
  readonly startedAt: number;
  readonly logFile: string;
  readonly configPath: string;
  readonly residentBytes: number;
}

export function statusReport(sources: StatusSources): StatusReport {
  const { mirror, supervisor, sessions } = sources;
  const servers = mirror.all().map((backend) => serverStatus(backend, sources));
  const { path = sources.configPath, revision = 0, faults = [] } = mirror.config ?? {};
  return {
    state: overallState(servers, supervisor !== undefined && faults.length === 0, mirror.hasSnapshot),
    version,
    address: sources.address,
    gateway: { pid: process.pid, startedAt: sources.startedAt, residentBytes: sources.residentBytes },
    supervisor: {
      connected: supervisor !== undefined,
      pid: supervisor?.pid ?? null,
      startedAt: supervisor?.startedAt ?? null,
    },
    sessions: {
      streamable: sessions.count("streamable"),
      sse: sessions.count("sse"),
      streams: sources.streams,
    },
    workers: [],
    config: { path, revision, faults: [...faults] },
    warnings: [
      ...clientLimitWarnings(sources.keeper.catalogue.merged.items.tools.map((tool) => tool.exposedKey)),
    ],
    logFile: sources.logFile,
    servers,
  };
}

function serverStatus(backend: BackendState, { keeper, counts }: StatusSources): ServerStatus {
  const listing = keeper.listing(backend.name);
  const { calls, errors, inFlight } = counts(backend.name);
  const info = infoOf(backend.initializeResult);
  return {
    name: backend.name,
    transport: backend.transport,
    state: backend.phase === "ready" && !keeper.isListed(backend) ? "listing" : backend.phase,
    note: backend.note,
    pid: backend.pid,
    since: backend.since,
    nextTryAt: backend.nextTryAt,
    restarts: backend.restarts,
    tools: listing.tools.length,
    resources: listing.resources.length,
    resourceTemplates: listing.resourceTemplates.length,
    prompts: listing.prompts.length,
    calls,
    errors,
    inFlight,
    server: info.server,
    protocolVersion: info.protocolVersion,
    fault: backend.phase === "ready" ? (keeper.fault(backend.name) ?? null) : backend.fault,
    warnings: [...listing.warnings, ...(keeper.catalogue.warnings.get(backend.name) ?? [])],
  };
}

function overallState(
  servers: readonly ServerStatus[],
  isWhole: boolean,
  hasSnapshot: boolean,
): OverallState {
  if (!hasSnapshot) return "starting";
  if (!isWhole) return "degraded";
  // What is off on purpose is no trouble.
  const wanted = servers.filter(({ state }) => !["disabled", "skipped", "stopped"].includes(state));
  if (wanted.every(({ state }) => state === "ready")) return "ready";
  return wanted.some(({ state, fault }) => state === "failed" || (state !== "ready" && fault !== null))
    ? "degraded"
    : "starting";
}

export function offeredNames(keeper: CatalogueKeeper): OfferedNames {
  const { resources, prompts } = keeper.catalogue.merged.items;
  return { resources: resources.map(({ key }) => key), prompts: prompts.map(aliasOf) };
}

export function toolReport(keeper: CatalogueKeeper): ToolReport {
  return {
    tools: keeper.catalogue.merged.items.tools.map((item) => {
      const tool = JSON.parse(item.ownText) as { inputSchema?: unknown }; // Read as an object before it was kept.
      return {
        server: item.server,
        tool: item.key,
        exposed: item.exposedKey,
        description: item.summary,
        inputSchema: tool.inputSchema ?? {},
      };
    }),
  };
}

function infoOf(initializeResult: string | null): { server: string; protocolVersion: string } {
  if (initializeResult === null) return { server: "", protocolVersion: "" };
  const value = JSON.parse(initializeResult) as {
    serverInfo?: { name?: unknown; version?: unknown };
    protocolVersion?: unknown;
  }; // Checked by the supervisor.
  const server = [value.serverInfo?.name, value.serverInfo?.version]
    .filter((part) => typeof part === "string")
    .join(" ");
  return { server, protocolVersion: typeof value.protocolVersion === "string" ? value.protocolVersion : "" };
}
