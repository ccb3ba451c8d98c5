/**
 * A frame: a fixed header of 32 bytes, big-endian, then the payload.
 *
 *   0 u32 length      bytes of payload
 *   4 u8  kind        see FrameKind
 *   5 u8  flags       see FrameFlag; 0 in all kinds but `reply`
 *   6 u16 backend     index of the backend (BackendState.index)
 *   8 u32 call        the gateway's number of the call; 0 = none
 *  12 u32 epoch       incarnation of the backend; a frame with an old one is dropped
 *  16 u32 instance    0 = the shared connection, else the gateway's number of a client session's own connection;
 *                      never used twice, so its frames need no epoch
 *  20 u32 reference   number of a backend's request to a client; 0 = none; in a `reply`: where the first run of members of
 *                      its result that are not set here ends (`othersEnd`), so that the gateway need not walk over them
 *  24 u32 idStart     where the JSON-RPC id stands in the payload; in a `call`: where the body ends
 *  28 u32 idLength    its length in bytes; 0 = no id; in a `call`: length of the JSON object of HTTP headers behind the body
 *
 * Payloads of the data kinds are JSON-RPC bytes and are never parsed on the way.
 *
 * A frame with the flag `inRing` carries in place of its payload where that stands in the ring (ring.ts): the start
 * and the length, u32 each.
 */
import type { ResponseEnvelope } from "@mcp-gateway/mcp";

export const frameHeaderBytes = 32;

export const FrameKind = {
  /** JSON, TypeBox-checked (control.ts). Both directions, control connection only. */
  control: 1,
  /** Gateway → supervisor: a request without its id: `"method":…,"params":…}`; see `idlessBody`. */
  call: 2,
  /** Gateway → supervisor: stop the call; the payload is the reason, plain text. */
  cancel: 3,
  /** Gateway → supervisor: a complete JSON-RPC notification. */
  notify: 4,
  /** Gateway → supervisor: the answer to a `reverse`, without its id: `"result":…}` or `"error":…}`. */
  reverseReply: 5,
  /** Supervisor → gateway: the backend's response, verbatim, with the place of its id. */
  reply: 6,
  /** Supervisor → gateway: the call failed here; the payload is a JSON-RPC error object. */
  failure: 7,
  /** Supervisor → gateway: a backend's notification, verbatim; `call` is set when it belongs to one. */
  notification: 8,
  /** Supervisor → gateway: a backend's request to a client, verbatim, with the place of its id. */
  reverse: 9,
  /** Supervisor → gateway: the backend no longer waits for the answer to a `reverse`. */
  reverseCancel: 10,
  /** Gateway → supervisor: make a connection of its own for one client session; JSON, see instance.ts. */
  open: 11,
  /** Supervisor → gateway: the instance is connected; the payload is its `initialize` result. */
  opened: 12,
  /** Supervisor → gateway: the instance could not be connected or is gone; the payload is a JSON-RPC error object. */
  closed: 13,
  /** Gateway → supervisor: the client session has ended; its instance is no longer needed. */
  close: 14,
  /** Supervisor → gateway: a question of the backend could be about calls of several gateways, this one's among them. */
  doubt: 15,
  /** Supervisor → gateway: memory for large payloads; JSON, see ring-offer.ts. */
  ring: 16,
  /** Gateway → supervisor: the answer to `ring`; empty when the memory is mapped, else why it can't be, plain text. */
  ringAnswer: 17,
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];
const frameKindMax = 17;

/** Of a `reply`: what was found out when it was checked, so that nobody needs to look at its bytes again, and where it is. */
export const FrameFlag = {
  /** It is an error response. */
  error: 1,
  /** Its result is an object without any of the members that are set here (`hopMembers`). */
  plain: 2,
  /** Its payload stands in the ring. Set by the writer of frames, and not seen by those who receive them. */
  inRing: 4,
} as const;
const flagsMax = FrameFlag.error | FrameFlag.plain | FrameFlag.inRing;
/** What stands in the frame then. */
export const ringPlaceBytes = 8;

export function flagsOf({ isError, isPlain }: ResponseEnvelope): number {
  return (isError ? FrameFlag.error : 0) | (isPlain ? FrameFlag.plain : 0);
}

export interface Frame {
  readonly kind: FrameKind;
  readonly flags: number;
  readonly backend: number;
  readonly call: number;
  readonly epoch: number;
  readonly instance: number;
  readonly reference: number;
  readonly idStart: number;
  readonly idLength: number;
  readonly payload: Uint8Array;
  /** As many bytes around the payload, on both sides, in the same memory, are of no use to anybody else. */
  readonly roomBytes: number;
}

export type FrameFields = Pick<Frame, "kind" | "payload"> & Partial<Omit<Frame, "roomBytes">>;

/** The 32 header bytes for a frame; the payload is written behind them, uncopied. */
export function encodeFrameHeader(
  frame: FrameFields,
  into: Uint8Array = new Uint8Array(frameHeaderBytes),
  at = 0,
): Uint8Array {
  into[at + 4] = frame.kind;
  into[at + 5] = frame.flags ?? 0;
  const backend = frame.backend ?? 0;
  into[at + 6] = backend >>> 8;
  into[at + 7] = backend;
  writeU32(into, at, frame.payload.length);
  writeU32(into, at + 8, frame.call ?? 0);
  writeU32(into, at + 12, frame.epoch ?? 0);
  writeU32(into, at + 16, frame.instance ?? 0);
  writeU32(into, at + 20, frame.reference ?? 0);
  writeU32(into, at + 24, frame.idStart ?? 0);
  writeU32(into, at + 28, frame.idLength ?? 0);
  return into;
}

/** A header that was read; the payload is given to it as it arrives. Made for each frame, so it is one flat object. */
export interface FrameHeader extends Omit<Frame, "flags" | "payload" | "roomBytes"> {
  flags: number;
  payload: Uint8Array;
  roomBytes: number;
  /** Bytes of payload. */
  readonly length: number;
}

const noPayload = new Uint8Array(0);

/** Reads a header. `undefined`: not a frame, the connection must be closed. */
export function decodeFrameHeader(bytes: Uint8Array, at: number): FrameHeader | undefined {
  const kind = bytes[at + 4] ?? 0;
  const flags = bytes[at + 5] ?? 0;
  if (kind < 1 || kind > frameKindMax || flags > (kind === FrameKind.reply ? flagsMax : 0)) return undefined;
  const length = readU32(bytes, at);
  const idStart = readU32(bytes, at + 24);
  const idLength = readU32(bytes, at + 28);
  const isInRing = (flags & FrameFlag.inRing) !== 0;
  if (isInRing ? length !== ringPlaceBytes : idStart + idLength > length) return undefined;
  return {
    // Checked above to be one of the table's values.
    kind: kind as FrameKind,
    flags,
    length,
    backend: ((bytes[at + 6] ?? 0) << 8) | (bytes[at + 7] ?? 0),
    call: readU32(bytes, at + 8),
    epoch: readU32(bytes, at + 12),
    instance: readU32(bytes, at + 16),
    reference: readU32(bytes, at + 20),
    idStart,
    idLength,
    payload: noPayload,
    roomBytes: 0,
  };
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  );
}
