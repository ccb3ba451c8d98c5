/**
 * A ring in memory that both processes have mapped: a large payload is copied in and out of it instead of through a
 * socket, which would take four times as long. Its frame, with its place in the ring, goes over the socket as
 * every other, so the order of frames stays. One process writes, the other reads; payloads are taken in their order.
 *
 * The first page belongs to the ring itself: a word that counts the payloads taken so far, by which the writer knows
 * what is free again, and a mark by which the reader knows that it has mapped the right memory.
 */

/** A page, so that the memory behind it can be given back to the system without it. */
export const ringHeadBytes = 4_096;
export const ringMarkBytes = 16;
const markAt = 64;
/** Payloads begin at the borders of cache lines. */
const alignment = 64;

export class RingWriter {
  readonly #memory: Uint8Array;
  readonly #taken: Int32Array;
  /** The beginnings of what the reader has not taken, oldest first. */
  readonly #waiting: number[] = [];
  /** How many of all payloads the reader is known to have taken; 32 bits, from zero again. */
  #known: number;
  #at = ringHeadBytes;

  constructor(memory: Uint8Array, mark: Uint8Array) {
    this.#memory = memory;
    this.#taken = takenCount(memory);
    this.#known = Atomics.load(this.#taken, 0) >>> 0;
    memory.set(mark, markAt);
  }

  /** How many payloads have been put in, from the first one on. */
  get written(): number {
    return this.#known + this.#waiting.length;
  }

  /** The reader has taken everything. */
  get isEmpty(): boolean {
    this.#forgetTaken();
    return this.#waiting.length === 0;
  }

  /** @returns where the payload stands now; undefined when there is no place for it at the moment, or never */
  put(payload: Uint8Array): number | undefined {
    this.#forgetTaken();
    const start = this.#placeFor(payload.length);
    if (start === undefined) return undefined;
    this.#memory.set(payload, start);
    this.#waiting.push(start);
    this.#at = Math.ceil((start + payload.length) / alignment) * alignment;
    return start;
  }

  #placeFor(length: number): number | undefined {
    const [oldest] = this.#waiting;
    // From the beginning whenever it can be: memory that is never touched is never had.
    if (oldest === undefined) return fits(ringHeadBytes, length, this.#memory.length);
    if (this.#at <= oldest) return fits(this.#at, length, oldest);
    return fits(this.#at, length, this.#memory.length) ?? fits(ringHeadBytes, length, oldest);
  }

  #forgetTaken(): void {
    const taken = Atomics.load(this.#taken, 0) >>> 0;
    const fresh = Math.min((taken - this.#known) >>> 0, this.#waiting.length);
    if (fresh === 0) return;
    this.#waiting.splice(0, fresh);
    this.#known = (this.#known + fresh) >>> 0;
  }
}

export class RingReader {
  readonly #memory: Uint8Array;
  readonly #taken: Int32Array;

  private constructor(memory: Uint8Array) {
    this.#memory = memory;
    this.#taken = takenCount(memory);
  }

  /** @returns undefined when the memory is not the one that was marked */
  static open(memory: Uint8Array, mark: Uint8Array): RingReader | undefined {
    if (memory.length <= ringHeadBytes || mark.length !== ringMarkBytes) return undefined;
    const isMarked = mark.every((byte, at) => memory[markAt + at] === byte);
    return isMarked ? new RingReader(memory) : undefined;
  }

  /** Copies the next payload out; its place is free then. @returns false when there is no such place */
  take(start: number, into: Uint8Array): boolean {
    if (start < ringHeadBytes || start + into.length > this.#memory.length) return false;
    into.set(this.#memory.subarray(start, start + into.length));
    Atomics.add(this.#taken, 0, 1);
    return true;
  }
}

function takenCount(memory: Uint8Array): Int32Array {
  return new Int32Array(memory.buffer, memory.byteOffset, 1);
}

function fits(start: number, length: number, end: number): number | undefined {
  return start + length <= end ? start : undefined;
}
