/**
 * A body without id that many answers have in common, such as a list: each id is written in front of it, in the
 * same memory, so that an answer of megabytes costs no copy.
 */
import { headBytes, withIdBytes } from "./splice.ts";
import { encodeSseMessage, messageEventEnd, messageEventStart } from "./sse-encode.ts";

const comma = 0x2c;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
/** Ids are mostly a few digits or a UUID; a longer one costs a copy. */
const idBytesMax = 64;
/** Behind these, a message that `withId` gave stays as it is for good. */
export const changingBytesMax = headBytes.length + idBytesMax + 1;
const roomBytes = messageEventStart.length + changingBytesMax;

export class SharedBody {
  /** Room for what stands before the body, the body, and the end of an event. */
  readonly #memory: Uint8Array;
  readonly #end: number;
  /** Known once it was asked for. */
  #isOneLine: boolean | undefined;

  /** @param parts what stands behind the id, `"result":…}`, in pieces */
  constructor(parts: readonly Uint8Array[]) {
    this.#end = parts.reduce((sum, part) => sum + part.length, roomBytes);
    this.#memory = Buffer.allocUnsafeSlow(this.#end + messageEventEnd.length);
    this.#memory.set(messageEventEnd, this.#end);
    let at = roomBytes;
    for (const part of parts) {
      this.#memory.set(part, at);
      at += part.length;
    }
  }

  get length(): number {
    return this.#end - roomBytes;
  }

  /** @returns the complete message, good until the next call: whoever keeps it copies it, its first `changingBytesMax` at least */
  withId(id: Uint8Array): Uint8Array {
    if (id.length > idBytesMax) return withIdBytes(this.#memory.subarray(roomBytes, this.#end), id);
    return this.#memory.subarray(this.#putId(id), this.#end);
  }

  /** @returns the same as an event of an event stream, good until the next call */
  eventWithId(id: Uint8Array): Uint8Array {
    const memory = this.#memory;
    this.#isOneLine ??= isOneLine(memory.subarray(roomBytes, this.#end));
    if (id.length > idBytesMax || !this.#isOneLine) return encodeSseMessage(this.withId(id));
    const start = this.#putId(id) - messageEventStart.length;
    memory.set(messageEventStart, start);
    return memory.subarray(start);
  }

  /** @returns where the message begins */
  #putId(id: Uint8Array): number {
    const memory = this.#memory;
    const start = roomBytes - 1 - id.length - headBytes.length;
    memory.set(headBytes, start);
    memory.set(id, start + headBytes.length);
    memory[roomBytes - 1] = comma;
    return start;
  }
}

/** Items keep their own bytes, and so the line ends that a server put between them. */
function isOneLine(json: Uint8Array): boolean {
  return !json.includes(lineFeed) && !json.includes(carriageReturn);
}
