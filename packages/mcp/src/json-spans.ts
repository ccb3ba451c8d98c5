/**
 * Where the members of an object and the elements of an array stand in JSON text, so that one of them can be
 * replaced and every other byte kept: big integers, key order and unknown fields included. Linear.
 */
export interface Span {
  readonly start: number;
  /** Behind the last character. */
  readonly end: number;
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Matched at an exact place (sticky); each is linear, having no choice to go back on. */
const scalarPattern = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const escapePattern = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * The spans of the values of the object at `at` (white space allowed before it), by decoded key; of equal keys the
 * last, as `JSON.parse` has it. `undefined`: no well-formed object there.
 */
export function memberSpans(text: string, at = 0): Map<string, Span> | undefined {
  const spans = new Map<string, Span>();
  const end = walkMembers(text, skipSpace(text, at), (key, span) => spans.set(key, span));
  return end < 0 ? undefined : spans;
}

/** The spans of the elements of the array at `start`; empty if there is no well-formed array. */
export function arrayElementSpans(text: string, start: number): Span[] {
  const spans: Span[] = [];
  let position = skipSpace(text, start);
  if (text.charCodeAt(position) !== openBracket) return [];
  position = skipSpace(text, position + 1);
  if (text.charCodeAt(position) === closeBracket) return [];
  for (;;) {
    const end = skipValue(text, position);
    if (end < 0) return [];
    spans.push({ start: position, end });
    position = skipSpace(text, end);
    if (text.charCodeAt(position) === closeBracket) return spans;
    if (text.charCodeAt(position) !== comma) return [];
    position = skipSpace(text, position + 1);
  }
}

/**
 * The object's text with the string value of `key` replaced. `undefined` if that member is missing, not a string, or
 * there twice: then it is not clear which one a reader takes.
 */
export function replaceStringMember(objectText: string, key: string, newValue: string): string | undefined {
  let found: Span | undefined;
  let count = 0;
  const begin = skipSpace(objectText, 0);
  const end = walkMembers(objectText, begin, (name, span) => {
    if (name !== key) return;
    found = span;
    count += 1;
  });
  if (end < 0 || skipSpace(objectText, end) !== objectText.length) return undefined;
  if (found === undefined || count !== 1 || objectText.charCodeAt(found.start) !== quote) return undefined;
  return objectText.slice(0, found.start) + JSON.stringify(newValue) + objectText.slice(found.end);
}

/** Behind the value at `at` (white space allowed before it); -1 if it is malformed. */
export function skipValue(text: string, at: number): number {
  const due: number[] = [];
  let position = skipSpace(text, at);
  for (;;) {
    const unit = text.charCodeAt(position);
    if (unit === openBrace || unit === openBracket) {
      position = skipSpace(text, position + 1);
      if (text.charCodeAt(position) !== unit + 2) {
        due.push(unit + 2);
        if (unit === openBrace) position = skipKey(text, position);
        if (position < 0) return -1;
        continue;
      }
      position += 1;
    } else {
      position = unit === quote ? skipString(text, position) : skipScalar(text, position);
      if (position < 0) return -1;
    }
    position = closeContainers(text, position, due);
    if (position < 0 || due.length === 0) return position;
  }
}

/** Behind a value: passes closing brackets, then the comma, up to the next value. */
function closeContainers(text: string, at: number, due: number[]): number {
  let position = at;
  while (due.length > 0) {
    position = skipSpace(text, position);
    const close = due[due.length - 1];
    const unit = text.charCodeAt(position);
    if (unit === comma) {
      position = skipSpace(text, position + 1);
      return close === closeBrace ? skipKey(text, position) : position;
    }
    if (unit !== close) return -1;
    due.pop();
    position += 1;
  }
  return position;
}

function walkMembers(text: string, at: number, onMember: (key: string, span: Span) => void): number {
  if (text.charCodeAt(at) !== openBrace) return -1;
  let position = skipSpace(text, at + 1);
  if (text.charCodeAt(position) === closeBrace) return position + 1;
  for (;;) {
    const start = skipKey(text, position);
    if (start < 0) return -1;
    const key = keyAt(text, position);
    const end = skipValue(text, start);
    if (end < 0) return -1;
    onMember(key, { start, end });
    position = skipSpace(text, end);
    if (text.charCodeAt(position) === closeBrace) return position + 1;
    if (text.charCodeAt(position) !== comma) return -1;
    position = skipSpace(text, position + 1);
  }
}

/** The decoded key whose opening quote is at `at`; it was found well-formed. */
function keyAt(text: string, at: number): string {
  const raw = text.slice(at, skipString(text, at));
  if (!raw.includes("\\")) return raw.slice(1, -1);
  const key: unknown = JSON.parse(raw);
  return typeof key === "string" ? key : "";
}

/** From a key's opening quote to its value; -1 without key and colon. */
function skipKey(text: string, at: number): number {
  if (text.charCodeAt(at) !== quote) return -1;
  const end = skipString(text, at);
  if (end < 0) return -1;
  const position = skipSpace(text, end);
  return text.charCodeAt(position) === colon ? skipSpace(text, position + 1) : -1;
}

function skipString(text: string, at: number): number {
  let position = at + 1;
  while (position < text.length) {
    const unit = text.charCodeAt(position);
    if (unit === quote) return position + 1;
    if (unit === backslash) {
      position = skipPattern(text, position, escapePattern);
      if (position < 0) return -1;
    } else if (unit < 0x20) {
      return -1;
    } else {
      position += 1;
    }
  }
  return -1;
}

function skipScalar(text: string, at: number): number {
  return skipPattern(text, at, scalarPattern);
}

function skipPattern(text: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

function skipSpace(text: string, at: number): number {
  let position = at;
  for (;;) {
    const unit = text.charCodeAt(position);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return position;
    position += 1;
  }
}
