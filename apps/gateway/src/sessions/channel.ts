/**
 * A logical stream of messages to a client. It outlives the connection that carries it: events have ids
 * and are kept, bounded, so that a client that lost the connection can go on where it was
 * (Streamable HTTP, "Resumability and Redelivery").
 */
import { limits } from "@mcp-gateway/kit";
import { encodeSseEvent, encodeSseMessage } from "@mcp-gateway/mcp";
import type { EventStream } from "./event-stream.ts";

interface KeptEvent {
  readonly sequence: number;
  readonly event: Uint8Array;
}

export class Channel {
  readonly number: number;
  readonly #isResumable: boolean;
  #stream: EventStream | undefined;
  #sequence = 0;
  /** Undefined: nothing is kept. */
  #kept: KeptEvent[] | undefined;
  #keptBytes = 0;
  #isFinished = false;
  #finishedMs: number | undefined;

  /** @param isResumable false for HTTP+SSE, which has no event ids */
  constructor(number: number, isResumable: boolean) {
    this.number = number;
    this.#isResumable = isResumable;
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  get isAttached(): boolean {
    return this.#stream?.isOpen === true;
  }

  /**
   * @param asEvent the same as an event, in memory that soon holds another: for a stream that writes it at once
   * @returns false when the message went nowhere and is not kept either
   */
  send(message: Uint8Array, droppable: boolean, asEvent?: () => Uint8Array): boolean {
    if (this.#isFinished) return false;
    if (!this.#isResumable) {
      const stream = this.#stream;
      if (stream === undefined) return false;
      const isWritten = asEvent !== undefined && stream.writesAtOnce;
      return stream.send(isWritten ? asEvent() : encodeSseMessage(message), droppable);
    }
    const sequence = ++this.#sequence;
    const event = encodeSseEvent({ event: "message", id: `${this.number}-${sequence}`, data: message });
    this.#keep({ sequence, event });
    this.#stream?.send(event, droppable);
    return true;
  }

  /** Gives the client an id to resume from before anything was sent (revision 2025-11-25 on). */
  prime(): void {
    const sequence = ++this.#sequence;
    const event = encodeSseEvent({
      id: `${this.number}-${sequence}`,
      retryMs: limits.streamRetryMs,
      data: "",
    });
    this.#stream?.send(event, false);
  }

  /** Sends on `stream` from now on, beginning with what came after `afterSequence`. */
  attach(stream: EventStream, afterSequence?: number): void {
    const previous = this.#stream;
    this.#stream = stream;
    if (previous !== stream) previous?.close();
    if (afterSequence === undefined) return;
    for (const kept of this.#kept ?? []) if (kept.sequence > afterSequence) stream.send(kept.event, false);
    if (this.#isFinished) stream.close();
  }

  /** The connection is gone; what is kept waits for a new one. */
  detach(stream: EventStream): void {
    if (this.#stream === stream) this.#stream = undefined;
  }

  /** Nothing more will be sent. */
  finish(): void {
    this.#isFinished = true;
    this.#stream?.close();
    this.#stream = undefined;
  }

  /** @returns true: it ended long enough ago that nobody will come back for it. Asked every now and then */
  isOver(nowMs: number): boolean {
    if (!this.#isFinished) return false;
    this.#finishedMs ??= nowMs;
    return nowMs - this.#finishedMs >= limits.resumeFinishedMsMax;
  }

  /** Nothing of it can be asked for again. */
  forget(): void {
    keptBytesAll -= this.#keptBytes;
    this.#keptBytes = 0;
    this.#kept = undefined;
    keeping.delete(this);
  }

  #keep(kept: KeptEvent): void {
    this.#kept ??= [];
    this.#kept.push(kept);
    this.#count(kept.event.byteLength);
    while (
      this.#kept.length > limits.resumeEventsMax ||
      (this.#keptBytes > limits.resumeBytesMax && this.#kept.length > 1)
    ) {
      this.#count(-(this.#kept.shift()?.event.byteLength ?? 0));
    }
    keeping.delete(this);
    keeping.add(this);
    for (const quietest of keeping) {
      if (keptBytesAll <= limits.resumeBytesAllMax || quietest === this) return;
      quietest.forget();
    }
  }

  #count(bytes: number): void {
    this.#keptBytes += bytes;
    keptBytesAll += bytes;
  }
}

/** Streams that keep something, the one that was quiet longest first; and how much that is together. */
const keeping = new Set<Channel>();
let keptBytesAll = 0;

export function keptForResumption(): { readonly streams: number; readonly bytes: number } {
  return { streams: keeping.size, bytes: keptBytesAll };
}

/** `12-3` → channel 12, sequence 3. */
export function readEventId(
  text: string,
): { readonly channel: number; readonly sequence: number } | undefined {
  const match = /^(\d{1,9})-(\d{1,9})$/.exec(text);
  return match === null ? undefined : { channel: Number(match[1]), sequence: Number(match[2]) };
}
