/** One shape for all there is to show, whichever process it came from. */
import type { BackendState, ServerStatus } from "@mcp-gateway/contract";
import type { Observation } from "../api/observe.ts";

/** A row; the counts are unknown when the gateway, which counts, is away. */
export interface ServerRow {
  readonly name: string;
  readonly transport: string;
  readonly state: string;
  readonly note: string;
  readonly pid: number | null;
  readonly since: number;
  readonly nextTryAt: number | null;
  readonly restarts: number;
  readonly counts:
    | { readonly tools: number; readonly calls: number; readonly errors: number; readonly inFlight: number }
    | undefined;
  readonly fault: ServerStatus["fault"];
  readonly warnings: readonly string[];
}

export function rowsOf(observation: Observation): readonly ServerRow[] {
  switch (observation.kind) {
    case "answered":
      return observation.report.servers.map((server) =>
        observation.report.supervisor.connected
          ? { ...server, counts: server }
          : // What the gateway last heard; who runs the servers is not there to say how they are now.
            {
              ...server,
              counts: server,
              state: "unknown",
              pid: null,
              nextTryAt: null,
              fault: null,
              warnings: [],
            },
      );
    case "gateway-down":
      return [...observation.snapshot.backends].sort((a, b) => a.order - b.order).map(rowOfBackend);
    case "down":
    case "unclear":
      return [];
    default:
      return observation satisfies never;
  }
}

function rowOfBackend(backend: BackendState): ServerRow {
  const { name, transport, phase, note, pid, since, nextTryAt, restarts, fault } = backend;
  return {
    name,
    transport,
    state: phase,
    note,
    pid,
    since,
    nextTryAt,
    restarts,
    counts: undefined,
    fault,
    warnings: [],
  };
}

/** How a state is meant: what needs a person, what is on its way, what is as it was asked for. */
export type Standing = "good" | "coming" | "bad" | "off";

export function standingOf(row: Pick<ServerRow, "state" | "fault">): Standing {
  switch (row.state) {
    case "ready":
      return "good";
    case "failed":
    case "backing-off":
      return "bad";
    case "stopped":
    case "disabled":
    case "skipped":
    case "stopping":
    case "unknown":
      return "off";
    default:
      // Coming up again after a fault is not yet a reason to be calm.
      return row.fault === null ? "coming" : "bad";
  }
}

/** Servers that a person should look at. */
export function attentionOf(rows: readonly ServerRow[]): readonly ServerRow[] {
  return rows.filter(
    (row) => standingOf(row) === "bad" || row.state === "stopped" || row.warnings.length > 0,
  );
}

/** The `--json` form of an observation. */
export function jsonOf(observation: Observation, configPath: string | undefined): unknown {
  switch (observation.kind) {
    case "answered":
      return observation.report;
    case "gateway-down": {
      const { welcome, snapshot, reason } = observation;
      return {
        state: "gateway-down",
        reason: reason ?? "The gateway process does not run.",
        version: welcome.version,
        supervisor: { connected: true, pid: welcome.pid, startedAt: welcome.startedAt },
        config: {
          path: snapshot.config.path,
          revision: snapshot.config.revision,
          faults: snapshot.config.faults,
        },
        servers: snapshot.backends.map(({ phase, ...rest }) => {
          const { name, transport, note, pid, since, nextTryAt, restarts, fault } = rest;
          return { name, transport, state: phase, note, pid, since, nextTryAt, restarts, fault };
        }),
      };
    }
    case "down":
    case "unclear":
      return {
        state: observation.kind === "down" ? "down" : "unknown",
        reason: observation.reason,
        config: { path: configPath ?? null },
        servers: [],
      };
    default:
      return observation satisfies never;
  }
}
