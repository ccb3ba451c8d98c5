/** What a connection is made of, and what it tells its owner: synchronously, also from within `call`. */
import type { DropCounts } from "@mcp-gateway/contract";
import type { Clock, JsonRpcErrorObject, Log } from "@mcp-gateway/kit";
import type { ResponseEnvelope } from "@mcp-gateway/mcp";
import type { EraPlan } from "./era.ts";
import type { ClientCapabilities } from "./handshake.ts";
import type { CallOwner } from "./pending.ts";
import type { Transport, TransportEvents, TransportFault } from "./transport.ts";

export interface ConnectionEvents {
  /** The backend answered; the envelope says where the upstream id stands in the message. */
  onReply(owner: CallOwner, message: Uint8Array, envelope: ResponseEnvelope): void;
  onFailure(owner: CallOwner, error: JsonRpcErrorObject): void;
  /** `owner`: the call it belongs to (progress, or by its stream); undefined where the wire does not tell. */
  onNotification(message: Uint8Array, owner: CallOwner | undefined): void;
  /** A request of the backend, to be answered with `answer(reference, …)`. Only with the option `reverse`. */
  onReverse(
    reference: number,
    message: Uint8Array,
    idStart: number,
    idLength: number,
    owner: CallOwner | undefined,
  ): void;
  /** The backend no longer waits for the answer. */
  onReverseCancel(reference: number): void;
  /** Once, unless `close` was called before; every call in flight was failed (backend-lost) before it. */
  onClosed(fault: TransportFault): void;
}

export interface ConnectionOptions {
  readonly transport: (events: TransportEvents) => Transport;
  /** The backend's name, for messages and the log. */
  readonly backend: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly events: ConnectionEvents;
  /** The gateway's own version, said in `clientInfo`. */
  readonly version: string;
  /** Which eras are tried; sessions by default. */
  readonly eras?: EraPlan;
  /** Client capabilities told to the backend; none by default, as for a backend that clients share. */
  readonly capabilities?: ClientCapabilities;
  /** Something that it sent was of no use to anybody. */
  readonly onDropped?: (kind: keyof DropCounts) => void;
  /** Hand the backend's requests to `onReverse`; by default each is answered with an error. */
  readonly reverse?: boolean;
}
