/**
 * Control messages: JSON in frames of kind `control`, checked against these schemas at both ends.
 *
 * No message carries a command, arguments, an environment, a header or a full URL of a backend: whoever
 * reaches the socket can name a configured backend, and no more (docs/security-model.md). What a sign-in needs of a
 * person goes through here: the address to open, and what the browser came back with.
 */
import { type Static, Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";

export const Transport = Type.Union([Type.Literal("stdio"), Type.Literal("sse"), Type.Literal("http")]);
export type Transport = Static<typeof Transport>;

/**
 * `waiting`: before its first start · `starting`: process or address coming up · `connecting`: MCP handshake ·
 * `ready`: handshake done · `stopping` · `stopped`: by request · `backing-off`: will be retried soon ·
 * `failed`: gave up for now, slow retry · `disabled`: by configuration · `skipped`: not for this platform.
 */
export const BackendPhase = Type.Union(
  (
    [
      "waiting",
      "starting",
      "connecting",
      "ready",
      "stopping",
      "stopped",
      "backing-off",
      "failed",
      "disabled",
      "skipped",
    ] as const
  ).map((phase) => Type.Literal(phase)),
);
export type BackendPhase =
  | "waiting"
  | "starting"
  | "connecting"
  | "ready"
  | "stopping"
  | "stopped"
  | "backing-off"
  | "failed"
  | "disabled"
  | "skipped";

/** What went wrong with a backend, for people. */
export const BackendFault = Type.Object({
  /** `config` · `spawn` · `startup` · `connect` · `sign-in` · `handshake` · `lists` · `running` */
  stage: Type.String(),
  message: Type.String(),
  /** What to do about it. */
  remedy: Type.String(),
  /** Unix milliseconds. */
  at: Type.Number(),
  /** The last lines the process wrote to stderr, if any. */
  stderrTail: Type.Array(Type.String()),
});
export type BackendFault = Static<typeof BackendFault>;

/** Everything about a backend that leaves the supervisor. */
export const BackendState = Type.Object({
  name: Type.String(),
  /** Stable while the supervisor lives; names the backend in frames. Never reused. */
  index: Type.Integer({ minimum: 1, maximum: 65_535 }),
  /** Position in the configuration file; lists are merged in this order. */
  order: Type.Integer(),
  transport: Transport,
  /** True when the gateway starts the program itself. */
  local: Type.Boolean(),
  isolation: Type.Union([Type.Literal("shared"), Type.Literal("session")]),
  /** `own`: its tools and prompts are shown without its name; absent: with it. */
  names: Type.Optional(Type.Literal("own")),
  phase: BackendPhase,
  /** Why it is skipped or stopped, or what it waits for; empty otherwise. */
  note: Type.String(),
  epoch: Type.Integer(),
  pid: Type.Union([Type.Integer(), Type.Null()]),
  /** Unix milliseconds of the change to this phase. */
  since: Type.Number(),
  /** Unix milliseconds; null when none is planned. */
  nextTryAt: Type.Union([Type.Number(), Type.Null()]),
  restarts: Type.Integer(),
  callTimeoutMs: Type.Integer(),
  fault: Type.Union([BackendFault, Type.Null()]),
  /** `session`: initialize and sessions (until 2025-11-25) · `stateless`: every request by itself (2026-07-28). */
  era: Type.Optional(Type.Union([Type.Literal("session"), Type.Literal("stateless")])),
  /** Connections of client sessions' own, being opened or open; absent: none. */
  instances: Type.Optional(Type.Integer()),
  /** Tells this configuration of the backend from others, and nothing of it; absent: not known. */
  fingerprint: Type.Optional(Type.String()),
  /**
   * The backend's `initialize` result as JSON text, exactly as it came; null unless ready. Of a stateless one
   * its members are made from what `server/discover` returned.
   */
  initializeResult: Type.Union([Type.String(), Type.Null()]),
});
export type BackendState = Static<typeof BackendState>;

/** How the last reading of the configuration went. */
export const ConfigState = Type.Object({
  path: Type.String(),
  /** Counts accepted configurations. */
  revision: Type.Integer(),
  loadedAt: Type.Number(),
  /** The faults of the last reading, if it was rejected; the configuration before it is in force. */
  faults: Type.Array(Type.String()),
});
export type ConfigState = Static<typeof ConfigState>;

export const PeerRole = Type.Union([Type.Literal("gateway"), Type.Literal("data"), Type.Literal("cli")]);
export type PeerRole = Static<typeof PeerRole>;

/** First message of every connection, from the connecting side. */
export const Hello = Type.Object({
  type: Type.Literal("hello"),
  contract: Type.Integer(),
  role: PeerRole,
  /** The secret both ends read from the state directory; proves the same user on loopback TCP. */
  token: Type.String(),
  /** For `data`: the number that `welcome` of the control connection gave; else 0. */
  gateway: Type.Integer(),
  pid: Type.Integer(),
});
export type Hello = Static<typeof Hello>;

export const Operation = Type.Union([
  Type.Literal("start"),
  Type.Literal("stop"),
  Type.Literal("restart"),
  Type.Literal("reload"),
  // Sign-ins at a server: what a person opens in a browser, what the browser came back with, and the end of it.
  Type.Literal("login"),
  Type.Literal("finish-login"),
  Type.Literal("logout"),
]);
export type Operation = Static<typeof Operation>;

/** Asks for something to be done; answered by `done` with the same id. */
export const OperationRequest = Type.Object({
  type: Type.Literal("operation"),
  id: Type.Integer(),
  operation: Operation,
  /** Name of the backend; empty for `reload`. */
  backend: Type.String(),
  /** `login`: where the browser is to come back to · `finish-login`: the query that it came back with. */
  input: Type.Optional(Type.String()),
});
export type OperationRequest = Static<typeof OperationRequest>;

export const Heartbeat = Type.Object({ type: Type.Literal("heartbeat") });

/** Messages of a backend that nobody could use, since the supervisor knows it; all its connections together. */
export const DropCounts = Type.Object({
  /** Not JSON-RPC, or with an envelope that can't be trusted. */
  malformed: Type.Integer(),
  /** Responses to nothing that is in flight: unknown, late or second ones. */
  unknownReplies: Type.Integer(),
  /** Progress for calls that are not in flight, and notifications beyond the rate. */
  notifications: Type.Integer(),
  /** Requests of the backend that could not be taken, and answers that it did not wait for. */
  reverse: Type.Integer(),
  /** Notifications and answers of ours that the backend did not read. */
  outgoing: Type.Integer(),
});
export type DropCounts = Static<typeof DropCounts>;

export const BackendDrops = Type.Object({ index: Type.Integer(), counts: DropCounts });
export type BackendDrops = Static<typeof BackendDrops>;

export const SupervisorHeartbeat = Type.Object({
  type: Type.Literal("heartbeat"),
  /** Of the backends that have any. */
  drops: Type.Optional(Type.Array(BackendDrops)),
});

/** What a peer may send to the supervisor. */
export const ToSupervisor = Type.Union([Hello, OperationRequest, Heartbeat]);
export type ToSupervisor = Static<typeof ToSupervisor>;

export const Welcome = Type.Object({
  type: Type.Literal("welcome"),
  contract: Type.Integer(),
  version: Type.String(),
  pid: Type.Integer(),
  startedAt: Type.Number(),
  /** The number of this gateway at this supervisor, 1 to 65535; 0 for other roles. */
  gateway: Type.Integer(),
});
export type Welcome = Static<typeof Welcome>;

export const Refused = Type.Object({ type: Type.Literal("refused"), reason: Type.String() });
export type Refused = Static<typeof Refused>;

/** Everything, once, right after `welcome`; each later change follows as an event, none is missed. */
export const Snapshot = Type.Object({
  type: Type.Literal("snapshot"),
  backends: Type.Array(BackendState),
  config: ConfigState,
});
export type Snapshot = Static<typeof Snapshot>;

export const BackendChanged = Type.Object({ type: Type.Literal("backend"), backend: BackendState });
export const BackendRemoved = Type.Object({
  type: Type.Literal("removed"),
  index: Type.Integer(),
  name: Type.String(),
});
export const ConfigChanged = Type.Object({ type: Type.Literal("config"), config: ConfigState });
export const OperationDone = Type.Object({
  type: Type.Literal("done"),
  id: Type.Integer(),
  /** Null when it was done, else an error code of the catalogue. */
  error: Type.Union([Type.Null(), Type.Object({ code: Type.String(), message: Type.String() })]),
  /** Of `login`: what to open in a browser. It carries a state that is good once, and no secret. */
  url: Type.Optional(Type.String()),
});
export type OperationDone = Static<typeof OperationDone>;

/** What the supervisor may send. */
export const FromSupervisor = Type.Union([
  Welcome,
  Refused,
  Snapshot,
  BackendChanged,
  BackendRemoved,
  ConfigChanged,
  OperationDone,
  SupervisorHeartbeat,
]);
export type FromSupervisor = Static<typeof FromSupervisor>;

/**
 * The message in a control frame's payload; undefined when it is none. There are few of them, so they are checked
 * as the schemas stand: compiling these would cost every start more than it could ever save.
 */
export function readToSupervisor(payload: Uint8Array): ToSupervisor | undefined {
  const value = parse(payload);
  return Check(ToSupervisor, value) ? value : undefined;
}

export function readFromSupervisor(payload: Uint8Array): FromSupervisor | undefined {
  const value = parse(payload);
  return Check(FromSupervisor, value) ? value : undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function writeControl(message: ToSupervisor | FromSupervisor): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload));
  } catch {
    return undefined; // Not JSON: as good as a message of no known shape.
  }
}
