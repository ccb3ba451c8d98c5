/** The few functions of Linux's C library that Bun has no name for. Loaded when the first of a group is called. */
import type { FFIFunction } from "bun:ffi";

/** The C library of glibc and of musl; the first that loads is used. */
const libraries = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

export interface SocketCalls {
  /** @returns 0, and the two descriptors in `descriptors` */
  socketpair(domain: number, type: number, protocol: number, descriptors: Int32Array): number;
  /** @returns 0 when the option was set */
  setsockopt(descriptor: number, level: number, option: number, value: Int32Array): number;
}

export interface MemoryCalls {
  /** @returns a descriptor; negative when there is none */
  memfdCreate(name: string, flags: number): number;
  /** @returns 0 when the advice was taken */
  madvise(memory: Uint8Array, advice: number): number;
}

/** @returns undefined where there are none that we know: other systems, or a library that does not load */
export const socketCalls = once((): SocketCalls | undefined => {
  const found = load({
    socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  });
  if (found === undefined) return undefined;
  const { symbols, ptr } = found;
  return {
    socketpair: (domain, type, protocol, descriptors) =>
      symbols.socketpair(domain, type, protocol, ptr(descriptors)),
    setsockopt: (descriptor, level, option, value) =>
      symbols.setsockopt(descriptor, level, option, ptr(value), value.byteLength),
  };
});

/** A group of its own, since an older library has none of these. */
export const memoryCalls = once((): MemoryCalls | undefined => {
  const found = load({
    memfd_create: { args: ["ptr", "u32"], returns: "i32" },
    madvise: { args: ["ptr", "u64", "i32"], returns: "i32" },
  });
  if (found === undefined) return undefined;
  const { symbols, ptr } = found;
  return {
    memfdCreate: (name, flags) => symbols.memfd_create(ptr(Buffer.from(`${name}\0`)), flags),
    madvise: (memory, advice) => symbols.madvise(ptr(memory), memory.byteLength, advice),
  };
});

function load<Fns extends Record<string, FFIFunction>>(functions: Fns) {
  if (process.platform !== "linux") return undefined;
  // Not at the top: most of what imports this never needs it.
  const { dlopen, ptr } = require("bun:ffi") as typeof import("bun:ffi");
  for (const library of libraries) {
    try {
      const { symbols } = dlopen(library, functions);
      return { symbols, ptr };
    } catch {
      // Not this library. What is done with it can be done without, only slower.
    }
  }
  return undefined;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
