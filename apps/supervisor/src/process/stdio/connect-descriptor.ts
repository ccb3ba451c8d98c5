/** Hands a connected socket, known by its descriptor, to Bun's event loop. */
import type { Socket } from "bun";
import { closeDescriptor } from "./socket-pair.ts";

export interface DescriptorEvents {
  open(socket: Socket<undefined>): void;
  data(chunk: Uint8Array): void;
  drain(): void;
  /** Once, whatever ended it; no other event comes after it. */
  closed(): void;
}

/** What `Bun.connect` takes; the descriptor is what `node:net` is built on, and Bun's types leave it out. */
type Connect = (options: {
  readonly fd: number;
  readonly socket: Bun.SocketHandler<undefined>;
}) => Promise<Socket<undefined>>;

export function connectDescriptor(descriptor: number, events: DescriptorEvents): void {
  let isOver = false;
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    events.closed();
  };
  const connect = Bun.connect as unknown as Connect;
  connect({
    fd: descriptor,
    socket: {
      open: (socket) => events.open(socket),
      data: (_socket, chunk) => {
        if (!isOver) events.data(chunk);
      },
      drain: () => events.drain(),
      end: over,
      close: over,
      error: over,
    },
  }).catch(() => {
    closeDescriptor(descriptor);
    over();
  });
}
