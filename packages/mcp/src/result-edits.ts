/**
 * Changes members of a response's `result` by bytes: a few members are replaced or added in front, everything
 * else stays as it came. Results can be megabytes, so nothing is parsed, and what is between is not even moved.
 */
import { allocate, copyBytes } from "./byte-copy.ts";
import { standsAt } from "./json-bytes.ts";
import type { Span } from "./json-spans.ts";
import { keyText, MemberWalk } from "./member-walk.ts";

/** The bytes of `span` become `text`; an empty span is a place to insert at. */
export interface Edit extends Span {
  readonly text: Uint8Array;
}

const resultKey = Buffer.from('"result"');
const resultFirst = Buffer.from('{"result":{');

/**
 * Where the value of the member `result` begins in a message that `readEnvelope` took for a response. The walk
 * ends there: what stands before it is small in all usual serialisations, and the value itself is not walked.
 */
export function resultStart(message: Uint8Array): number | undefined {
  if (standsAt(message, 0, resultFirst)) return resultFirst.length - 1;
  const walk = new MemberWalk(message, 0);
  while (walk.next()) {
    const { keyStart, keyEnd } = walk;
    if (keyEnd - keyStart === resultKey.length && standsAt(message, keyStart, resultKey))
      return walk.valueStart;
    if (!walk.pass()) return undefined;
  }
  return undefined;
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
  const walk = new MemberWalk(bytes, at);
  while (walk.next()) {
    if (!walk.pass()) return undefined;
    const key = keyText(bytes, walk.keyStart, walk.keyEnd);
    if (names.includes(key)) spans.set(key, { start: walk.valueStart, end: walk.valueEnd });
  }
  return walk.end < 0 ? undefined : spans;
}

/** A copy of `bytes` with all edits made. They must not overlap. */
export function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const ordered = inOrder(edits);
  const out = allocate(bytes.length + growth(ordered));
  let [from, to] = [0, 0];
  for (const { start, end, text } of ordered) {
    copyBytes(bytes, out, to, from, start);
    to += start - from;
    out.set(text, to);
    to += text.length;
    from = end;
  }
  copyBytes(bytes, out, to, from, bytes.length);
  return out;
}

/**
 * The same for a message that is the caller's to change, with this much room for it on both sides: what is between the
 * first edits and the last ones stays where it is, if all are near an end, as ids and members set in front are.
 */
export function applyOwnEdits(bytes: Uint8Array, edits: readonly Edit[], roomBytes: number): Uint8Array {
  const ordered = inOrder(edits);
  if (bytes.length < inPlaceBytesMin) return applyEdits(bytes, ordered);
  const head = ordered.filter(({ end }) => end <= movedBytesMax);
  const tail = ordered.slice(head.length);
  const headEnd = head.at(-1)?.end ?? 0;
  const tailStart = tail[0]?.start ?? bytes.length;
  const isNear = bytes.length - tailStart <= movedBytesMax;
  if (!isNear || growth(head) > roomBytes || growth(tail) > roomBytes) return applyEdits(bytes, ordered);
  const headBytes = applyEdits(bytes.subarray(0, headEnd), head);
  const moved = tail.map(({ start, end, text }) => ({
    start: start - tailStart,
    end: end - tailStart,
    text,
  }));
  const tailBytes = applyEdits(bytes.subarray(tailStart), moved);
  const start = headEnd - headBytes.length;
  const length = tailStart + tailBytes.length - start;
  const out = new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
  out.set(headBytes, 0);
  out.set(tailBytes, tailStart - start);
  return out;
}

/** Below this a copy costs less than what it would spare. */
export const inPlaceBytesMin = 32 * 1024;
/** More than this near an end is not moved. */
const movedBytesMax = 1_000;

function inOrder(edits: readonly Edit[]): readonly Edit[] {
  let before = 0;
  for (const { start } of edits) {
    if (start < before) return [...edits].sort((one, other) => one.start - other.start);
    before = start;
  }
  return edits;
}

function growth(edits: readonly Edit[]): number {
  let bytes = 0;
  for (const { start, end, text } of edits) bytes += text.length - (end - start);
  return bytes;
}
