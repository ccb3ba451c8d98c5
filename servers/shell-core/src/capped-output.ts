/** Keeps the head and the tail of an output of any length, in bounded memory, and counts what lay between. */
import type { Decode, DecodedEnds } from "./code-page.ts";
import { decodeText, withoutLeadingPartialCharacter, withoutTrailingPartialCharacter } from "./text.ts";

export interface CapturedOutput {
  /** What was kept; where something was cut, a line says how much. */
  readonly text: string;
  /** What the command wrote. */
  readonly bytes: number;
  /** What `text` does not hold of it. */
  readonly bytesCut: number;
}

const headBytesAtFirst = 4096;

export class CappedOutput {
  readonly #headMax: number;
  readonly #tailMax: number;
  readonly #decode: Decode;
  /** Grows by doubling up to `#headMax`, because most outputs are short. */
  #head: Buffer = Buffer.alloc(0);
  #headLength = 0;
  /** A ring, made when the head is full; `#tailEnd` is where the next byte goes. */
  #tail: Buffer = Buffer.alloc(0);
  #tailEnd = 0;
  #tailLength = 0;
  #bytes = 0;

  constructor(bytesMax: number, decode: Decode = decodeText) {
    this.#decode = decode;
    this.#headMax = Math.ceil(bytesMax / 2);
    this.#tailMax = Math.floor(bytesMax / 2);
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    const forHead = Math.min(chunk.length, this.#headMax - this.#headLength);
    if (forHead > 0) this.#pushHead(chunk.subarray(0, forHead));
    if (forHead < chunk.length && this.#tailMax > 0) this.#pushTail(chunk.subarray(forHead));
  }

  capture(): CapturedOutput {
    const head = this.#head.subarray(0, this.#headLength);
    const tail = this.#tailInOrder();
    if (head.length + tail.length === this.#bytes)
      return { text: this.#decode(Buffer.concat([head, tail])), bytes: this.#bytes, bytesCut: 0 };
    const { first, last, bytesKept } = this.#ends(head, tail);
    const bytesCut = this.#bytes - bytesKept;
    return { text: `${first}\n[... ${bytesCut} bytes cut ...]\n${last}`, bytes: this.#bytes, bytesCut };
  }

  #ends(head: Uint8Array, tail: Uint8Array): DecodedEnds {
    const own = this.#decode.ends?.(head, tail, this.#bytes - tail.length);
    if (own !== undefined) return own;
    const first = withoutTrailingPartialCharacter(head);
    const last = withoutLeadingPartialCharacter(tail);
    return {
      first: this.#decode(first),
      last: this.#decode(last),
      bytesKept: first.length + last.length,
    };
  }

  #pushHead(part: Uint8Array): void {
    const needed = this.#headLength + part.length;
    if (needed > this.#head.length) {
      const size = Math.min(this.#headMax, Math.max(headBytesAtFirst, this.#head.length * 2, needed));
      const grown = Buffer.allocUnsafeSlow(size);
      this.#head.copy(grown, 0, 0, this.#headLength);
      this.#head = grown;
    }
    this.#head.set(part, this.#headLength);
    this.#headLength = needed;
  }

  #pushTail(part: Uint8Array): void {
    if (this.#tail.length === 0) this.#tail = Buffer.allocUnsafeSlow(this.#tailMax);
    const kept = part.length > this.#tailMax ? part.subarray(part.length - this.#tailMax) : part;
    const untilEdge = Math.min(kept.length, this.#tailMax - this.#tailEnd);
    this.#tail.set(kept.subarray(0, untilEdge), this.#tailEnd);
    this.#tail.set(kept.subarray(untilEdge), 0);
    this.#tailEnd = (this.#tailEnd + kept.length) % this.#tailMax;
    this.#tailLength = Math.min(this.#tailMax, this.#tailLength + kept.length);
  }

  #tailInOrder(): Buffer {
    if (this.#tailLength < this.#tailMax) return this.#tail.subarray(0, this.#tailLength);
    return Buffer.concat([this.#tail.subarray(this.#tailEnd), this.#tail.subarray(0, this.#tailEnd)]);
  }
}
