/** From a program's bytes to text: what is not UTF-8 becomes U+FFFD, and no cut goes through a character. */

/** A byte order mark is part of what the program wrote, and stays. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** A UTF-8 character has at most this many bytes after its first. */
const continuationBytesMax = 3;

/** The bytes without a character at their end that lacks its rest. */
export function withoutTrailingPartialCharacter(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(continuationBytesMax, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    return characterLength(byte) > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

/** The bytes without the rest of a character whose beginning is missing. */
export function withoutLeadingPartialCharacter(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < continuationBytesMax && isContinuation(bytes[start] ?? 0)) start += 1;
  return bytes.subarray(start);
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function characterLength(firstByte: number): number {
  if (firstByte >= 0xf0) return 4;
  if (firstByte >= 0xe0) return 3;
  return firstByte >= 0xc0 ? 2 : 1;
}
