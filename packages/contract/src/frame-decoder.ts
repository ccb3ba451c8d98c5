import { limits } from "@mcp-gateway/kit";
import {
  decodeFrameHeader,
  type Frame,
  FrameFlag,
  type FrameHeader,
  frameHeaderBytes,
  readU32,
} from "./frame.ts";
import type { RingReader } from "./ring.ts";

/** Payloads that come in pieces get memory of their own, with room for what is put in at their ends later. */
const roomBytes = limits.frameRoomBytes;

/**
 * Takes a byte stream apart into frames. Linear: a payload that arrives in pieces is copied once, a
 * payload that arrives whole not at all (it is a view of the chunk, which the decoder does not keep). One that stands
 * in the ring is copied out of it.
 */
export class FrameDecoder {
  readonly #onFrame: (frame: Frame) => void;
  readonly #payloadBytesMax: number;
  /** The header of the frame being received, when its bytes came in pieces. */
  readonly #header = new Uint8Array(frameHeaderBytes);
  #headerBytes = 0;
  #open: OpenFrame | undefined;
  #ring: RingReader | undefined;
  #broken = false;

  constructor(onFrame: (frame: Frame) => void, payloadBytesMax: number = limits.frameBytesMax) {
    this.#onFrame = onFrame;
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** From now on frames may have their payloads there. */
  useRing(ring: RingReader): void {
    this.#ring = ring;
  }

  /** @returns false when the bytes are no frames: close the connection; the decoder takes no more. */
  push(chunk: Uint8Array): boolean {
    let at = 0;
    while (!this.#broken && at < chunk.length) {
      at = this.#open === undefined ? this.#takeHeader(chunk, at) : this.#takePayload(chunk, at, this.#open);
    }
    return !this.#broken;
  }

  #takeHeader(chunk: Uint8Array, at: number): number {
    if (this.#headerBytes === 0 && chunk.length - at >= frameHeaderBytes) {
      return this.#begin(chunk, at, chunk, at + frameHeaderBytes);
    }
    const take = Math.min(frameHeaderBytes - this.#headerBytes, chunk.length - at);
    this.#header.set(chunk.subarray(at, at + take), this.#headerBytes);
    this.#headerBytes += take;
    if (this.#headerBytes < frameHeaderBytes) return at + take;
    this.#headerBytes = 0;
    return this.#begin(this.#header, 0, chunk, at + take);
  }

  /** A complete header stands at `headerAt`; its payload begins at `at` of the chunk. */
  #begin(header: Uint8Array, headerAt: number, chunk: Uint8Array, at: number): number {
    const decoded = decodeFrameHeader(header, headerAt);
    if (decoded === undefined || decoded.length > this.#payloadBytesMax) {
      this.#broken = true;
      return chunk.length;
    }
    const { length } = decoded;
    if (chunk.length - at >= length) {
      decoded.payload = chunk.subarray(at, at + length);
      this.#deliver(decoded);
      return at + length;
    }
    makeRoom(decoded, length);
    this.#open = { frame: decoded, filled: 0 };
    return at;
  }

  #takePayload(chunk: Uint8Array, at: number, open: OpenFrame): number {
    const { payload } = open.frame;
    const take = Math.min(payload.length - open.filled, chunk.length - at);
    payload.set(chunk.subarray(at, at + take), open.filled);
    open.filled += take;
    if (open.filled === payload.length) {
      this.#open = undefined;
      this.#deliver(open.frame);
    }
    return at + take;
  }

  #deliver(frame: FrameHeader): void {
    if ((frame.flags & FrameFlag.inRing) === 0 || this.#takeFromRing(frame)) this.#onFrame(frame);
    else this.#broken = true;
  }

  /** @returns false when it does not stand there */
  #takeFromRing(frame: FrameHeader): boolean {
    const start = readU32(frame.payload, 0);
    const length = readU32(frame.payload, 4);
    if (length > this.#payloadBytesMax || frame.idStart + frame.idLength > length) return false;
    frame.flags &= ~FrameFlag.inRing;
    makeRoom(frame, length);
    return this.#ring?.take(start, frame.payload) ?? false;
  }
}

/** Memory for a payload of its own. Filled completely before anybody sees it. */
function makeRoom(frame: FrameHeader, length: number): void {
  frame.payload = Buffer.allocUnsafeSlow(roomBytes + length + roomBytes).subarray(
    roomBytes,
    roomBytes + length,
  );
  frame.roomBytes = roomBytes;
}

/** A frame whose payload is still arriving. */
interface OpenFrame {
  readonly frame: FrameHeader;
  filled: number;
}
