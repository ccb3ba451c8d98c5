/**
 * Walks JSON as bytes without building values: where a value ends.
 *
 * The grammar of RFC 8259 is checked in full, so what passes here is also accepted by `JSON.parse`. Nesting
 * costs heap and no call stack: a backend may send brackets a million deep.
 */
import { Byte, caseBit, skipSpace } from "./json-bytes.ts";
import { shortStringBytes, skipLongString, skipString, wordsOf } from "./string-scan.ts";

const isSpace = new Uint8Array(256);
for (const byte of [Byte.space, Byte.lineFeed, Byte.carriageReturn, Byte.tab]) isSpace[byte] = 1;

/**
 * The position behind the value that begins exactly at `at`; -1 if it is malformed or unfinished.
 *
 * Megabytes pass through this loop on the thread that everybody's calls share. So it calls nothing for what is frequent:
 * made of small functions it takes twice as long, because behind each call the engine looks up anew where the memory is.
 */
export function skipValue(bytes: Uint8Array, at: number, words = wordsOf(bytes)): number {
  const end = bytes.length;
  let position = at;
  let depth = 0;
  /** The containers that are open, a bit for each, the innermost one's lowest: 1 is an object. */
  let kinds = 0;
  /** Those of them beyond the innermost 32, by as many. */
  let outerKinds: number[] | undefined;
  let isKey = false;
  for (;;) {
    if (position >= end) return -1;
    let byte = bytes[position] ?? 0;
    if (byte === Byte.quote) {
      const from = position + 1;
      const wordsAt = words === undefined ? end : Math.min(from + shortStringBytes, end);
      position = from;
      while (position < wordsAt) {
        byte = bytes[position] ?? 0;
        if (byte === Byte.quote || byte === Byte.backslash || byte < Byte.space) break;
        position += 1;
      }
      if (position < wordsAt && byte === Byte.quote) position += 1;
      else if (words === undefined) position = skipString(bytes, from - 1, words);
      else position = skipLongString(bytes, position, words);
      if (position < 0) return -1;
      if (isKey) {
        if (position < end && (bytes[position] ?? 0) <= Byte.space) position = skipSpace(bytes, position);
        if (position >= end || bytes[position] !== Byte.colon) return -1;
        position += 1;
        isKey = false;
        continue;
      }
    } else if (byte <= Byte.space) {
      if (depth === 0 || isSpace[byte] !== 1) return -1;
      do position += 1;
      while (position < end && bytes[position] === Byte.space);
      continue;
    } else if (isKey) {
      return -1;
    } else if ((byte | caseBit) === Byte.openBrace) {
      if (depth > 0 && (depth & 31) === 0) {
        outerKinds ??= [];
        outerKinds.push(kinds);
      }
      depth += 1;
      isKey = byte === Byte.openBrace;
      kinds = (kinds << 1) | (isKey ? 1 : 0);
      const close = byte + 2;
      position += 1;
      if (position < end && (bytes[position] ?? 0) <= Byte.space) position = skipSpace(bytes, position);
      if (position >= end) return -1;
      if (bytes[position] !== close) continue;
      // An empty one is closed below, as one is behind its last value.
    } else if (byte === Byte.minus || (byte >= Byte.zero && byte <= Byte.nine)) {
      const whole = byte === Byte.minus ? position + 1 : position;
      position = whole;
      while (position < end) {
        byte = bytes[position] ?? 0;
        if (byte < Byte.zero || byte > Byte.nine) break;
        position += 1;
      }
      if (position === whole || (position > whole + 1 && bytes[whole] === Byte.zero)) return -1;
      if (byte === Byte.dot) {
        const fraction = position + 1;
        position = fraction;
        while (position < end) {
          byte = bytes[position] ?? 0;
          if (byte < Byte.zero || byte > Byte.nine) break;
          position += 1;
        }
        if (position === fraction) return -1;
      }
      if ((byte | caseBit) === Byte.lowerE) position = skipExponent(bytes, position);
      if (position < 0) return -1;
    } else {
      position = skipLiteral(bytes, position, byte);
      if (position < 0) return -1;
    }
    for (;;) {
      if (depth === 0) return position;
      if (position >= end) return -1;
      byte = bytes[position] ?? 0;
      position += 1;
      if (byte === Byte.comma) {
        isKey = (kinds & 1) === 1;
        break;
      }
      if (isSpace[byte] === 1) continue;
      if (byte !== ((kinds & 1) === 1 ? Byte.closeBrace : Byte.closeBracket)) return -1;
      depth -= 1;
      kinds = depth > 0 && (depth & 31) === 0 ? (outerKinds?.pop() ?? 0) : kinds >>> 1;
    }
  }
}

function skipExponent(bytes: Uint8Array, at: number): number {
  const sign = bytes[at + 1];
  const digits = sign === Byte.plus || sign === Byte.minus ? at + 2 : at + 1;
  let position = digits;
  while (isDigit(bytes[position] ?? 0)) position += 1;
  return position === digits ? -1 : position;
}

function isDigit(byte: number): boolean {
  return byte >= Byte.zero && byte <= Byte.nine;
}

/** Behind `true`, `false` or `null`. */
function skipLiteral(bytes: Uint8Array, at: number, first: number): number {
  if (first === Byte.lowerT) {
    const isTrue =
      bytes[at + 1] === Byte.lowerR && bytes[at + 2] === Byte.lowerU && bytes[at + 3] === Byte.lowerE;
    return isTrue ? at + 4 : -1;
  }
  if (first === Byte.lowerF) {
    const isFalse =
      bytes[at + 1] === Byte.lowerA &&
      bytes[at + 2] === Byte.lowerL &&
      bytes[at + 3] === Byte.lowerS &&
      bytes[at + 4] === Byte.lowerE;
    return isFalse ? at + 5 : -1;
  }
  const isNull =
    first === Byte.lowerN &&
    bytes[at + 1] === Byte.lowerU &&
    bytes[at + 2] === Byte.lowerL &&
    bytes[at + 3] === Byte.lowerL;
  return isNull ? at + 4 : -1;
}
