/**
 * Gathers pieces of bytes and joins them once.
 *
 * A sender that drips single bytes would otherwise cost a view object for each of them, many times its data:
 * small pieces are joined into blocks now and then, so a byte is copied twice at most.
 */
const piecesMax = 1024;

export class ByteGatherer {
  #blocks: Uint8Array[] = [];
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The piece is kept as it is; it must not change any more. */
  add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#pieces.length === piecesMax) {
      this.#blocks.push(Buffer.concat(this.#pieces));
      this.#pieces = [];
    }
  }

  /** All bytes in order; a single piece is returned uncopied. What was gathered is forgotten. */
  take(): Uint8Array {
    const parts = this.#blocks.length === 0 ? this.#pieces : [...this.#blocks, ...this.#pieces];
    const bytes = this.#bytes;
    this.clear();
    const [first] = parts;
    return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts, bytes);
  }

  /** A copy of the first bytes. */
  head(bytesMax: number): Uint8Array {
    const views: Uint8Array[] = [];
    let missing = bytesMax;
    for (const parts of [this.#blocks, this.#pieces]) {
      for (const part of parts) {
        if (missing <= 0) break;
        views.push(part.subarray(0, missing));
        missing -= part.length;
      }
    }
    return Buffer.concat(views);
  }

  clear(): void {
    this.#blocks = [];
    this.#pieces = [];
    this.#bytes = 0;
  }
}
