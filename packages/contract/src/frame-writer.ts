import { limits } from "@mcp-gateway/kit";
import {
  encodeFrameHeader,
  type FrameFields,
  FrameFlag,
  FrameKind,
  frameHeaderBytes,
  ringPlaceBytes,
  writeU32,
} from "./frame.ts";
import type { RingWriter } from "./ring.ts";

/** What a frame writer needs of a socket: Bun's `socket.write` takes a part and says how much. */
export interface ByteSink {
  /** @returns bytes taken; fewer than given when the kernel's buffer is full; negative when closed */
  write(bytes: Uint8Array): number;
}

const smallPayloadBytes = 16 * 1024;
const gatherBytes = 256 * 1024;
const probeEvery = 16;
/**
 * More than this goes out before the turn is over: the other process begins with the first frames while this one
 * still reads the last. About sixteen calls of an ordinary size.
 */
const burstBytes = 2 * 1024;

/**
 * Writes frames to a socket. Frames written in one turn of the event loop go out together; what the
 * socket does not take waits here, bounded, and goes on at `drained()`.
 */
export class FrameWriter {
  readonly #sink: ByteSink;
  /** Small frames of this turn, gathered into one piece. */
  #gather = new Uint8Array(gatherBytes);
  #gathered = 0;
  #queue: Uint8Array[] = [];
  #queueHead = 0;
  #queuedBytes = 0;
  /** Where this turn of the event loop is: nothing written, about to be flushed, gathering until its end. */
  #turn: "idle" | "soon" | "gathering" = "idle";
  #bursts = 0;
  /** The last turn that gathered had something to gather. */
  #isBusy = false;
  #blocked = false;
  #closed = false;
  #ring: RingWriter | undefined;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** From now on large replies go through it, as long as there is place. */
  useRing(ring: RingWriter): void {
    this.#ring = ring;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Bytes accepted here and not yet taken by the socket. */
  get queuedBytes(): number {
    return this.#queuedBytes + this.#gathered;
  }

  /** Above this a sender should pause what feeds the link. */
  get isAboveHighWater(): boolean {
    return this.queuedBytes > limits.linkQueueBytesHigh;
  }

  /** @returns false when the bound is reached or the connection is closed: the frame was not taken */
  write(given: FrameFields): boolean {
    const frame = given.payload.length < limits.ringPayloadBytesMin ? given : this.#throughRing(given);
    const { length } = frame.payload;
    if (this.#closed || this.queuedBytes + length > limits.linkQueueBytesMax) return false;
    if (length > smallPayloadBytes) {
      this.#endGather();
      this.#enqueue(encodeFrameHeader(frame));
      this.#enqueue(frame.payload);
    } else {
      if (this.#gathered + frameHeaderBytes + length > gatherBytes) this.#endGather();
      encodeFrameHeader(frame, this.#gather, this.#gathered);
      this.#gather.set(frame.payload, this.#gathered + frameHeaderBytes);
      this.#gathered += frameHeaderBytes + length;
    }
    if (this.#turn === "gathering" && this.queuedBytes > burstBytes) this.#flush();
    else this.#scheduleFlush();
    return true;
  }

  /** What is put into the ring must be told: without room for that, it is not. */
  #throughRing(frame: FrameFields): FrameFields {
    const isTold = !this.#closed && this.queuedBytes + ringPlaceBytes <= limits.linkQueueBytesMax;
    if (!isTold || frame.kind !== FrameKind.reply) return frame;
    const start = this.#ring?.put(frame.payload);
    if (start === undefined) return frame;
    const place = new Uint8Array(ringPlaceBytes);
    writeU32(place, 0, start);
    writeU32(place, 4, frame.payload.length);
    return { ...frame, flags: (frame.flags ?? 0) | FrameFlag.inRing, payload: place };
  }

  /**
   * Alone, a frame goes out at once. Among many it waits for the end of this turn of the event loop, so that
   * the frames of all requests that became readable together are one write; now and then it is tried which
   * of the two it is.
   */
  #scheduleFlush(): void {
    if (this.#turn !== "idle") return;
    this.#turn = "soon";
    queueMicrotask(() => {
      this.#flush();
      this.#bursts += 1;
      if (!this.#isBusy && this.#bursts % probeEvery !== 0) {
        this.#turn = "idle";
        return;
      }
      this.#turn = "gathering";
      setImmediate(() => {
        this.#turn = "idle";
        this.#isBusy = this.queuedBytes > 0;
        this.#flush();
      });
    });
  }

  /** The socket takes bytes again. */
  drained(): void {
    this.#blocked = false;
    this.#flush();
  }

  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#queueHead = 0;
    this.#queuedBytes = 0;
    this.#gathered = 0;
  }

  #enqueue(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
  }

  /** Moves the gathered frames into the queue; the buffer is copied out, so it can be used again. */
  #endGather(): void {
    if (this.#gathered === 0) return;
    this.#enqueue(this.#gather.slice(0, this.#gathered));
    this.#gathered = 0;
  }

  #flush(): void {
    if (this.#closed || this.#blocked) return;
    if (this.#queueHead < this.#queue.length) this.#endGather();
    while (this.#queueHead < this.#queue.length) {
      const bytes = this.#queue[this.#queueHead];
      if (bytes === undefined) break;
      const taken = this.#sink.write(bytes);
      if (taken < 0) return this.close();
      this.#queuedBytes -= taken;
      if (taken < bytes.length) {
        this.#queue[this.#queueHead] = bytes.subarray(taken);
        this.#blocked = true;
        return;
      }
      this.#queueHead += 1;
    }
    this.#queue = [];
    this.#queueHead = 0;
    this.#writeGathered();
  }

  /** The common case: nothing waits, and the gathered frames go to the socket without a copy. */
  #writeGathered(): void {
    if (this.#gathered === 0) return;
    const taken = this.#sink.write(this.#gather.subarray(0, this.#gathered));
    if (taken < 0) return this.close();
    if (taken < this.#gathered) {
      this.#enqueue(this.#gather.slice(taken, this.#gathered));
      this.#blocked = true;
    }
    this.#gathered = 0;
  }
}
