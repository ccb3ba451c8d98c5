/** Memory for messages, and copying into it, in the ways that cost least. */
const heapArrayBytesMax = 1_000;

/** Not filled with zeros where that would cost something: whoever asks for it writes all of it. */
export function allocate(length: number): Uint8Array {
  // Small arrays live on the heap of the engine.
  return length > heapArrayBytesMax ? Buffer.allocUnsafeSlow(length) : new Uint8Array(length);
}

/** `from[start..end)` to `to[at]`, without a view of the part: making one of a small array costs more than the copy. */
export function copyBytes(from: Uint8Array, to: Uint8Array, at: number, start: number, end: number): void {
  Buffer.prototype.copy.call(from, to, at, start, end);
}
