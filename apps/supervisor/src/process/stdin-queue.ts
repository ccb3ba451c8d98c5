/**
 * The way into a child's stdin, with an exact count of what the child has not taken yet.
 *
 * A sink accepts any amount and tells only when all of it is through, so one piece at a time is given to it and
 * the rest waits here. Small messages of one turn of the event loop are gathered and go out together.
 */
import { limits } from "@mcp-gateway/kit";

/** What is needed of `Bun.FileSink` and of a socket. */
export interface InputSink {
  /**
   * A number when the kernel took it at once, and the bytes are the caller's again; a promise that settles when it
   * has; and anything else (Bun says `true`) when the child is gone.
   */
  write(bytes: Uint8Array): number | Promise<number> | boolean;
  end(): number | Promise<number> | boolean;
}

/** Beyond this a message is not worth a copy, and waits as it is. */
const gatheredBytesMax = 16 * 1024;
/** More than this goes out before the turn is over, so that the child begins while we still read. */
const gatheredBytesHigh = 4 * 1024;

export class StdinQueue {
  readonly #sink: InputSink;
  /** What waits before that which is being gathered. */
  #queue: Uint8Array[] = [];
  #gather: Uint8Array | undefined;
  #gathered = 0;
  #queuedBytes = 0;
  #state: "idle" | "scheduled" | "waiting" | "closed" = "idle";
  #endAsked = false;

  constructor(sink: InputSink) {
    this.#sink = sink;
  }

  /** Bytes handed in that the child's pipe has not taken. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** False once the child has closed its end, or this end was closed. */
  get isOpen(): boolean {
    return this.#state !== "closed";
  }

  /** The bytes must not change any more. */
  write(bytes: Uint8Array): void {
    if (this.#state === "closed" || this.#endAsked || bytes.length === 0) return;
    this.#queuedBytes += bytes.length;
    if (bytes.length > gatheredBytesMax) {
      this.#endGather();
      this.#queue.push(bytes);
    } else {
      if (this.#gathered + bytes.length > gatheredBytesMax) this.#endGather();
      this.#gather ??= new Uint8Array(gatheredBytesMax);
      this.#gather.set(bytes, this.#gathered);
      this.#gathered += bytes.length;
    }
    if (this.#state === "idle") {
      this.#state = "scheduled";
      queueMicrotask(() => {
        if (this.#state === "scheduled") this.#pump();
      });
    } else if (this.#state === "scheduled" && this.#gathered > gatheredBytesHigh) this.#pump();
  }

  /** Closes the pipe once everything is through. */
  end(): void {
    this.#endAsked = true;
    if (this.#state === "idle") this.#close();
  }

  #pump(): void {
    if (this.#state === "closed") return;
    while (this.#queuedBytes > 0) {
      const piece = this.#nextPiece();
      const written = this.#write(piece);
      if (typeof written === "boolean") return this.#close();
      if (typeof written !== "number") {
        this.#state = "waiting";
        // The sink still reads from it.
        if (piece.buffer === this.#gather?.buffer) this.#gather = undefined;
        written.then(
          () => {
            this.#queuedBytes -= piece.length;
            this.#pump();
          },
          () => this.#close(), // The child closed its stdin or ended; its exit and its output tell the rest.
        );
        return;
      }
      this.#queuedBytes -= piece.length;
    }
    this.#state = "idle";
    if (this.#endAsked) this.#close();
  }

  #write(piece: Uint8Array): number | Promise<number> | boolean {
    try {
      return this.#sink.write(piece);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The head of what waits, a large one cut. */
  #nextPiece(): Uint8Array {
    const pieceBytes = limits.backendInputPieceBytes;
    const first = this.#queue[0];
    if (first === undefined) {
      const gathered = this.#gather?.subarray(0, this.#gathered) ?? nothing;
      this.#gathered = 0;
      return gathered;
    }
    if (first.length <= pieceBytes) {
      this.#queue.shift();
      return first;
    }
    this.#queue[0] = first.subarray(pieceBytes);
    return first.subarray(0, pieceBytes);
  }

  /** What was gathered waits as one piece; what comes behind it is gathered anew. */
  #endGather(): void {
    if (this.#gather === undefined || this.#gathered === 0) return;
    this.#queue.push(this.#gather.subarray(0, this.#gathered));
    this.#gather = undefined;
    this.#gathered = 0;
  }

  #close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#queue = [];
    this.#gather = undefined;
    this.#gathered = 0;
    this.#queuedBytes = 0;
    try {
      const ended = this.#sink.end();
      // A pipe that is broken already is as good as closed.
      if (typeof ended === "object") ended.catch(() => undefined);
    } catch {
      // The same, said at once.
    }
  }
}

const nothing = new Uint8Array();
