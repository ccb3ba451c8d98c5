/**
 * Where a JSON string ends, found in its bytes: each byte is checked, none is decoded.
 *
 * Most strings are short and end before anything but a plain loop would pay. Longer ones are read as words of four
 * bytes of the same memory, and megabytes without an escape with the engine's own searches.
 */
import { Byte } from "./json-bytes.ts";

/** Making words costs as much as reading some hundred bytes without them. */
const wordsBytesMin = 1_024;
/** Strings up to this long are read byte by byte in any case. */
export const shortStringBytes = 16;
/** Where one escape stands the next is often near, and is found sooner byte by byte. */
const behindEscapeBytes = 8;
/** So many words without an escape promise more of it, and pay for the searches. */
const plainWordsMin = 256;

/** The memory of a long message as words, the first of which may begin before it. */
export function wordsOf(bytes: Uint8Array): Int32Array | undefined {
  if (bytes.length < wordsBytesMin) return undefined;
  const skew = bytes.byteOffset & 3;
  return new Int32Array(bytes.buffer, bytes.byteOffset - skew, (bytes.length + skew) >> 2);
}

/** What may stand behind a backslash by itself. */
const isEscaped = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt')) isEscaped[byte] = 1;

const isHexDigit = new Uint8Array(256);
for (const byte of Buffer.from("0123456789abcdefABCDEF")) isHexDigit[byte] = 1;

/** The position behind the string whose opening quote is at `at`; -1 if it is not a well-formed string. */
export function skipString(bytes: Uint8Array, at: number, words = wordsOf(bytes)): number {
  const end = bytes.length;
  const wordsAt = words === undefined ? end : Math.min(at + 1 + shortStringBytes, end);
  let position = at + 1;
  while (position < wordsAt) {
    const byte = bytes[position] ?? 0;
    if (byte === Byte.quote) return position + 1;
    if (byte < Byte.space) return -1;
    if (byte !== Byte.backslash) position += 1;
    else if (isEscaped[bytes[position + 1] ?? 0] === 1) position += 2;
    else if (isUnicodeEscape(bytes, position)) position += 6;
    else return -1;
  }
  return words === undefined ? -1 : skipLongString(bytes, position, words);
}

/** The same from any place within the string, but not within an escape. */
export function skipLongString(bytes: Uint8Array, at: number, words: Int32Array): number {
  let position = at;
  /** The next one, escaped or not; found once for all searches up to it, so that the whole stays linear. */
  let quoteAt = -1;
  for (;;) {
    const reached = skipMixed(bytes, position, words);
    if (reached >= -1) return reached;
    position = ~reached;
    if (quoteAt < position) quoteAt = bytes.indexOf(Byte.quote, position);
    if (quoteAt < 0) return -1;
    position = skipPlain(bytes, position, quoteAt);
  }
}

/**
 * Word by word through what needs no attention, byte by byte through the others.
 * @returns the position behind the string, or -1, or below that the complement of a position behind much plain text
 */
function skipMixed(bytes: Uint8Array, at: number, words: Int32Array): number {
  const end = bytes.length;
  const skew = bytes.byteOffset & 3;
  const count = words.length;
  let position = at;
  let wordAt = ((position + skew + 3) & ~3) - skew;
  for (;;) {
    while (position < wordAt) {
      const byte = bytes[position] ?? 0; // Behind the last byte it is a control character.
      if (byte === Byte.quote) return position + 1;
      if (byte === Byte.backslash) {
        if (isEscaped[bytes[position + 1] ?? 0] === 1) position += 2;
        else if (isUnicodeEscape(bytes, position)) position += 6;
        else return -1;
        wordAt = ((position + skew + behindEscapeBytes) & ~3) - skew;
      } else if (byte < Byte.space) {
        return -1;
      } else {
        position += 1;
      }
    }
    let index = (position + skew) >> 2;
    const stop = Math.min(index + plainWordsMin, count);
    while (index < stop && (attention(words[index] ?? 0) & signs) === 0) index += 1;
    position = (index << 2) - skew;
    if (index === stop && index < count) return ~position;
    if (position >= end) return -1;
    wordAt = position + 4;
  }
}

const signs = 0x80808080 | 0;

/**
 * A sign bit is set in some byte exactly when some byte of the word is a quote, a backslash or a control character.
 * With one bit turned, a quote is the first byte above the control characters; with others, a backslash is 0.
 */
function attention(word: number): number {
  const quote = word ^ 0x02020202;
  const backslash = word ^ 0x5c5c5c5c;
  return ((quote - 0x21212121) & ~quote) | ((backslash - 0x01010101) & ~backslash);
}

/** From within a string to the next escape, control character or `end`, whichever comes first. */
function skipPlain(bytes: Uint8Array, at: number, end: number): number {
  const rest = Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at);
  const escapeAt = rest.indexOf(Byte.backslash);
  const plainEnd = escapeAt < 0 ? end : at + escapeAt;
  let position = skipWordsWithoutControl(bytes, at, plainEnd);
  while (position < plainEnd && (bytes[position] ?? 0) >= Byte.space) position += 1;
  return position;
}

/**
 * Passes blocks of eight words of four bytes, up to the first block with a control character or the last whole one.
 * @param at where a word begins
 */
function skipWordsWithoutControl(bytes: Uint8Array, at: number, end: number): number {
  const count = (end - at) >> 2;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, count);
  let index = 0;
  for (; index + 8 <= count; index += 8) {
    const found =
      control(words[index] ?? 0) |
      control(words[index + 1] ?? 0) |
      control(words[index + 2] ?? 0) |
      control(words[index + 3] ?? 0) |
      control(words[index + 4] ?? 0) |
      control(words[index + 5] ?? 0) |
      control(words[index + 6] ?? 0) |
      control(words[index + 7] ?? 0);
    if ((found & signs) !== 0) break;
  }
  return at + index * 4;
}

/** The same as `attention`, for control characters alone. */
function control(word: number): number {
  return (word - 0x20202020) & ~word;
}

/** Whether `\\uXXXX` stands at `at`, where a backslash stands. */
function isUnicodeEscape(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at + 1] === Byte.lowerU &&
    ((isHexDigit[bytes[at + 2] ?? 0] ?? 0) &
      (isHexDigit[bytes[at + 3] ?? 0] ?? 0) &
      (isHexDigit[bytes[at + 4] ?? 0] ?? 0) &
      (isHexDigit[bytes[at + 5] ?? 0] ?? 0)) ===
      1
  );
}
