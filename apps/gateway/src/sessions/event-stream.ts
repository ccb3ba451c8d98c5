/**
 * One open event-stream response. Bytes that the client does not read wait here, bounded: messages that
 * can be missed are dropped first, then the stream is closed, so that one slow reader costs only itself.
 *
 * The body is one of Bun's direct streams: events go to the socket without passing through a queue of the web
 * platform's, which costs less for each event and a fifth of the memory for each quiet stream.
 */
import { limits } from "@mcp-gateway/kit";
import { encodeSseComment } from "@mcp-gateway/mcp";
import { type DirectController, directStream } from "./direct-stream.ts";
import { inSlices } from "./in-slices.ts";
import { addUnread, hasRoomFor, type Reader } from "./unread.ts";

const heartbeat = encodeSseComment("");

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #onClosed: (stream: EventStream) => void;
  readonly #reader: Reader;
  /** Undefined until the response has begun, and after the end of the connection. */
  #controller: DirectController | undefined;
  #isClosed = false;
  /** The client reads more slowly than it is told. */
  #isBlocked = false;
  /** Events behind what the socket has not taken. */
  #waiting: Uint8Array[] | undefined;
  /** Of these, and of the event that the socket is taking. */
  #waitingBytes = 0;
  #beatsUnbegun = 0;

  /** @param onClosed called once, whether the client went away or the stream was closed here */
  constructor(reader: Reader, onClosed: (stream: EventStream) => void) {
    this.#reader = reader;
    this.#onClosed = onClosed;
    this.body = directStream({
      pull: (controller) => this.#begun(controller),
      cancel: () => this.#gone(),
    });
    openStreams.add(this);
  }

  get isOpen(): boolean {
    return !this.#isClosed;
  }

  /** An event that is sent now is not looked at any more when `send` returns: what the socket does not take, Bun copies. */
  get writesAtOnce(): boolean {
    return this.#controller !== undefined && !this.#isBlocked;
  }

  /** @returns false when the event was dropped or the stream is closed */
  send(event: Uint8Array, droppable: boolean): boolean {
    if (this.#isClosed) return false;
    if (this.#controller !== undefined && !this.#isBlocked) {
      this.#write(this.#controller, event);
      return true;
    }
    const roomBytes = limits.outboxBytesMax - this.#waitingBytes;
    if (droppable && roomBytes < event.byteLength) return false;
    // A large reply may overshoot once; a reader that leaves that unread as well is closed.
    if (roomBytes <= 0 && !this.#mayOvershoot(event.byteLength - roomBytes)) {
      this.#dropWaiting();
      this.close();
      return false;
    }
    this.#waiting ??= [];
    this.#waiting.push(event);
    this.#hold(event.byteLength);
    return true;
  }

  /** What waits is still sent, as far as the client reads it. */
  close(): void {
    this.#closed();
    // One that has not begun is ended when it does.
    if (!this.#isBlocked) this.#end();
  }

  /** Keeps the connection alive. A response that never began has nobody behind it. */
  beat(): void {
    if (this.#controller !== undefined || this.#isClosed) this.send(heartbeat, true);
    else if (++this.#beatsUnbegun > 1) this.#closed();
  }

  #begun(controller: DirectController): void {
    this.#controller = controller;
    addUnread(this.#reader, this.#waitingBytes);
    if (this.#isClosed && this.#waitingBytes <= limits.unreadSmallBytes) return this.#endInOneWrite();
    // Headers leave with the first bytes: without any a client would not know that it is heard.
    if (this.#waiting === undefined && !this.#isClosed) this.send(heartbeat, true);
    this.#drain();
  }

  #endInOneWrite(): void {
    for (const event of this.#waiting ?? []) void this.#controller?.write(event);
    this.#dropWaiting();
    this.#end();
  }

  #mayOvershoot(bytes: number): boolean {
    return bytes <= limits.replyBytesMax && hasRoomFor(this.#reader, 0);
  }

  /** Bytes that wait, or below zero: that do no more. Before the response has begun they are not counted as unread. */
  #hold(bytes: number): void {
    this.#waitingBytes += bytes;
    if (this.#controller !== undefined) addUnread(this.#reader, bytes);
  }

  #dropWaiting(): void {
    for (const event of this.#waiting ?? []) this.#hold(-event.byteLength);
    this.#waiting = undefined;
  }

  #write(controller: DirectController, event: Uint8Array): void {
    const taken = controller.write(event);
    controller.flush();
    if (typeof taken === "number") return;
    this.#isBlocked = true;
    this.#hold(event.byteLength);
    const goOn = (): void => {
      this.#hold(-event.byteLength);
      this.#isBlocked = false;
      this.#drain();
    };
    // That a client went away meanwhile is told by `cancel`.
    taken.then(goOn, () => undefined);
  }

  #drain(): void {
    while (this.#controller !== undefined && !this.#isBlocked) {
      const event = this.#waiting?.shift();
      if (event === undefined) {
        this.#waiting = undefined;
        if (this.#isClosed) this.#end();
        return;
      }
      this.#hold(-event.byteLength);
      this.#write(this.#controller, event);
    }
  }

  /** Bun says nothing more of what was written before, so everything must have been taken. */
  #end(): void {
    const controller = this.#controller;
    this.#controller = undefined;
    controller?.end();
  }

  /** The client went away. */
  #gone(): void {
    this.#hold(-this.#waitingBytes);
    this.#waiting = undefined;
    this.#controller = undefined;
    this.#closed();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    openStreams.delete(this);
    this.#onClosed(this);
  }
}

const openStreams = new Set<EventStream>();

/** Keeps every open stream alive; called by one timer for all of them. */
export function beatStreams(): void {
  inSlices(openStreams, (stream) => stream.beat());
}

export function openStreamCount(): number {
  return openStreams.size;
}

export const eventStreamHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;
