/**
 * Splits an event stream into lines: they end with LF, CR or CRLF, and blank ones matter. Linear and bounded.
 */
import { ByteGatherer } from "./byte-gatherer.ts";

export interface SseLinesOptions {
  readonly lineBytesMax: number;
  readonly onLine: (line: Uint8Array) => void;
  /** A line was thrown away; `head` is its first bytes. */
  readonly onOversized: (bytes: number, head: Uint8Array) => void;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** Enough to recognise the field. */
const headBytes = 16;
const nothing = new Uint8Array(0);

export class SseLines {
  readonly #options: SseLinesOptions;
  readonly #unfinished = new ByteGatherer();
  #discardedBytes = 0;
  #discardedHead: Uint8Array = nothing;
  /** The last chunk ended with CR: a LF at the beginning of the next one belongs to it. */
  #afterReturn = false;
  #atStart = true;

  constructor(options: SseLinesOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let start = this.#afterReturn && bytes[0] === lineFeed ? 1 : 0;
    this.#afterReturn = false;
    // Each kind of line end is searched on from where it was last found, so that a stream with only one kind
    // is not searched again and again for the other.
    let feed = bytes.indexOf(lineFeed, start);
    let ret = bytes.indexOf(carriageReturn, start);
    while (feed >= 0 || ret >= 0) {
      const end = ret < 0 || (feed >= 0 && feed < ret) ? feed : ret;
      this.#finish(bytes.subarray(start, end));
      start = end + 1;
      if (end === ret) {
        if (bytes[start] === lineFeed) start += 1;
        else if (start === bytes.length) this.#afterReturn = true;
        ret = bytes.indexOf(carriageReturn, start);
      }
      if (feed >= 0 && feed < start) feed = bytes.indexOf(lineFeed, start);
    }
    if (start < bytes.length) this.#keep(bytes.subarray(start));
  }

  /** Forgets an unfinished line. */
  end(): void {
    this.#unfinished.clear();
    this.#discardedBytes = 0;
  }

  #keep(part: Uint8Array): void {
    if (this.#discardedBytes > 0) {
      this.#discardedBytes += part.length;
      return;
    }
    this.#unfinished.add(part);
    if (this.#unfinished.bytes > this.#options.lineBytesMax + byteOrderMark.length) {
      this.#discardedBytes = this.#unfinished.bytes;
      this.#discardedHead = this.#withoutMark(this.#unfinished.head(headBytes));
      this.#unfinished.clear();
    }
  }

  #finish(rest: Uint8Array): void {
    if (this.#discardedBytes > 0) {
      const bytes = this.#discardedBytes + rest.length;
      this.#discardedBytes = 0;
      this.#options.onOversized(bytes, this.#discardedHead);
      return;
    }
    let line = rest;
    if (this.#unfinished.bytes > 0) {
      this.#unfinished.add(rest);
      line = this.#unfinished.take();
    }
    line = this.#withoutMark(line);
    if (line.length > this.#options.lineBytesMax) {
      this.#options.onOversized(line.length, line.subarray(0, headBytes));
    } else {
      this.#options.onLine(line);
    }
  }

  #withoutMark(line: Uint8Array): Uint8Array {
    const marked =
      this.#atStart &&
      line[0] === byteOrderMark[0] &&
      line[1] === byteOrderMark[1] &&
      line[2] === byteOrderMark[2];
    this.#atStart = false;
    return marked ? line.subarray(byteOrderMark.length) : line;
  }
}
