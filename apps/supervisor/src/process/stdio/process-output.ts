/** A child's stdout for whoever reads it: the same to the reader, whether it is one of Bun's pipes or a socket. */
import type { Socket } from "bun";
import { Gate } from "../../gate.ts";
import { connectDescriptor } from "./connect-descriptor.ts";
import { closeDescriptor } from "./socket-pair.ts";

export interface ProcessOutput {
  /** Begins to read; once. The chunks stay valid. Resolves when there is no more, and never rejects. */
  read(onChunk: (chunk: Uint8Array) => void): Promise<void>;
  /** Back-pressure; nothing is lost. */
  pause(): void;
  resume(): void;
  /** Nobody wants the rest. */
  cancel(): void;
}

export class PipeOutput implements ProcessOutput {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #gate = new Gate();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  async read(onChunk: (chunk: Uint8Array) => void): Promise<void> {
    for (;;) {
      if (this.#gate.shut !== undefined) await this.#gate.shut;
      // A pipe that breaks has ended; the program's exit tells why.
      const { done, value } = await this.#reader
        .read()
        .catch(() => ({ done: true, value: undefined }) as const);
      if (done || value === undefined) return;
      onChunk(value);
    }
  }

  pause(): void {
    this.#gate.pause();
  }

  resume(): void {
    this.#gate.resume();
  }

  cancel(): void {
    this.#gate.resume();
    this.#reader.cancel().catch(() => undefined); // A pipe that is broken needs no cancelling.
  }
}

export class SocketOutput implements ProcessOutput {
  readonly #descriptor: number;
  #socket: Socket<undefined> | undefined;
  #state: "unread" | "reading" | "over" = "unread";
  #isPaused = false;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  read(onChunk: (chunk: Uint8Array) => void): Promise<void> {
    if (this.#state !== "unread") return Promise.resolve();
    this.#state = "reading";
    return new Promise((resolve) => {
      connectDescriptor(this.#descriptor, {
        open: (socket) => {
          this.#socket = socket;
          if (this.#isPaused) socket.pause();
          if (this.#state === "over") socket.terminate();
        },
        data: onChunk,
        drain: () => undefined,
        closed: () => {
          this.#state = "over";
          resolve();
        },
      });
    });
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket?.resume();
  }

  cancel(): void {
    if (this.#state === "unread") closeDescriptor(this.#descriptor);
    this.#state = "over";
    this.#socket?.terminate();
  }
}

/** Of a program that has none for us. */
export const noOutput: ProcessOutput = {
  read: () => Promise.resolve(),
  pause: () => undefined,
  resume: () => undefined,
  cancel: () => undefined,
};
