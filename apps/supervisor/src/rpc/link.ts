/** One gateway: its control connection, its data connection, and the backends that wait for it to read. */
import type { FrameFields, Peer } from "@mcp-gateway/contract";
import { type Log, limits } from "@mcp-gateway/kit";
import { LinkRing } from "./link-ring.ts";

export class Link {
  /** 1 to 65535. */
  readonly number: number;
  readonly control: Peer;
  #data: Peer | undefined;
  /** Of the data connection; null when there can be none. */
  #ring: LinkRing | undefined | null;

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
    this.#dropRing();
    previous?.close();
  }

  /** @returns false when this is not the data connection in use */
  detachData(peer: Peer): boolean {
    if (this.#data !== peer) return false;
    this.#data = undefined;
    this.#dropRing();
    return true;
  }

  /**
   * A gateway that reads too little for too long must not hold the others' memory: when the frame does not
   * fit, the data connection is closed, which fails its calls.
   */
  send(frame: FrameFields): void {
    const peer = this.#data;
    if (peer === undefined) return;
    if (this.#ring === undefined && frame.payload.length >= limits.ringPayloadBytesMin)
      this.#ring = LinkRing.offer(peer) ?? null;
    if (!peer.send(frame)) peer.close();
  }

  /** @returns false when nothing was offered */
  ringAnswered(reason: string, log: Log): boolean {
    this.#ring?.answered(reason, log);
    return this.#ring instanceof LinkRing;
  }

  /** Called now and then. */
  tick(): void {
    this.#ring?.tick();
  }

  get isAboveHighWater(): boolean {
    return this.#data?.isAboveHighWater ?? false;
  }

  close(): void {
    this.#data?.close();
    this.control.close();
  }

  #dropRing(): void {
    this.#ring?.close();
    this.#ring = undefined;
  }
}
