/**
 * One open event-stream response. Bytes that the client does not read wait here, bounded: messages that
 * can be missed are dropped first, then the stream is closed, so that one slow reader costs only itself.
 */
import { limits } from "@mcp-gateway/kit";
import { encodeSseComment } from "@mcp-gateway/mcp";

const heartbeat = encodeSseComment("");

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #onClosed: (stream: EventStream) => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  /** @param onClosed called once, whether the client went away or the stream was closed here */
  constructor(onClosed: (stream: EventStream) => void) {
    this.#onClosed = onClosed;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => this.#closed(),
      },
      { highWaterMark: limits.outboxBytesMax, size: (chunk) => chunk?.byteLength ?? 0 },
    );
    openStreams.add(this);
  }

  get isOpen(): boolean {
    return this.#controller !== undefined;
  }

  /** @returns false when the event was dropped or the stream is closed */
  send(event: Uint8Array, droppable: boolean): boolean {
    const controller = this.#controller;
    if (controller === undefined) return false;
    const roomBytes = controller.desiredSize ?? 0;
    if (droppable && roomBytes < event.byteLength) return false;
    // A large reply may overshoot once; a reader that leaves that unread as well is closed.
    if (roomBytes <= 0 && -roomBytes + event.byteLength > limits.replyBytesMax) {
      this.close();
      return false;
    }
    controller.enqueue(event);
    return true;
  }

  close(): void {
    const controller = this.#controller;
    this.#closed();
    try {
      controller?.close();
    } catch {
      // The runtime closed it first: the client went away in this very moment.
    }
  }

  #closed(): void {
    if (this.#controller === undefined) return;
    this.#controller = undefined;
    openStreams.delete(this);
    this.#onClosed(this);
  }
}

const openStreams = new Set<EventStream>();

/** Keeps every open stream alive; called by one timer for all of them. */
export function beatStreams(): void {
  for (const stream of openStreams) stream.send(heartbeat, true);
}

export function openStreamCount(): number {
  return openStreams.size;
}

export const eventStreamHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;
