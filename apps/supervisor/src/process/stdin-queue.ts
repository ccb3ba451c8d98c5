/**
 * The way into a child's stdin, with an exact count of what the child has not taken yet.
 *
 * Bun's FileSink accepts any amount and tells only when all of it is through, so one piece at a time is
 * given to it and the rest waits here. Small messages of one turn of the event loop go out together.
 */
import { limits } from "@mcp-gateway/kit";

/** What is needed of `Bun.FileSink`. */
export interface InputSink {
  /**
   * A number when the kernel took it at once, a promise that settles when it has, and anything else (Bun
   * says `true`) when the child is gone.
   */
  write(bytes: Uint8Array): number | Promise<number> | boolean;
  end(): number | Promise<number> | boolean;
}

export class StdinQueue {
  readonly #sink: InputSink;
  #queue: Uint8Array[] = [];
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

  write(bytes: Uint8Array): void {
    if (this.#state === "closed" || this.#endAsked || bytes.length === 0) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#state !== "idle") return;
    this.#state = "scheduled";
    queueMicrotask(() => this.#pump());
  }

  /** Closes the pipe once everything is through. */
  end(): void {
    this.#endAsked = true;
    if (this.#state === "idle") this.#close();
  }

  #pump(): void {
    if (this.#state === "closed") return;
    while (this.#queue.length > 0) {
      const piece = this.#nextPiece();
      const written = this.#write(piece);
      if (typeof written === "boolean") return this.#close();
      if (typeof written !== "number") {
        this.#state = "waiting";
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

  /** The head of the queue: small messages joined, a large one cut. */
  #nextPiece(): Uint8Array {
    const pieceBytes = limits.backendInputPieceBytes;
    const first = this.#queue[0] ?? new Uint8Array();
    if (first.length > pieceBytes) {
      this.#queue[0] = first.subarray(pieceBytes);
      return first.subarray(0, pieceBytes);
    }
    let count = 0;
    let bytes = 0;
    for (const message of this.#queue) {
      if (bytes + message.length > pieceBytes) break;
      bytes += message.length;
      count += 1;
    }
    const messages = this.#queue.splice(0, count);
    return count === 1 ? first : Buffer.concat(messages, bytes);
  }

  #close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#queue = [];
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
