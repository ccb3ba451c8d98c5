/**
 * Reads server-sent events from bytes (WHATWG HTML 9.2.6), in linear time and bounded memory.
 *
 * An event beyond the bound is thrown away while it streams, and reported at its end.
 */
import { ByteGatherer } from "./byte-gatherer.ts";
import { SseLines } from "./sse-lines.ts";

export { encodeSseComment, encodeSseEvent, encodeSseMessage, type SseEventFields } from "./sse-encode.ts";

export interface SseEvent {
  /** `message` if the stream names none. */
  readonly event: string;
  /** The last event id of the stream: it stays until another one comes. */
  readonly id: string | undefined;
  /** The last reconnection time, likewise. */
  readonly retryMs: number | undefined;
  readonly data: Uint8Array;
}

export interface SseParserOptions {
  readonly eventBytesMax: number;
  readonly onEvent: (event: SseEvent) => void;
  readonly onOversized: (bytes: number) => void;
}

const colon = 0x3a;
const space = 0x20;
const nul = 0x00;
const lineFeedPart = Buffer.from("\n");
/** A reconnection time beyond it is not meant seriously; it would also overflow timers. */
const retryDigitsMax = 9;

export class SseParser {
  readonly #options: SseParserOptions;
  readonly #lines: SseLines;
  #event = "";
  #id: string | undefined;
  #retryMs: number | undefined;
  readonly #data = new ByteGatherer();
  #dataLines = 0;
  /** Bytes of the event being thrown away; 0 when it is within the bound. */
  #oversizedBytes = 0;

  constructor(options: SseParserOptions) {
    this.#options = options;
    this.#lines = new SseLines({
      lineBytesMax: options.eventBytesMax + "data: ".length,
      onLine: (line) => this.#line(line),
      onOversized: (bytes, head) => this.#oversizedLine(bytes, head),
    });
  }

  get lastEventId(): string | undefined {
    return this.#id;
  }

  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** The chunk is kept until its lines are complete; it must not change any more. */
  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  /** The stream has ended. An event without its blank line is incomplete and is dropped, as the standard says. */
  end(): void {
    this.#lines.end();
    this.#forget();
  }

  #line(line: Uint8Array): void {
    if (line.length === 0) {
      this.#dispatch();
      return;
    }
    const at = line.indexOf(colon);
    if (at === 0) return;
    const nameEnd = at < 0 ? line.length : at;
    let valueStart = at < 0 ? line.length : at + 1;
    if (line[valueStart] === space) valueStart += 1;
    this.#field(nameEnd > 5 ? "" : latin1(line.subarray(0, nameEnd)), line.subarray(valueStart));
  }

  #field(name: string, value: Uint8Array): void {
    switch (name) {
      case "data":
        this.#addData(value);
        return;
      case "event":
        this.#event = utf8(value);
        return;
      case "id":
        if (!value.includes(nul)) this.#id = utf8(value);
        return;
      case "retry": {
        const text = latin1(value);
        if (/^\d+$/.test(text) && text.length <= retryDigitsMax) this.#retryMs = Number(text);
        return;
      }
      default:
      // Unknown fields are ignored, as the standard says.
    }
  }

  #addData(value: Uint8Array): void {
    if (this.#oversizedBytes > 0) {
      this.#oversizedBytes += 1 + value.length;
      return;
    }
    if (this.#dataLines > 0) this.#data.add(lineFeedPart);
    this.#dataLines += 1;
    this.#data.add(value);
    if (this.#data.bytes > this.#options.eventBytesMax) {
      this.#oversizedBytes = this.#data.bytes;
      this.#data.clear();
    }
  }

  #oversizedLine(bytes: number, head: Uint8Array): void {
    const field = latin1(head.subarray(0, "data:".length));
    // A long comment or unknown field is ignored like a short one.
    if (field !== "data:") return;
    this.#oversizedBytes += this.#data.bytes + bytes - field.length;
    this.#data.clear();
  }

  #dispatch(): void {
    const event = this.#event === "" ? "message" : this.#event;
    const lines = this.#dataLines;
    const oversizedBytes = this.#oversizedBytes;
    const data = this.#data.take();
    this.#forget();
    if (oversizedBytes > 0) this.#options.onOversized(oversizedBytes);
    else if (lines > 0) this.#options.onEvent({ event, id: this.#id, retryMs: this.#retryMs, data });
  }

  #forget(): void {
    this.#event = "";
    this.#data.clear();
    this.#dataLines = 0;
    this.#oversizedBytes = 0;
  }
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
