/** Keeps the newest of an output of any length, and knows where in the whole it lies. */
import {
  decodeText,
  withoutLeadingPartialCharacter,
  withoutTrailingPartialCharacter,
} from "@mcp-gateway/shell-core";

export interface OutputPart {
  readonly text: string;
  /** Position of the text's first byte in all that was written. */
  readonly from: number;
  /** Where to read on. */
  readonly next: number;
  /** Bytes between the asked position and `from`, which are not kept any more. */
  readonly dropped: number;
  /** All that was written so far. */
  readonly total: number;
}

const bytesAtFirst = 4096;
const characterBytesMax = 4;

export class RingOutput {
  readonly #bytesMax: number;
  /** Grows by doubling up to `#bytesMax`, because most outputs are short; a byte lies at its position modulo the size. */
  #ring: Buffer = Buffer.alloc(0);
  #total = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get total(): number {
    return this.#total;
  }

  push(chunk: Uint8Array): void {
    this.#grow(this.#total + chunk.length);
    const kept = chunk.subarray(Math.max(0, chunk.length - this.#ring.length));
    const at = (this.#total + chunk.length - kept.length) % this.#ring.length;
    const untilEdge = Math.min(kept.length, this.#ring.length - at);
    this.#ring.set(kept.subarray(0, untilEdge), at);
    this.#ring.set(kept.subarray(untilEdge), 0);
    this.#total += chunk.length;
  }

  /** @param isComplete nothing will follow, so a character that lacks its rest need not wait for it */
  read(position: number, bytesMax: number, isComplete: boolean): OutputPart {
    const oldest = Math.max(0, this.#total - this.#ring.length);
    const asked = Math.min(position, this.#total);
    const start = Math.max(asked, oldest);
    const raw = this.#slice(start, Math.min(this.#total, start + bytesMax));
    const isCutBefore = start > 0 && start > asked;
    const whole = isCutBefore ? withoutLeadingPartialCharacter(raw) : raw;
    const from = start + raw.length - whole.length;
    const isAtEnd = start + raw.length === this.#total;
    const shown = isComplete && isAtEnd ? whole : withoutTrailingPartialCharacter(whole);
    return {
      text: decodeText(shown),
      from,
      next: from + shown.length,
      dropped: from - asked,
      total: this.#total,
    };
  }

  /** Whether a reading from there would give anything: the beginning of a character alone waits for its rest. */
  hasTextAt(position: number): boolean {
    return this.read(position, characterBytesMax, false).next > position;
  }

  /** The end of what was written. */
  readNewest(bytesMax: number, isComplete: boolean): OutputPart {
    const start = Math.max(0, this.#total - Math.min(bytesMax, this.#ring.length));
    const raw = this.#slice(start, this.#total);
    const skipped = start === 0 ? 0 : raw.length - withoutLeadingPartialCharacter(raw).length;
    return { ...this.read(start + skipped, bytesMax, isComplete), dropped: 0 };
  }

  #slice(from: number, to: number): Uint8Array {
    if (from >= to) return new Uint8Array(0);
    const size = this.#ring.length;
    const at = from % size;
    const untilEdge = Math.min(to - from, size - at);
    return Buffer.concat([
      this.#ring.subarray(at, at + untilEdge),
      this.#ring.subarray(0, to - from - untilEdge),
    ]);
  }

  /** Only while nothing was dropped yet, so that each byte lies at its own position before and after. */
  #grow(needed: number): void {
    const size = this.#ring.length;
    if (needed <= size || size === this.#bytesMax) return;
    const grown = Buffer.alloc(Math.min(this.#bytesMax, Math.max(bytesAtFirst, size * 2, needed)));
    this.#ring.copy(grown, 0, 0, Math.min(this.#total, size));
    this.#ring = grown;
  }
}
