/**
 * The members of a result that the gateway sets in revision 2026-07-28, because they speak of one hop: what kind of
 * result it is, who answers (in `_meta`), and how long it may be kept. Results without any of them, nearly all of
 * servers with sessions, are completed without being looked into.
 */
import { Byte, standsAt } from "./json-bytes.ts";
import type { Span } from "./json-spans.ts";
import { keyText, MemberWalk } from "./member-walk.ts";

export const hopMembers = ["resultType", "_meta", "ttlMs", "cacheScope"] as const;

const names: ReadonlySet<string> = new Set(hopMembers);
const spelled = hopMembers.map((name) => Buffer.from(`"${name}"`));
/** The longest name with every letter as a `\u` escape, and two quotes. */
const escapedBytesMax = 6 * Math.max(...hopMembers.map(({ length }) => length)) + 2;

/** Whether the key of this span, its quotes included, is one of them; one with an escape in it may be. */
export function mayBeHopMember(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length > escapedBytesMax) return false;
  for (const name of spelled) if (length === name.length && standsAt(bytes, start, name)) return true;
  for (let at = start; at < end; at += 1) if (bytes[at] === Byte.backslash) return true;
  return false;
}

/**
 * The spans of their values in the result at `at`; of equal keys the last, as `JSON.parse` has it. All members between the
 * first that is none of them and `othersEnd` are none either, as the envelope found out (0: it did not), and are
 * not walked again: the content of a result, nearly all of its bytes.
 * @returns undefined: no well-formed object stands there
 */
export function hopMemberSpans(
  bytes: Uint8Array,
  at: number,
  othersEnd: number,
): ReadonlyMap<string, Span> | undefined {
  const spans = new Map<string, Span>();
  const walk = new MemberWalk(bytes, at);
  let mayJump = othersEnd > 0;
  while (walk.next()) {
    const isHop = mayBeHopMember(bytes, walk.keyStart, walk.keyEnd);
    if (mayJump && !isHop) {
      walk.goOnAt(othersEnd);
      mayJump = false;
      continue;
    }
    if (!walk.pass()) return undefined;
    if (!isHop) continue;
    const key = keyText(bytes, walk.keyStart, walk.keyEnd);
    if (names.has(key)) spans.set(key, { start: walk.valueStart, end: walk.valueEnd });
  }
  return walk.end < 0 ? undefined : spans;
}
