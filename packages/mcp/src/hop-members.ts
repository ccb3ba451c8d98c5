/**
 * The members of a result that the gateway sets in revision 2026-07-28, because they speak of one hop: what kind of
 * result it is, who answers (in `_meta`), and how long it may be kept. Results without any of them, nearly all of
 * servers with sessions, are completed without being looked into.
 */
import { Byte, standsAt } from "./json-bytes.ts";

export const hopMembers = ["resultType", "_meta", "ttlMs", "cacheScope"] as const;

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
