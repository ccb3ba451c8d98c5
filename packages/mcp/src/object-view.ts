/**
 * An object in JSON bytes, read member by member: a value is parsed only when it is asked for, and what is changed
 * is changed in its place, so that everything else keeps its spelling (big numbers, escapes, order of keys).
 */
import { Byte, skipSpace } from "./json-bytes.ts";
import { skipValue } from "./json-scan.ts";
import type { Span } from "./json-spans.ts";
import { keyText, MemberWalk } from "./member-walk.ts";
import type { Edit } from "./result-edits.ts";

interface Member extends Span {
  /** As a reader sees it, whatever its spelling. */
  readonly key: string;
  readonly keyStart: number;
}

export interface Changes {
  /** JSON by key: put in the place of the member's value, or in front of the others. */
  readonly set?: Readonly<Record<string, string>>;
  /** Members to be left out; what is set stays. */
  readonly drop?: (key: string) => boolean;
}

export class ObjectView {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #members: readonly Member[];

  private constructor(bytes: Uint8Array, start: number, members: readonly Member[]) {
    this.#bytes = bytes;
    this.#start = start;
    this.#members = members;
  }

  /** The object at `at`, white space allowed before it; `undefined`: no well-formed object stands there. */
  static at(bytes: Uint8Array, at: number): ObjectView | undefined {
    const members: Member[] = [];
    const walk = new MemberWalk(bytes, at);
    while (walk.next()) {
      if (!walk.pass()) return undefined;
      const { keyStart, keyEnd, valueStart: start, valueEnd: end } = walk;
      members.push({ key: keyText(bytes, keyStart, keyEnd), keyStart, start, end });
    }
    return walk.end < 0 ? undefined : new ObjectView(bytes, skipSpace(bytes, at), members);
  }

  /** Whether two readers, one that takes the first of equal keys and one that takes the last, see the same. */
  get isUnambiguous(): boolean {
    return new Set(this.#members.map(({ key }) => key)).size === this.#members.length;
  }

  get keys(): readonly string[] {
    return this.#members.map(({ key }) => key);
  }

  /** Where the value stands; of equal keys the last one's, as `JSON.parse` has it. */
  span(key: string): Span | undefined {
    return this.#members.findLast((member) => member.key === key);
  }

  /** The value's JSON as it is spelt. */
  text(key: string): string | undefined {
    const span = this.span(key);
    return span === undefined ? undefined : spelling(this.#bytes, span);
  }

  value(key: string): unknown {
    const text = this.text(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  object(key: string): ObjectView | undefined {
    const span = this.span(key);
    return span === undefined ? undefined : ObjectView.at(this.#bytes, span.start);
  }

  edits({ set = {}, drop = () => false }: Changes): readonly Edit[] {
    const goes = ({ key }: Member): boolean => drop(key) && !Object.hasOwn(set, key);
    const edits: Edit[] = [];
    const added = Object.entries(set).filter(([key]) => this.span(key) === undefined);
    if (added.length > 0) {
      const text = added.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",");
      const others = this.#members.every(goes) ? "" : ",";
      edits.push({ start: this.#start + 1, end: this.#start + 1, text: Buffer.from(text + others) });
    }
    for (const { key, start, end } of this.#members) {
      const value = Object.hasOwn(set, key) ? set[key] : undefined;
      if (value !== undefined) edits.push({ start, end, text: Buffer.from(value) });
    }
    return [...edits, ...this.#removals(goes)];
  }

  /** Each run of members takes the comma behind it along, or at the end the one before it. */
  #removals(goes: (member: Member) => boolean): readonly Edit[] {
    const removals: Edit[] = [];
    let first: Member | undefined;
    this.#members.forEach((member, index) => {
      if (!goes(member)) return;
      first ??= member;
      const next = this.#members[index + 1];
      if (next !== undefined && goes(next)) return;
      const before = this.#members[this.#members.indexOf(first) - 1];
      const start = next === undefined ? (before?.end ?? first.keyStart) : first.keyStart;
      removals.push({ start, end: next?.keyStart ?? member.end, text: nothing });
      first = undefined;
    });
    return removals;
  }
}

/** The spans of the elements of the array at `at`; `undefined`: no well-formed array stands there. */
export function elementSpans(bytes: Uint8Array, at: number): readonly Span[] | undefined {
  const spans: Span[] = [];
  let position = skipSpace(bytes, at);
  if (bytes[position] !== Byte.openBracket) return undefined;
  if (bytes[skipSpace(bytes, position + 1)] === Byte.closeBracket) return spans;
  do {
    const start = skipSpace(bytes, position + 1);
    const end = skipValue(bytes, start);
    if (end < 0) return undefined;
    spans.push({ start, end });
    position = skipSpace(bytes, end);
  } while (bytes[position] === Byte.comma);
  return bytes[position] === Byte.closeBracket ? spans : undefined;
}

function spelling(bytes: Uint8Array, { start, end }: Span): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}

const nothing = new Uint8Array();
