/** What several workers tell about themselves, put together. Pure. */
import { type ServerStatus, StatusReport, type WorkerStatus } from "@mcp-gateway/contract";
import { type Static, Type } from "@sinclair/typebox";
import { ProcessNumbers } from "../admin/prometheus.ts";

/** `GET /worker/report` */
export const WorkerReport = Type.Object({
  worker: Type.Integer(),
  isReady: Type.Boolean(),
  /** The most talkative log level that its clients asked for. */
  logLevel: Type.Union([Type.String(), Type.Null()]),
  status: StatusReport,
  numbers: ProcessNumbers,
});
export type WorkerReport = Static<typeof WorkerReport>;

/**
 * One report of all. What the backends are is told by the worker that was asked; each sees the same ones.
 * @param reports of those that answered, its own included, by number
 * @param of how many there should be
 */
export function sumOfStatus(own: StatusReport, reports: readonly WorkerReport[], of: number): StatusReport {
  const all = reports.map(({ status }) => status);
  const first = all[0] ?? own;
  const workers = Array.from({ length: of }, (_, at) => workerStatus(at + 1, reports));
  return {
    ...own,
    state: stateOfAll(own, all, of),
    gateway: { ...first.gateway, residentBytes: sum(all, ({ gateway }) => gateway.residentBytes) },
    sessions: {
      streamable: sum(all, ({ sessions }) => sessions.streamable),
      sse: sum(all, ({ sessions }) => sessions.sse),
      streams: sum(all, ({ sessions }) => sessions.streams),
    },
    workers,
    servers: sumOfServers(own.servers, all),
  };
}

/** One that is away is being started again; one that lags behind is still loading lists. */
function stateOfAll(own: StatusReport, all: readonly StatusReport[], of: number): StatusReport["state"] {
  if (all.some(({ state }) => state === "degraded")) return "degraded";
  return all.length < of || all.some(({ state }) => state === "starting") ? "starting" : own.state;
}

function workerStatus(worker: number, reports: readonly WorkerReport[]): WorkerStatus {
  const status = reports.find((report) => report.worker === worker)?.status;
  return {
    worker,
    state: status === undefined ? "away" : "up",
    pid: status?.gateway.pid ?? null,
    startedAt: status?.gateway.startedAt ?? null,
    residentBytes: status?.gateway.residentBytes ?? 0,
    sessions: status?.sessions ?? { streamable: 0, sse: 0, streams: 0 },
    calls: sum(status?.servers ?? [], ({ calls }) => calls),
    inFlight: sum(status?.servers ?? [], ({ inFlight }) => inFlight),
  };
}

function sumOfServers(own: readonly ServerStatus[], all: readonly StatusReport[]): ServerStatus[] {
  const counts = new Map<string, { calls: number; errors: number; inFlight: number }>();
  for (const server of all.flatMap(({ servers }) => servers)) {
    const count = counts.get(server.name) ?? { calls: 0, errors: 0, inFlight: 0 };
    count.calls += server.calls;
    count.errors += server.errors;
    count.inFlight += server.inFlight;
    counts.set(server.name, count);
  }
  return own.map((server) => ({ ...server, ...counts.get(server.name) }));
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}
