/** Goes over the members of an object in JSON bytes, without building values. */
import { Byte, skipSpace } from "./json-bytes.ts";
import { skipValue } from "./json-scan.ts";
import { skipString } from "./string-scan.ts";

/**
 * Calls back at each member, with its key's span and its value's beginning; what that returns is told the
 * value's end, and `undefined` ends the walk. @returns whether an object stands there, as far as it was walked
 */
export function walkMembers(
  bytes: Uint8Array,
  at: number,
  onMember: (
    keyStart: number,
    keyEnd: number,
    valueStart: number,
  ) => ((valueEnd: number) => void) | undefined,
): boolean {
  let position = skipSpace(bytes, at);
  if (bytes[position] !== Byte.openBrace) return false;
  if (bytes[skipSpace(bytes, position + 1)] === Byte.closeBrace) return true;
  do {
    const keyStart = skipSpace(bytes, position + 1);
    const keyEnd = bytes[keyStart] === Byte.quote ? skipString(bytes, keyStart) : -1;
    const colon = keyEnd < 0 ? -1 : skipSpace(bytes, keyEnd);
    if (colon < 0 || bytes[colon] !== Byte.colon) return false;
    const valueStart = skipSpace(bytes, colon + 1);
    const onEnd = onMember(keyStart, keyEnd, valueStart);
    if (onEnd === undefined) return true;
    const valueEnd = skipValue(bytes, valueStart);
    if (valueEnd < 0) return false;
    onEnd(valueEnd);
    position = skipSpace(bytes, valueEnd);
  } while (bytes[position] === Byte.comma);
  return bytes[position] === Byte.closeBrace;
}

/** The position behind the object that begins at `at`, or -1 if it is malformed; the span of each own key is told. */
export function skipObject(
  bytes: Uint8Array,
  at: number,
  onKey: (keyStart: number, keyEnd: number) => void,
): number {
  let position = skipSpace(bytes, at + 1);
  if (bytes[position] === Byte.closeBrace) return position + 1;
  for (;;) {
    const keyEnd = bytes[position] === Byte.quote ? skipString(bytes, position) : -1;
    if (keyEnd < 0) return -1;
    onKey(position, keyEnd);
    const colon = skipSpace(bytes, keyEnd);
    if (bytes[colon] !== Byte.colon) return -1;
    const valueEnd = skipValue(bytes, skipSpace(bytes, colon + 1));
    if (valueEnd < 0) return -1;
    position = skipSpace(bytes, valueEnd);
    if (bytes[position] === Byte.closeBrace) return position + 1;
    if (bytes[position] !== Byte.comma) return -1;
    position = skipSpace(bytes, position + 1);
  }
}

/** The key as a reader sees it. */
export function keyText(bytes: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
  if (!text.includes("\\")) return text.slice(1, -1);
  const key: unknown = JSON.parse(text);
  return typeof key === "string" ? key : "";
}
