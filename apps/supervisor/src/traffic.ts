/** Where messages of backends go, and what a backend needs from the process it lives in. */
import type { ServerConfig } from "@mcp-gateway/config";
import type { Clock, JsonRpcErrorObject, Log } from "@mcp-gateway/kit";
import type { CallOwner, Connection, Transport, TransportEvents } from "./connections/index.ts";
import type { BackendProcess } from "./process/backend-process.ts";
import type { TagScope } from "./process/tag.ts";
import type { StartSlots } from "./start-slots.ts";

/** One incarnation of a backend, as messages name it. */
export interface Source {
  /** BackendState.index */
  readonly backend: number;
  readonly epoch: number;
  readonly connection: Connection;
}

/** Takes what backends say to gateways. */
export interface Traffic {
  reply(source: Source, owner: CallOwner, message: Uint8Array, idStart: number, idLength: number): void;
  failure(source: Source, owner: CallOwner, error: JsonRpcErrorObject): void;
  notification(source: Source, message: Uint8Array, owner: CallOwner | undefined): void;
  reverse(
    source: Source,
    reference: number,
    message: Uint8Array,
    idStart: number,
    idLength: number,
    owner: CallOwner | undefined,
  ): void;
  reverseCancel(source: Source, reference: number): void;
  /** The incarnation is over; nothing of it comes any more. */
  ended(backend: number, epoch: number): void;
}

export interface Services {
  readonly log: Log;
  readonly clock: Clock;
  readonly scope: TagScope;
  /** What programs inherit from. */
  readonly environment: NodeJS.ProcessEnv;
  readonly slots: StartSlots;
  readonly traffic: Traffic;
  /** In [0, 1). */
  readonly random: () => number;
  readonly openTransport: (
    server: ServerConfig,
    process: BackendProcess | undefined,
    events: TransportEvents,
    log: Log,
  ) => Transport;
  readonly probeAddress: (server: ServerConfig, signal: AbortSignal) => Promise<boolean>;
}
