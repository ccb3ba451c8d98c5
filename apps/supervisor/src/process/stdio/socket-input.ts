/** Our end of a child's stdin, where it is a socket: as much as the kernel takes at once, the rest as it drains. */
import type { Socket } from "bun";
import type { InputSink } from "../stdin-queue.ts";
import { connectDescriptor } from "./connect-descriptor.ts";

export class SocketInput implements InputSink {
  #socket: Socket<undefined> | undefined;
  #rest:
    | { bytes: Uint8Array; readonly taken: () => void; readonly failed: (cause: Error) => void }
    | undefined;
  #isClosed = false;
  #endAsked = false;

  constructor(descriptor: number) {
    connectDescriptor(descriptor, {
      open: (socket) => {
        this.#socket = socket;
        this.#drain();
        if (this.#endAsked) socket.end();
      },
      drain: () => this.#drain(),
      // A child says nothing on its stdin.
      data: () => undefined,
      closed: () => this.#closed(),
    });
  }

  write(bytes: Uint8Array): number | Promise<number> | boolean {
    if (this.#isClosed) return true;
    const taken = this.#socket?.write(bytes) ?? 0;
    if (taken === bytes.length) return taken;
    if (taken < 0) return true;
    return new Promise((resolve, reject) => {
      this.#rest = { bytes: bytes.subarray(taken), taken: () => resolve(bytes.length), failed: reject };
    });
  }

  end(): boolean {
    this.#endAsked = true;
    this.#socket?.end();
    return true;
  }

  #drain(): void {
    const rest = this.#rest;
    if (rest === undefined || this.#socket === undefined) return;
    const taken = this.#socket.write(rest.bytes);
    if (taken < 0) return this.#closed();
    rest.bytes = rest.bytes.subarray(taken);
    if (rest.bytes.length > 0) return;
    this.#rest = undefined;
    rest.taken();
  }

  #closed(): void {
    this.#isClosed = true;
    const rest = this.#rest;
    this.#rest = undefined;
    rest?.failed(new Error("The program has closed its input."));
  }
}
