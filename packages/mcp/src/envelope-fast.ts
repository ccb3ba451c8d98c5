/**
 * The usual large response: its id stands at one of the two ends, and nothing else can be taken for one.
 *
 * The forms are those of the usual serialisers: `{"result":…,"jsonrpc":"2.0","id":7}` (either order at the
 * end) and `{"jsonrpc":"2.0","id":7,"result":…` (either order at the beginning), white space allowed.
 *
 * Only for what is known to be JSON. Why it is sound although the middle is not walked: in well-formed JSON the end of the text lies outside all
 * strings, so the members before the final `}` can be read backwards as long as no quote in them is escaped,
 * and the members behind the first `{` can be read forwards. What lies between could hold further top-level
 * keys; a search for their spelling, and for the escapes with which a letter of them could be hidden
 * (`\u006x`, `\u007x`: all lower-case letters), shows that there are none. Any hit, even a harmless one in a
 * nested object, leaves the decision to the full scan.
 */
import { Byte, skipSpace, standsAt } from "./json-scan.ts";

export interface IdPlace {
  readonly idStart: number;
  readonly idEnd: number;
}

const idKey = Buffer.from('"id"');
const resultKey = Buffer.from('"result"');
const jsonrpcKey = Buffer.from('"jsonrpc"');
const versionValue = Buffer.from('"2.0"');
/** Spellings that may not occur in the middle. */
const suspicious: readonly Buffer[] = [
  idKey,
  resultKey,
  jsonrpcKey,
  Buffer.from('"method"'),
  Buffer.from('"error"'),
];

/** The beginning of every escape of an ASCII character. */
const asciiEscape = Buffer.from("\\u00");
const six = 0x36;
const seven = 0x37;

/** Up to 16 digits: a longer id is not one of ours, and the full scan takes it. */
const idDigitsMax = 16;

/** Where the id of a result stands; `undefined`: this quick look can't tell. */
export function readEnvelopeFast(bytes: Uint8Array): IdPlace | undefined {
  const last = spaceBefore(bytes, bytes.length) - 1;
  const first = skipSpace(bytes, 0);
  if (bytes[first] !== Byte.openBrace || bytes[last] !== Byte.closeBrace) return undefined;
  const key = skipSpace(bytes, first + 1);
  if (standsAt(bytes, key, resultKey)) return readTail(bytes, key + resultKey.length, last);
  return readHead(bytes, key, last);
}

function readHead(bytes: Uint8Array, firstKey: number, last: number): IdPlace | undefined {
  let position = firstKey;
  let versionSeen = false;
  let idStart = 0;
  let idEnd = 0;
  for (;;) {
    if (!versionSeen && standsAt(bytes, position, jsonrpcKey)) {
      const value = valueBehind(bytes, position + jsonrpcKey.length);
      if (value < 0 || !standsAt(bytes, value, versionValue)) return undefined;
      versionSeen = true;
      position = skipSpace(bytes, value + versionValue.length);
    } else if (idEnd === 0 && standsAt(bytes, position, idKey)) {
      idStart = valueBehind(bytes, position + idKey.length);
      idEnd = digitsFrom(bytes, idStart);
      if (idStart < 0 || idEnd < 0) return undefined;
      position = skipSpace(bytes, idEnd);
    } else {
      break;
    }
    if (bytes[position] !== Byte.comma) return undefined;
    position = skipSpace(bytes, position + 1);
  }
  if (!versionSeen || idEnd === 0 || !standsAt(bytes, position, resultKey)) return undefined;
  const value = valueBehind(bytes, position + resultKey.length);
  if (value < 0 || holdsSuspicious(bytes, value, last)) return undefined;
  return { idStart, idEnd };
}

function readTail(bytes: Uint8Array, behindResultKey: number, last: number): IdPlace | undefined {
  const value = valueBehind(bytes, behindResultKey);
  if (value < 0) return undefined;
  let end = last;
  let versionSeen = false;
  let idStart = 0;
  let idEnd = 0;
  while (!versionSeen || idEnd === 0) {
    end = spaceBefore(bytes, end);
    let start: number;
    if (!versionSeen && bytes[end - 1] === Byte.quote) {
      start = end - versionValue.length;
      if (!standsAt(bytes, start, versionValue)) return undefined;
      versionSeen = true;
      end = keyBefore(bytes, start, jsonrpcKey);
    } else {
      if (idEnd !== 0) return undefined;
      start = digitsBefore(bytes, end);
      if (start < 0) return undefined;
      idStart = start;
      idEnd = end;
      end = keyBefore(bytes, start, idKey);
    }
    if (end <= value) return undefined;
  }
  return holdsSuspicious(bytes, value, end) ? undefined : { idStart, idEnd };
}

/** Whether a suspicious spelling begins in `bytes[start..end)`. */
function holdsSuspicious(bytes: Uint8Array, start: number, end: number): boolean {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const spelling of suspicious) {
    const found = buffer.indexOf(spelling, start);
    if (found >= 0 && found < end) return true;
  }
  return holdsEscapedLetter(buffer, start, end);
}

/** Text with control characters (`\u001b`) has many such escapes; each costs one short search. */
function holdsEscapedLetter(buffer: Buffer, start: number, end: number): boolean {
  for (
    let at = buffer.indexOf(asciiEscape, start);
    at >= 0 && at < end;
    at = buffer.indexOf(asciiEscape, at + 4)
  ) {
    const digit = buffer[at + asciiEscape.length];
    if (digit === six || digit === seven) return true;
  }
  return false;
}

/** The value behind a key's closing quote; -1 without a colon. */
function valueBehind(bytes: Uint8Array, at: number): number {
  const colon = skipSpace(bytes, at);
  return bytes[colon] === Byte.colon ? skipSpace(bytes, colon + 1) : -1;
}

/** The end of the plain decimal integer at `at`; -1 if there is none. */
function digitsFrom(bytes: Uint8Array, at: number): number {
  let position = at;
  while (isDigit(bytes[position]) && position - at <= idDigitsMax) position += 1;
  return isPlainInteger(bytes, at, position) ? position : -1;
}

function digitsBefore(bytes: Uint8Array, end: number): number {
  let position = end;
  while (isDigit(bytes[position - 1]) && end - position <= idDigitsMax) position -= 1;
  return isPlainInteger(bytes, position, end) ? position : -1;
}

function isPlainInteger(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  return length >= 1 && length <= idDigitsMax && (length === 1 || bytes[start] !== Byte.zero);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= Byte.zero && byte <= Byte.nine;
}

/** Reads `,"key":` backwards from a value; the position of the comma, or -1. */
function keyBefore(bytes: Uint8Array, valueStart: number, key: Uint8Array): number {
  const colon = spaceBefore(bytes, valueStart) - 1;
  if (bytes[colon] !== Byte.colon) return -1;
  const start = spaceBefore(bytes, colon) - key.length;
  if (start < 0 || !standsAt(bytes, start, key)) return -1;
  const comma = spaceBefore(bytes, start) - 1;
  return bytes[comma] === Byte.comma ? comma : -1;
}

/** The end of what stands before the white space that ends at `end`. */
function spaceBefore(bytes: Uint8Array, end: number): number {
  let position = end;
  for (;;) {
    const byte = bytes[position - 1];
    if (byte !== Byte.space && byte !== Byte.lineFeed && byte !== Byte.carriageReturn && byte !== Byte.tab) {
      return position;
    }
    position -= 1;
  }
}
