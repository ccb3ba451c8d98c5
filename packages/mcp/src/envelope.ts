/**
 * Reads what a backend's message is, and where its id stands, from the bytes; no value is built.
 *
 * The id is later replaced in place (splice.ts), so the place must be right for every reader: one that takes
 * the first of two equal keys, one that takes the last, one that decodes `"\u0069d"`. A message that could
 * be read in two ways is refused, and so is one that no reader could read: what is not JSON in UTF-8 to its last
 * byte would be the client's call that never ends.
 */
import { isUtf8 } from "node:buffer";
import { mayBeHopMember } from "./hop-members.ts";
import { Byte, skipSpace, standsAt } from "./json-bytes.ts";
import { MemberWalk } from "./member-walk.ts";
import { wordsOf } from "./string-scan.ts";

export interface ResponseEnvelope {
  readonly kind: "response";
  readonly idStart: number;
  readonly idEnd: number;
  readonly isError: boolean;
  /** The result is an object without any member that the gateway sets in results (`hopMembers`). */
  readonly isPlain: boolean;
  /**
   * Where the first run of members that are none of these ends: at the key of the next one that is, or at the closing
   * brace of the result. 0: there is no such run.
   */
  readonly othersEnd: number;
}

export type Envelope =
  | ResponseEnvelope
  | { readonly kind: "request"; readonly idStart: number; readonly idEnd: number; readonly method: string }
  | { readonly kind: "notification"; readonly method: string };

/** The id as a number if it is a safe non-negative integer in plain decimal, as all ids given out here are. */
export function readIntegerId(bytes: Uint8Array, idStart: number, idEnd: number): number | undefined {
  const length = idEnd - idStart;
  if (length < 1 || length > 16) return undefined;
  if (length > 1 && bytes[idStart] === Byte.zero) return undefined;
  let value = 0;
  for (let position = idStart; position < idEnd; position += 1) {
    const byte = bytes[position] ?? 0;
    if (byte < Byte.zero || byte > Byte.nine) return undefined;
    value = value * 10 + (byte - Byte.zero);
  }
  return Number.isSafeInteger(value) ? value : undefined;
}

const Key = {
  other: 0,
  id: 1,
  method: 2,
  result: 4,
  error: 8,
  jsonrpc: 16,
  params: 32,
  refused: 64,
} as const;
type Key = (typeof Key)[keyof typeof Key];

const keyNames: ReadonlyMap<string, Key> = new Map([
  ["id", Key.id],
  ["method", Key.method],
  ["result", Key.result],
  ["error", Key.error],
  ["jsonrpc", Key.jsonrpc],
  ["params", Key.params],
]);
const idKey = Buffer.from('"id"');
const methodKey = Buffer.from('"method"');
const resultKey = Buffer.from('"result"');
const errorKey = Buffer.from('"error"');
const jsonrpcKey = Buffer.from('"jsonrpc"');
const paramsKey = Buffer.from('"params"');
const versionValue = Buffer.from('"2.0"');
/** The longest spelling of a key we know: `jsonrpc` with every letter as a `\u` escape, and two quotes. */
const escapedKeyBytesMax = 7 * 6 + 2;

