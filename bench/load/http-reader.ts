/**
 * Reads HTTP/1.1 responses from the chunks of a socket, with as little work as possible: the client's own cost must
 * not hide what is measured. Bodies by Content-Length or chunked; pieces are views, never copies.
 */

export interface ResponseHead {
  readonly status: number;
  /** The header lines as they came. */
  readonly headers: string;
}

export interface ResponseSink {
  head(head: ResponseHead): void;
  body(piece: Buffer): void;
  end(): void;
}

const headEnd = "\r\n\r\n";

type State = "head" | "length" | "chunk-size" | "chunk-data" | "chunk-end" | "trailer";

export class HttpReader {
  readonly #sink: ResponseSink;
  #state: State = "head";
  /** Bytes of an unfinished head or chunk-size line. */
  #rest: Buffer | undefined;
  /** Body bytes still to come in this state. */
  #left = 0;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  push(arrived: Buffer): void {
    let chunk = this.#rest === undefined ? arrived : Buffer.concat([this.#rest, arrived]);
    this.#rest = undefined;
    while (chunk.length > 0) {
      const used = this.#step(chunk);
      if (used === 0) {
        this.#rest = chunk;
        return;
      }
      chunk = chunk.subarray(used);
    }
  }

  /** @returns how many bytes were used; 0 when more must come first */
  #step(chunk: Buffer): number {
    switch (this.#state) {
      case "head":
        return this.#head(chunk);
      case "length":
      case "chunk-data":
        return this.#data(chunk);
      case "chunk-size":
        return this.#chunkSize(chunk);
      case "chunk-end":
        if (chunk.length < 2) return 0;
        this.#state = "chunk-size";
        return 2;
      case "trailer": {
        const lineEnd = chunk.indexOf("\r\n");
        if (lineEnd === -1) return 0;
        if (lineEnd === 0) this.#finish();
        return lineEnd + 2;
      }
    }
  }

  #head(chunk: Buffer): number {
    const end = chunk.indexOf(headEnd);
    if (end === -1) return 0;
    const headers = chunk.toString("latin1", 0, end);
    const status = Number(headers.slice(9, 12));
    this.#sink.head({ status, headers });
    if (/\r\ntransfer-encoding: *chunked/i.test(headers)) {
      this.#state = "chunk-size";
    } else {
      this.#left = Number(/\r\ncontent-length: *(\d+)/i.exec(headers)?.[1] ?? 0);
      this.#state = "length";
      if (this.#left === 0) this.#finish();
    }
    return end + headEnd.length;
  }

  #data(chunk: Buffer): number {
    const piece = chunk.length <= this.#left ? chunk : chunk.subarray(0, this.#left);
    this.#left -= piece.length;
    const isWhole = this.#left === 0;
    const isLast = isWhole && this.#state === "length";
    if (isWhole) this.#state = "chunk-end";
    this.#sink.body(piece);
    if (isLast) this.#finish();
    return piece.length;
  }

  #chunkSize(chunk: Buffer): number {
    const lineEnd = chunk.indexOf("\r\n");
    if (lineEnd === -1) return 0;
    this.#left = Number.parseInt(chunk.toString("latin1", 0, lineEnd), 16);
    this.#state = this.#left === 0 ? "trailer" : "chunk-data";
    return lineEnd + 2;
  }

  #finish(): void {
    this.#state = "head";
    this.#sink.end();
  }
}
