/** The gateway's state as the admin API, the panel and the CLI show it. Pure, from what the parts know. */
import type {
  BackendState,
  OverallState,
  ServerStatus,
  StatusReport,
  ToolReport,
} from "@mcp-gateway/contract";
import { version } from "@mcp-gateway/kit";
import type { Catalogue } from "./catalogue/catalogue.ts";
import { clientLimitWarnings, notableNames } from "./catalogue/client-limits.ts";
import type { FaceList, Segment } from "./catalogue/face.ts";
import type { CatalogueKeeper } from "./catalogue/keeper.ts";
import { aliasOf } from "./catalogue/listing.ts";
import type { OfferedNames } from "./console/summary.ts";
import { handshakeOf } from "./link/backend-facts.ts";
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
    warnings: [...warningsOf(sources.keeper.catalogue)],
    logFile: sources.logFile,
    servers,
  };
}

function serverStatus(backend: BackendState, { keeper, counts, mirror }: StatusSources): ServerStatus {
  const dropped = mirror.drops(backend.index);
  const listing = keeper.listing(backend.name);
  const { calls, errors, inFlight } = counts(backend.name);
  const info = infoOf(keeper.asKnown(backend));
  return {
    transport: backend.transport,
    ...standingOf(backend, keeper),
    note: noteOf(backend, keeper),
    pid: backend.pid,
    since: backend.since,
    nextTryAt: backend.nextTryAt,
    restarts: backend.restarts,
    tools: listing.tools.length,
    resources: listing.resources.length,
    resourceTemplates: listing.resourceTemplates.length,
    prompts: listing.prompts.length,
    ...(keeper.isKnownOnly(backend.name) ? { known: true } : {}),
    calls,
    errors,
    inFlight,
    ...(dropped === undefined ? {} : { dropped }),
    server: info.server,
    protocolVersion: info.protocolVersion,
    warnings: [...listing.warnings, ...keeper.catalogue.warnings(backend.name)],
  };
}

/** What readiness depends on; looked at with each change of each backend, so nothing else is put together. */
export function standingOf(
  backend: BackendState,
  keeper: CatalogueKeeper,
): Pick<ServerStatus, "name" | "state" | "fault"> {
  const isReady = backend.phase === "ready";
  return {
    name: backend.name,
    state: isReady && !keeper.isListed(backend) ? "listing" : backend.phase,
    fault: isReady ? (keeper.fault(backend.name) ?? null) : backend.fault,
  };
}

function noteOf({ name, note, phase }: BackendState, keeper: CatalogueKeeper): string {
  if (phase === "ready" || !keeper.isKnownOnly(name)) return note;
  return [note, "lists as last known"].filter((part) => part !== "").join("; ");
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
  const { resources, prompts } = keeper.catalogue.merged;
  return { resources: resources.items.map(({ key }) => key), prompts: prompts.items.map(aliasOf) };
}

/** @param withSchemas what the console has no use for costs a parse of each tool */
export function toolReport(keeper: CatalogueKeeper, withSchemas = true): ToolReport {
  return {
    tools: keeper.catalogue.merged.tools.items.map((item) => {
      // Read as an object before it was kept.
      const tool = withSchemas ? (JSON.parse(item.ownText) as { inputSchema?: unknown }) : {};
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

const warnings = new WeakMap<FaceList, readonly string[]>();
const notable = new WeakMap<Segment, readonly string[]>();

/** About the names of all tools; each server's are looked at once. */
function warningsOf({ merged: { tools } }: Catalogue): readonly string[] {
  const known = warnings.get(tools) ?? clientLimitWarnings(tools.length, tools.segments.flatMap(notableIn));
  warnings.set(tools, known);
  return known;
}

function notableIn(segment: Segment): readonly string[] {
  const known = notable.get(segment) ?? notableNames(segment.items.map(({ exposedKey }) => exposedKey));
  notable.set(segment, known);
  return known;
}

function infoOf(backend: BackendState): { server: string; protocolVersion: string } {
  const { serverInfo, protocolVersion } = handshakeOf(backend);
  const info: { name?: unknown; version?: unknown } =
    typeof serverInfo === "object" && serverInfo !== null ? serverInfo : {};
  const server = [info.name, info.version].filter((part) => typeof part === "string").join(" ");
  return { server, protocolVersion: typeof protocolVersion === "string" ? protocolVersion : "" };
}
