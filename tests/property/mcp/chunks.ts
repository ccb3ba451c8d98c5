/** Cuts bytes into pieces of the given sizes, each with its own memory, as a socket delivers them. */
export function* chunksOf(bytes: Uint8Array, sizes: Iterable<number>): Generator<Uint8Array> {
  let start = 0;
  for (const size of sizes) {
    if (start >= bytes.length) return;
    yield Uint8Array.from(bytes.subarray(start, start + size));
    start += size;
  }
}
