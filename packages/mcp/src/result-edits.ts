/**
 * Changes members of a response's `result` by bytes: a few members are replaced or added in front, everything
 * else stays as it came. Results can be megabytes, so nothing is parsed; a result that surely has none of the
 * members in question is not even walked.
 */
import { standsAt } from "./json-scan.ts";
import type { Span } from "./json-spans.ts";
import { keyText, walkMembers } from "./member-walk.ts";

/** The bytes of `span` become `text`; an empty span is a place to insert at. */
export interface Edit extends Span {
  readonly text: Uint8Array;
}

const resultKey = Buffer.from('"result"');

/**
 * Where the value of the member `result` begins in a message that `readEnvelope` took for a response. The walk
 * ends there: what stands before it is small in all usual serialisations, and the value itself is not walked.
 */
export function resultStart(message: Uint8Array): number | undefined {
  let found: number | undefined;
  walkMembers(message, 0, (keyStart, keyEnd, valueStart) => {
    const isResult = keyEnd - keyStart === resultKey.length && standsAt(message, keyStart, resultKey);
    if (isResult) found = valueStart;
    return isResult ? undefined : () => undefined;
  });
  return found;
}

/**
 * The spans of the named members of the object at `at`; of equal keys the last, as `JSON.parse` has it.
 * `undefined`: no well-formed object there.
 */
export function namedMembers(
  bytes: Uint8Array,
  at: number,
  names: readonly string[],
): ReadonlyMap<string, Span> | undefined {
  const spans = new Map<string, Span>();
  const isObject = walkMembers(bytes, at, (keyStart, keyEnd, start) => (end) => {
    const key = keyText(bytes, keyStart, keyEnd);
    if (names.includes(key)) spans.set(key, { start, end });
  });
  return isObject ? spans : undefined;
}

/**
 * True when none of the names can be a key anywhere from `start` on: neither as it is spelt nor with a letter
 * hidden in an escape. Native searches, far quicker than a walk.
 */
export function surelyWithout(bytes: Uint8Array, start: number, names: readonly string[]): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (names.some((name) => buffer.includes(`"${name}"`, start))) return false;
  for (let at = buffer.indexOf("\\u00", start); at >= 0; at = buffer.indexOf("\\u00", at + 4)) {
    if (hidingDigits.has(buffer[at + 4] ?? 0)) return false;
  }
  return true;
}

/** `\u004x` to `\u007x`: letters and the underscore, which the names are made of. */
const hidingDigits: ReadonlySet<number> = new Set(Buffer.from("4567"));

/** One copy of `bytes` with all edits made. They must not overlap. */
export function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const ordered = [...edits].sort((one, other) => one.start - other.start);
  const change = ordered.reduce((sum, { start, end, text }) => sum + text.length - (end - start), 0);
  const out = Buffer.allocUnsafe(bytes.length + change);
  let [from, to] = [0, 0];
  for (const { start, end, text } of ordered) {
    out.set(bytes.subarray(from, start), to);
    to += start - from;
    out.set(text, to);
    to += text.length;
    from = end;
  }
  out.set(bytes.subarray(from), to);
  return out;
}