/** `undefined`: not a JSON-RPC 2.0 message that can be understood in one way only; it must be dropped. */
export function readEnvelope(bytes: Uint8Array): Envelope | undefined {
  const start = skipSpace(bytes, 0);
  if (bytes[start] !== Byte.openBrace || !isUtf8(bytes)) return undefined;
  const words = wordsOf(bytes);
  const walk = new MemberWalk(bytes, start, words);
  let seen = 0;
  let paramsRepeat = false;
  let isPlain = false;
  let othersEnd = 0;
  let idStart = 0;
  let idEnd = 0;
  let methodStart = 0;
  let methodEnd = 0;
  while (walk.next()) {
    const { valueStart } = walk;
    const key = keyOf(bytes, walk.keyStart, walk.keyEnd);
    if (key === Key.refused || !valueFits(bytes, key, valueStart)) return undefined;
    if (key === Key.result && bytes[valueStart] === Byte.openBrace) {
      const members = new MemberWalk(bytes, valueStart, words);
      let hasOthers = false;
      isPlain = true;
      while (members.next()) {
        if (!mayBeHopMember(bytes, members.keyStart, members.keyEnd)) {
          hasOthers = true;
        } else {
          isPlain = false;
          if (hasOthers && othersEnd === 0) othersEnd = members.keyStart;
        }
        if (!members.pass()) return undefined;
      }
      if (!walk.pass(members.end)) return undefined;
      if (hasOthers && othersEnd === 0) othersEnd = members.end - 1;
    } else if (!walk.pass()) {
      return undefined;
    }
    if ((seen & key) !== 0) {
      // In a response `params` means nothing, so two of them mean nothing either.
      if (key !== Key.params) return undefined;
      paramsRepeat = true;
    }
    seen |= key;
    if (key === Key.id) {
      idStart = valueStart;
      idEnd = walk.valueEnd;
    } else if (key === Key.method) {
      methodStart = valueStart;
      methodEnd = walk.valueEnd;
    }
  }
  if (walk.end < 0 || skipSpace(bytes, walk.end) !== bytes.length) return undefined;
  if ((seen & Key.jsonrpc) === 0 || (paramsRepeat && (seen & Key.method) !== 0)) return undefined;
  switch (seen & (Key.id | Key.method | Key.result | Key.error)) {
    case Key.id | Key.result:
      return { kind: "response", idStart, idEnd, isError: false, isPlain, othersEnd };
    case Key.id | Key.error:
      return { kind: "response", idStart, idEnd, isError: true, isPlain: false, othersEnd: 0 };
    case Key.id | Key.method:
      return { kind: "request", idStart, idEnd, method: stringOf(bytes, methodStart, methodEnd) };
    case Key.method:
      return { kind: "notification", method: stringOf(bytes, methodStart, methodEnd) };
    default:
      return undefined;
  }
}

function keyOf(bytes: Uint8Array, start: number, end: number): Key {
  const length = end - start;
  switch (length) {
    case idKey.length:
      if (standsAt(bytes, start, idKey)) return Key.id;
      break;
    case errorKey.length:
      if (standsAt(bytes, start, errorKey)) return Key.error;
      break;
    case resultKey.length:
      if (standsAt(bytes, start, resultKey)) return Key.result;
      if (standsAt(bytes, start, methodKey)) return Key.method;
      if (standsAt(bytes, start, paramsKey)) return Key.params;
      break;
    case jsonrpcKey.length:
      if (standsAt(bytes, start, jsonrpcKey)) return Key.jsonrpc;
      break;
  }
  // A known key in an escaped spelling: no serialiser writes it, and readers disagree about it.
  if (length <= escapedKeyBytesMax && bytes.subarray(start, end).includes(Byte.backslash)) {
    return keyNames.has(stringOf(bytes, start, end)) ? Key.refused : Key.other;
  }
  return Key.other;
}

/** The first byte decides, because the value must be well-formed too. */
function valueFits(bytes: Uint8Array, key: Key, at: number): boolean {
  const first = bytes[at] ?? 0;
  switch (key) {
    case Key.id:
      return first === Byte.quote || first === Byte.minus || (first >= Byte.zero && first <= Byte.nine);
    case Key.method:
      return first === Byte.quote;
    case Key.error:
      return first === Byte.openBrace;
    case Key.jsonrpc:
      return standsAt(bytes, at, versionValue);
    case Key.result:
    case Key.params:
    case Key.other:
    case Key.refused:
      return true;
    default: {
      const never: never = key;
      return never;
    }
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}

/** The value of a JSON string that was found well-formed. */
function stringOf(bytes: Uint8Array, start: number, end: number): string {
  const inner = textOf(bytes, start + 1, end - 1);
  if (!inner.includes("\\")) return inner;
  const value: unknown = JSON.parse(`"${inner}"`);
  return typeof value === "string" ? value : "";
}
