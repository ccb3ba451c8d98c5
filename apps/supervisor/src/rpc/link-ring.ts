/** The ring of one data connection: offered with the first large reply, used when the gateway has mapped it. */
import {
  FrameKind,
  type Peer,
  RingWriter,
  ringHeadBytes,
  ringMarkBytes,
  ringMemoryName,
  writeRingOffer,
} from "@mcp-gateway/contract";
import { type Log, limits } from "@mcp-gateway/kit";
import { SharedMemory } from "../system/shared-memory.ts";

export class LinkRing {
  readonly #peer: Peer;
  readonly #memory: SharedMemory;
  readonly #writer: RingWriter;
  /** Payloads that had been written at the last look, and those when memory was last given back. */
  #seen = 0;
  #givenBack = 0;

  private constructor(peer: Peer, memory: SharedMemory, descriptor: number) {
    this.#peer = peer;
    this.#memory = memory;
    const mark = crypto.getRandomValues(Buffer.alloc(ringMarkBytes));
    this.#writer = new RingWriter(memory.bytes, mark);
    const offer = { pid: process.pid, descriptor, mark: mark.toString("base64") };
    peer.send({ kind: FrameKind.ring, payload: writeRingOffer(offer) });
  }

  /** @returns undefined where there is no such memory; everything goes through the socket then */
  static offer(peer: Peer): LinkRing | undefined {
    const memory = SharedMemory.create(ringMemoryName, limits.ringBytes);
    return memory?.descriptor === undefined ? undefined : new LinkRing(peer, memory, memory.descriptor);
  }

  /** @param reason why the gateway can't use it; empty when it does */
  answered(reason: string, log: Log): void {
    this.#memory.closeDescriptor();
    if (reason === "") this.#peer.writeRing(this.#writer);
    else log.info("large replies go through the socket", { reason });
  }

  /** Called now and then: what has not been used since is given back to the system. */
  tick(): void {
    const { written, isEmpty } = this.#writer;
    if (written === this.#seen && written !== this.#givenBack && isEmpty) {
      this.#memory.giveBack(ringHeadBytes);
      this.#givenBack = written;
    }
    this.#seen = written;
  }

  /**
   * The connection is over. What it still carries may point into the memory, which therefore stays as it is until
   * nobody here or there has it.
   */
  close(): void {
    this.#memory.closeDescriptor();
  }
}
