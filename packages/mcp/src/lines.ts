/**
 * Splits a byte stream into lines, in linear time and bounded memory.
 *
 * Chunks of an unfinished line are kept as they came and joined once. A line within one chunk is a view of
 * it. A line beyond the bound is counted and thrown away while it streams; the next one is read normally.
 */
import { limits } from "@mcp-gateway/kit";
import { ByteGatherer } from "./byte-gatherer.ts";

export interface LineSplitterOptions {
  readonly lineBytesMax: number;
  /** One line without its end; empty lines are skipped. */
  readonly onLine: (line: Uint8Array) => void;
  /** A line of `bytes` bytes was thrown away; `head` is its beginning. */
  readonly onOversized: (bytes: number, head: Uint8Array) => void;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** An unfinished line may still lose a byte order mark and a carriage return. */
const slackBytes = byteOrderMark.length + 1;

export class LineSplitter {
  readonly #options: LineSplitterOptions;
  readonly #unfinished = new ByteGatherer();
  /** Bytes of the oversized line being thrown away; 0 when there is none. */
  #discardedBytes = 0;
  #discardedHead: Uint8Array = byteOrderMark;
  #discardedLast = 0;
  #atStart = true;

  constructor(options: LineSplitterOptions) {
    this.#options = options;
  }

  /** The chunk is kept until its lines are complete; it must not change any more. */
  push(chunk: Uint8Array): void {
    const bytes = asBuffer(chunk);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(lineFeed, start);
      if (end < 0) break;
      this.#finish(bytes.subarray(start, end));
      start = end + 1;
    }
    if (start < bytes.length) this.#keep(start === 0 ? chunk : bytes.subarray(start));
  }

  /** The stream has ended; what is left is a line too. */
  end(): void {
    if (this.#unfinished.bytes > 0 || this.#discardedBytes > 0) this.#finish(new Uint8Array(0));
  }

  #keep(part: Uint8Array): void {
    if (this.#discardedBytes > 0) {
      this.#discard(part);
      return;
    }
    this.#unfinished.add(part);
    if (this.#unfinished.bytes > this.#options.lineBytesMax + slackBytes) {
      const head = this.#unfinished.head(limits.oversizedHeadBytes);
      const markBytes = this.#atStart && startsWithMark(head) ? byteOrderMark.length : 0;
      this.#discardedHead = head.subarray(markBytes);
      this.#discardedBytes = this.#unfinished.bytes - markBytes;
      this.#discardedLast = part[part.length - 1] ?? 0;
      this.#unfinished.clear();
    }
  }

  #discard(part: Uint8Array): void {
    this.#discardedBytes += part.length;
    this.#discardedLast = part[part.length - 1] ?? this.#discardedLast;
  }

  #finish(rest: Uint8Array): void {
    if (this.#discardedBytes > 0) {
      this.#discard(rest);
      const bytes = this.#discardedBytes - (this.#discardedLast === carriageReturn ? 1 : 0);
      this.#discardedBytes = 0;
      this.#atStart = false;
      this.#options.onOversized(bytes, this.#discardedHead);
      return;
    }
    if (this.#unfinished.bytes === 0) {
      this.#emit(rest);
      return;
    }
    this.#unfinished.add(rest);
    this.#emit(this.#unfinished.take());
  }

  #emit(whole: Uint8Array): void {
    const start = this.#atStart && startsWithMark(whole) ? byteOrderMark.length : 0;
    this.#atStart = false;
    const end = whole.length - (whole[whole.length - 1] === carriageReturn ? 1 : 0);
    if (end <= start) return;
    if (end - start > this.#options.lineBytesMax) {
      // Copied, so that the beginning does not keep the whole line in memory.
      this.#options.onOversized(
        end - start,
        Buffer.from(whole.subarray(start, Math.min(end, start + limits.oversizedHeadBytes))),
      );
      return;
    }
    this.#options.onLine(start === 0 && end === whole.length ? whole : whole.subarray(start, end));
  }
}

function startsWithMark(bytes: Uint8Array): boolean {
  return bytes[0] === byteOrderMark[0] && bytes[1] === byteOrderMark[1] && bytes[2] === byteOrderMark[2];
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
