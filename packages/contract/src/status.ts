/** The admin API's answers (`GET /api/v1/…`), shared by the gateway that gives and the CLI that reads them. */
import { type Static, Type } from "@sinclair/typebox";
import { BackendFault, DropCounts, Transport } from "./control.ts";

/**
 * One row of `gateway status`. `state` is a BackendPhase, or `listing` (connected, lists not loaded yet):
 * a server is `ready` only when its lists are loaded.
 */
export const ServerStatus = Type.Object({
  name: Type.String(),
  transport: Transport,
  state: Type.String(),
  note: Type.String(),
  pid: Type.Union([Type.Integer(), Type.Null()]),
  /** Unix milliseconds since which it is in this state. */
  since: Type.Number(),
  nextTryAt: Type.Union([Type.Number(), Type.Null()]),
  restarts: Type.Integer(),
  tools: Type.Integer(),
  resources: Type.Integer(),
  resourceTemplates: Type.Integer(),
  prompts: Type.Integer(),
  /** Its lists are the last known ones of an earlier start; they are read anew when it is ready. */
  known: Type.Optional(Type.Boolean()),
  /** Finished calls, and those of them that failed. */
  calls: Type.Integer(),
  errors: Type.Integer(),
  inFlight: Type.Integer(),
  /** `name version` of the server's own serverInfo; empty when unknown. */
  server: Type.String(),
  protocolVersion: Type.String(),
  fault: Type.Union([BackendFault, Type.Null()]),
  /** Messages of the server that nobody could use; absent: none. */
  dropped: Type.Optional(DropCounts),
  /** Names that had to be shortened, tools dropped, and the like. */
  warnings: Type.Array(Type.String()),
});
export type ServerStatus = Static<typeof ServerStatus>;

/**
 * `ready`: every enabled server is ready · `starting`: some are still coming up, none is at fault ·
 * `degraded`: some are at fault, or the supervisor is away.
 */
export const OverallState = Type.Union([
  Type.Literal("ready"),
  Type.Literal("starting"),
  Type.Literal("degraded"),
]);
export type OverallState = Static<typeof OverallState>;

/** One of several gateway processes behind one address. */
export const WorkerStatus = Type.Object({
  worker: Type.Integer(),
  /** `away`: it does not answer. Then nothing else is known of it, and what it counted is in no sum. */
  state: Type.Union([Type.Literal("up"), Type.Literal("away")]),
  pid: Type.Union([Type.Integer(), Type.Null()]),
  startedAt: Type.Union([Type.Number(), Type.Null()]),
  residentBytes: Type.Number(),
  sessions: Type.Object({ streamable: Type.Integer(), sse: Type.Integer(), streams: Type.Integer() }),
  calls: Type.Integer(),
  inFlight: Type.Integer(),
});
export type WorkerStatus = Static<typeof WorkerStatus>;

/** `GET /api/v1/status`. Where there are several workers, counts and memory are sums over them. */
export const StatusReport = Type.Object({
  state: OverallState,
  version: Type.String(),
  /** Base address, `http://127.0.0.1:9000`. */
  address: Type.String(),
  gateway: Type.Object({ pid: Type.Integer(), startedAt: Type.Number(), residentBytes: Type.Number() }),
  supervisor: Type.Object({
    connected: Type.Boolean(),
    pid: Type.Union([Type.Integer(), Type.Null()]),
    startedAt: Type.Union([Type.Number(), Type.Null()]),
  }),
  sessions: Type.Object({ streamable: Type.Integer(), sse: Type.Integer(), streams: Type.Integer() }),
  /** Empty where one process serves all clients. */
  workers: Type.Array(WorkerStatus),
  config: Type.Object({ path: Type.String(), revision: Type.Integer(), faults: Type.Array(Type.String()) }),
  /** What some clients are known not to cope with: too many tools, names too long. */
  warnings: Type.Array(Type.String()),
  /** Names the log file being written. */
  logFile: Type.String(),
  servers: Type.Array(ServerStatus),
});
export type StatusReport = Static<typeof StatusReport>;

/** `GET /api/v1/tools` */
export const ToolReport = Type.Object({
  tools: Type.Array(
    Type.Object({
      server: Type.String(),
      /** The backend's own name. */
      tool: Type.String(),
      /** The name clients see. */
      exposed: Type.String(),
      description: Type.String(),
      inputSchema: Type.Unknown(),
    }),
  ),
});
export type ToolReport = Static<typeof ToolReport>;

/**
 * `POST /api/v1/servers/<name>/<start|stop|restart|login|finish-login|logout>`, `POST /api/v1/reload`: needs the admin token.
 */
export const OperationReport = Type.Object({
  ok: Type.Boolean(),
  /** Error code of the catalogue and sentences for people when not ok. */
  code: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  remedy: Type.Optional(Type.String()),
  /** Of `login`: what to open in a browser. */
  url: Type.Optional(Type.String()),
});
export type OperationReport = Static<typeof OperationReport>;

/** The gateway writes this file (InstancePaths.runFilePath) once it listens, and removes it at its end. */
export const RunFile = Type.Object({
  pid: Type.Integer(),
  address: Type.String(),
  startedAt: Type.Number(),
  version: Type.String(),
  config: Type.String(),
  logFile: Type.String(),
});
export type RunFile = Static<typeof RunFile>;
