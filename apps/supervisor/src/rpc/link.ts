/** One gateway: its control connection, its data connection, and the backends that wait for it to read. */
import type { FrameFields, Peer } from "@mcp-gateway/contract";

export class Link {
  /** 1 to 65535. */
  readonly number: number;
  readonly control: Peer;
  #data: Peer | undefined;

  constructor(number: number, control: Peer) {
    this.number = number;
    this.control = control;
  }

  get data(): Peer | undefined {
    return this.#data;
  }

  /** A second data connection takes the place of the first, which the gateway has given up. */
  attachData(peer: Peer): void {
    const previous = this.#data;
    this.#data = peer;
    previous?.close();
  }

  /** @returns false when this is not the data connection in use */
  detachData(peer: Peer): boolean {
    if (this.#data !== peer) return false;
    this.#data = undefined;
    return true;
  }

  /**
   * A gateway that reads too little for too long must not hold the others' memory: when the frame does not
   * fit, the data connection is closed, which fails its calls.
   */
  send(frame: FrameFields): void {
    const peer = this.#data;
    if (peer === undefined || peer.send(frame)) return;
    peer.close();
  }

  get isAboveHighWater(): boolean {
    return this.#data?.isAboveHighWater ?? false;
  }

  close(): void {
    this.#data?.close();
    this.control.close();
  }
}
