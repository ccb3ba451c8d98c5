/** A TCP connection to a target on this machine, written to in whole and read in chunks. */
import type { Socket } from "bun";

export interface SocketReader {
  push(chunk: Buffer): void;
  closed(error: Error): void;
}

export class LoadSocket {
  #socket: Socket<undefined> | undefined;
  #pending: Buffer | undefined;

  static async open(port: number, reader: SocketReader): Promise<LoadSocket> {
    const made = new LoadSocket();
    made.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_socket, chunk) => reader.push(chunk),
        drain: () => made.#drain(),
        close: () => reader.closed(new Error("the connection was closed")),
        error: (_socket, error) => reader.closed(error),
      },
    });
    return made;
  }

  /** One message at a time: the answer to the last one has come. */
  write(bytes: string): void {
    this.#pending = Buffer.from(bytes);
    this.#drain();
  }

  close(): void {
    this.#socket?.end();
  }

  #drain(): void {
    if (this.#pending === undefined) return;
    const taken = this.#socket?.write(this.#pending) ?? 0;
    this.#pending = taken >= this.#pending.length ? undefined : this.#pending.subarray(Math.max(taken, 0));
  }
}
