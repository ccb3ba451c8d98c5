/** One end of one connection of the link: frames in, frames out. */
import type { Socket } from "bun";
import type { FromSupervisor, ToSupervisor } from "./control.ts";
import { writeControl } from "./control.ts";
import { type Frame, type FrameFields, FrameKind } from "./frame.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { FrameWriter } from "./frame-writer.ts";
import type { RingReader, RingWriter } from "./ring.ts";

export interface PeerEvents {
  onFrame(peer: Peer, frame: Frame): void;
  /** Called once, whatever closed it. */
  onClose(peer: Peer): void;
  /** The queue has fallen from above the high-water mark to below it. */
  onDrain(peer: Peer): void;
}

export class Peer {
  readonly #events: PeerEvents;
  readonly #socket: Socket<PeerData>;
  readonly #writer: FrameWriter;
  readonly #decoder: FrameDecoder;
  #closed = false;
  #wasAboveHighWater = false;

  constructor(socket: Socket<PeerData>, events: PeerEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#writer = new FrameWriter({ write: (bytes) => socket.write(bytes) });
    this.#decoder = new FrameDecoder((frame) => {
      if (!this.#closed) events.onFrame(this, frame);
    });
  }

  /** A write can find that the other end is gone before the socket says so. */
  get isClosed(): boolean {
    return this.#closed || this.#writer.isClosed;
  }

  get isAboveHighWater(): boolean {
    return this.#writer.isAboveHighWater;
  }

  /** @returns false when the frame was not taken: the connection is closed or its queue is full */
  send(frame: FrameFields): boolean {
    const sent = this.#writer.write(frame);
    if (this.#writer.isAboveHighWater) this.#wasAboveHighWater = true;
    return sent;
  }

  sendControl(message: ToSupervisor | FromSupervisor): boolean {
    return this.send({ kind: FrameKind.control, payload: writeControl(message) });
  }

  /** What the other end writes to. */
  readRing(ring: RingReader): void {
    this.#decoder.useRing(ring);
  }

  /** What the other end has said that it reads. */
  writeRing(ring: RingWriter): void {
    this.#writer.useRing(ring);
  }

  close(): void {
    if (this.#closed) return;
    this.#socket.end();
    this.closed();
  }

  /** Socket handlers call these. */
  received(chunk: Uint8Array): void {
    if (!this.#decoder.push(chunk)) this.close();
  }

  drained(): void {
    this.#writer.drained();
    if (this.#wasAboveHighWater && !this.#writer.isAboveHighWater) {
      this.#wasAboveHighWater = false;
      this.#events.onDrain(this);
    }
  }

  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer.close();
    this.#events.onClose(this);
  }
}

/** What hangs on a Bun socket; the same handlers serve both ends. */
export interface PeerData {
  peer: Peer | undefined;
}

/** Bun socket handlers that feed a Peer. `onOpen` makes the events for a fresh connection. */
export function peerSocketHandlers(onOpen: (socket: Socket<PeerData>) => PeerEvents) {
  return {
    open(socket: Socket<PeerData>): void {
      socket.data = { peer: new Peer(socket, onOpen(socket)) };
    },
    data(socket: Socket<PeerData>, chunk: Uint8Array): void {
      socket.data.peer?.received(chunk);
    },
    drain(socket: Socket<PeerData>): void {
      socket.data.peer?.drained();
    },
    close(socket: Socket<PeerData>): void {
      socket.data.peer?.closed();
    },
    error(socket: Socket<PeerData>): void {
      socket.data.peer?.close();
    },
  };
}
