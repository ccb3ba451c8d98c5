/** Where messages of backends go, and what a backend needs from the process it lives in. */
import type { ServerConfig } from "@mcp-gateway/config";
import type { DropCounts } from "@mcp-gateway/contract";
import type { Clock, GatewayError, JsonRpcErrorObject, Log } from "@mcp-gateway/kit";
import type { ResponseEnvelope } from "@mcp-gateway/mcp";
import type {
  CallOwner,
  Connection,
  Era,
  EraProbe,
  Transport,
  TransportEvents,
} from "./connections/index.ts";
import type { EraMemory } from "./era-memory.ts";
import type { Fingerprint } from "./fingerprint.ts";
import type { BackendProcess } from "./process/backend-process.ts";
import type { TagScope } from "./process/tag.ts";
import type { SignIns } from "./sign-in/sign-ins.ts";
import type { StartSlots } from "./start-slots.ts";

/** A connection of one client session's own: whose it is, and that gateway's number for it. */
export interface InstanceAddress {
  readonly link: number;
  readonly number: number;
}

/** One connection to a backend, as messages name it. The object itself is its identity. */
export interface Source {
  /** BackendState.index */
  readonly backend: number;
  /** Of the shared connection; 0 for one of a session's own, whose number is never used twice. */
  readonly epoch: number;
  /** Undefined: the connection that all clients share. */
  readonly instance: InstanceAddress | undefined;
  readonly connection: Connection;
}

/** Takes what backends say to gateways. */
export interface Traffic {
  reply(source: Source, owner: CallOwner, message: Uint8Array, envelope: ResponseEnvelope): void;
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
  /** A message of the backend, on whichever of its connections, was of no use to anybody. */
  dropped(backend: number, kind: keyof DropCounts): void;
  /** The connection is over; nothing of it comes any more. */
  ended(source: Source): void;
  instanceOpened(backend: number, instance: InstanceAddress, initializeResult: string): void;
  /** It could not be opened, or is gone. */
  instanceClosed(backend: number, instance: InstanceAddress, error: GatewayError): void;
}

export interface Services {
  readonly log: Log;
  readonly clock: Clock;
  readonly scope: TagScope;
  /** What programs inherit from. */
  readonly environment: NodeJS.ProcessEnv;
  readonly slots: StartSlots;
  readonly traffic: Traffic;
  readonly eras: EraMemory;
  readonly fingerprint: Fingerprint;
  /** In [0, 1). */
  readonly random: () => number;
  readonly openTransport: (
    server: ServerConfig,
    process: BackendProcess | undefined,
    events: TransportEvents,
    log: Log,
    era: Era,
  ) => Transport;
  readonly probeAddress: (server: ServerConfig, signal: AbortSignal) => Promise<boolean>;
  readonly probeEra: EraProbe;
  readonly signIns: SignIns;
}
