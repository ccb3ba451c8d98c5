/**
 * A body without id that many answers have in common, such as a list: each id is written in front of it, in the
 * same memory, so that an answer of megabytes costs no copy.
 */
import { headBytes, withIdBytes } from "./splice.ts";

const comma = 0x2c;
/** Ids are mostly a few digits or a UUID; a longer one costs a copy. */
const idBytesMax = 64;
const roomBytes = headBytes.length + idBytesMax + 1;
/** Behind these, a message that `withId` gave stays as it is for good. */
export const changingBytesMax = roomBytes;

export class SharedBody {
  readonly #memory: Uint8Array;

  /** @param parts what stands behind the id, `"result":…}`, in pieces */
  constructor(parts: readonly Uint8Array[]) {
    const length = parts.reduce((sum, part) => sum + part.length, roomBytes);
    this.#memory = Buffer.allocUnsafeSlow(length);
    let at = roomBytes;
    for (const part of parts) {
      this.#memory.set(part, at);
      at += part.length;
    }
  }

  get length(): number {
    return this.#memory.length - roomBytes;
  }

  /** @returns the complete message, good until the next call: whoever keeps it copies it, its first `changingBytesMax` at least */
  withId(id: Uint8Array): Uint8Array {
    const memory = this.#memory;
    if (id.length > idBytesMax) return withIdBytes(memory.subarray(roomBytes), id);
    const start = roomBytes - 1 - id.length - headBytes.length;
    memory.set(headBytes, start);
    memory.set(id, start + headBytes.length);
    memory[roomBytes - 1] = comma;
    return memory.subarray(start);
  }
}
