/**
 * Connected pairs of sockets from the system itself: one end becomes a child's stdin or stdout, the other is read
 * and written by the event loop directly. Bun's own pipes cost a stream of promises and three system calls more for
 * each message, which was half of what a call cost the supervisor.
 */
import { closeSync } from "node:fs";
import { socketCalls } from "../../system/libc.ts";

export interface SocketPair {
  readonly ours: number;
  readonly childs: number;
}

const unixDomain = 1;
/** A stream that other programs we start do not inherit (Linux: SOCK_STREAM | SOCK_CLOEXEC). */
const streamCloseOnExec = 1 | 0o2000000;

/** @returns undefined where the system has no such pairs for us (not Linux) or gives none (out of descriptors) */
export function openSocketPair(): SocketPair | undefined {
  const descriptors = new Int32Array(2);
  if (socketCalls()?.socketpair(unixDomain, streamCloseOnExec, 0, descriptors) !== 0) return undefined;
  const [ours, childs] = descriptors;
  return ours === undefined || childs === undefined ? undefined : { ours, childs };
}

export function closeDescriptor(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // It is closed already, which is what was wanted.
  }
}
