/** The few functions of Linux's C library that Bun has no name for. Loaded when the first of them is called. */

/** The C library of glibc and of musl; the first that loads is used. */
const libraries = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

export interface Libc {
  /** @returns 0, and the two descriptors in `descriptors` */
  socketpair(domain: number, type: number, protocol: number, descriptors: Int32Array): number;
  /** @returns 0 when the option was set */
  setsockopt(descriptor: number, level: number, option: number, value: Int32Array): number;
}

let loaded: Libc | undefined | "not yet" = "not yet";

/** @returns undefined where there is none that we know: other systems, or a library that does not load */
export function libc(): Libc | undefined {
  if (loaded === "not yet") loaded = process.platform === "linux" ? load() : undefined;
  return loaded;
}

function load(): Libc | undefined {
  // Not at the top: most of what imports this never needs it.
  const { dlopen, ptr } = require("bun:ffi") as typeof import("bun:ffi");
  for (const library of libraries) {
    try {
      const { symbols } = dlopen(library, {
        socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
        setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
      });
      return {
        socketpair: (domain, type, protocol, descriptors) =>
          symbols.socketpair(domain, type, protocol, ptr(descriptors)),
        setsockopt: (descriptor, level, option, value) =>
          symbols.setsockopt(descriptor, level, option, ptr(value), value.byteLength),
      };
    } catch {
      // Not this library. What is done with it can be done without, only slower.
    }
  }
  return undefined;
}
