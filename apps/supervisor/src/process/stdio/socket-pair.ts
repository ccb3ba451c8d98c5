/**
 * Connected pairs of sockets from the system itself: one end becomes a child's stdin or stdout, the other is read
 * and written by the event loop directly. Bun's own pipes cost a stream of promises and three system calls more for
 * each message, which was half of what a call cost the supervisor.
 */
import { closeSync } from "node:fs";

export interface SocketPair {
  readonly ours: number;
  readonly childs: number;
}

type MakePair = () => SocketPair | undefined;

/** The C library of glibc and of musl; the first that loads is used. */
const libraries = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];
const unixDomain = 1;
/** A stream that other programs we start do not inherit (Linux: SOCK_STREAM | SOCK_CLOEXEC). */
const streamCloseOnExec = 1 | 0o2000000;

let makePair: MakePair | undefined | "unknown" = "unknown";

/** @returns undefined where the system has no such pairs for us (not Linux) or gives none (out of descriptors) */
export function openSocketPair(): SocketPair | undefined {
  if (makePair === "unknown") makePair = process.platform === "linux" ? loadMakePair() : undefined;
  return makePair?.();
}

export function closeDescriptor(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // It is closed already, which is what was wanted.
  }
}

function loadMakePair(): MakePair | undefined {
  // Loaded here and not at the top: other systems have no use for it.
  const { dlopen, ptr } = require("bun:ffi") as typeof import("bun:ffi");
  for (const library of libraries) {
    try {
      const { symbols } = dlopen(library, {
        socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
      });
      return () => {
        const descriptors = new Int32Array(2);
        if (symbols.socketpair(unixDomain, streamCloseOnExec, 0, ptr(descriptors)) !== 0) return undefined;
        const [ours, childs] = descriptors;
        return ours === undefined || childs === undefined ? undefined : { ours, childs };
      };
    } catch {
      // Not this library; Bun's pipes serve as well, only slower.
    }
  }
  return undefined;
}
