/**
 * Goes over the members of an object in JSON bytes, without building values:
 * `while (walk.next()) { …; if (!walk.pass()) … }`, and then `walk.end`. Who has seen enough stops before a value is passed.
 */
import { Byte, skipSpace } from "./json-bytes.ts";
import { skipValue } from "./json-scan.ts";
import { skipString, wordsOf } from "./string-scan.ts";

export class MemberWalk {
  /** The key's span, its quotes included. */
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  /** Known when the value was passed. */
  valueEnd = 0;
  /** Behind the object, when all members were passed; -1 until then, and where no well-formed object stands. */
  end = -1;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array | undefined;
  /** Where the next key must stand; -1 when none may. */
  #keyAt = -1;

  /** @param at where the object begins, white space allowed before it */
  constructor(bytes: Uint8Array, at: number, words = wordsOf(bytes)) {
    this.#bytes = bytes;
    this.#words = words;
    const start = skipSpace(bytes, at);
    if (bytes[start] !== Byte.openBrace) return;
    const first = skipSpace(bytes, start + 1);
    if (bytes[first] === Byte.closeBrace) this.end = first + 1;
    else this.#keyAt = first;
  }

  /** Reads the next key, up to its value. False: there is none, or what stands there is malformed. */
  next(): boolean {
    const bytes = this.#bytes;
    const keyStart = this.#keyAt;
    if (keyStart < 0 || bytes[keyStart] !== Byte.quote) return false;
    const keyEnd = skipString(bytes, keyStart, this.#words);
    if (keyEnd < 0) return false;
    const colon = skipSpace(bytes, keyEnd);
    if (bytes[colon] !== Byte.colon) return false;
    this.keyStart = keyStart;
    this.keyEnd = keyEnd;
    this.valueStart = skipSpace(bytes, colon + 1);
    return true;
  }

  /** Passes the value, whose end may be known. False: it is malformed. What may follow it, `next` and `end` tell. */
  pass(valueEnd = skipValue(this.#bytes, this.valueStart, this.#words)): boolean {
    this.#keyAt = -1;
    if (valueEnd < 0) return false;
    this.valueEnd = valueEnd;
    const bytes = this.#bytes;
    const behind = skipSpace(bytes, valueEnd);
    if (bytes[behind] === Byte.comma) this.#keyAt = skipSpace(bytes, behind + 1);
    else if (bytes[behind] === Byte.closeBrace) this.end = behind + 1;
    return true;
  }

  /** Leaves out what stands before a later key, or before the object's closing brace, where an earlier walk has been. */
  goOnAt(place: number): void {
    this.#keyAt = place;
    if (this.#bytes[place] === Byte.closeBrace) this.end = place + 1;
  }
}

/** The key as a reader sees it. */
export function keyText(bytes: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
  if (!text.includes("\\")) return text.slice(1, -1);
  const key: unknown = JSON.parse(text);
  return typeof key === "string" ? key : "";
}
