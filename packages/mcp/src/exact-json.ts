/**
 * Numbers that a double can't hold as they were written (9007199254740993, 1e400, 1.0) survive being parsed and
 * written again: each becomes a raw JSON value of its own text (ECMAScript, JSON.parse source text access).
 */

/**
 * May the JSON text hold such a number? Cheap, and wrong only in the safe direction: what looks like a number
 * inside a string counts, but not the `"2.0"` that every message has.
 */
export function mayHoldInexactNumbers(text: string): boolean {
  return /[:,[]\s*(?:-0|-?\d+[.eE]|-?\d{16})/.test(text);
}

interface ReviverContext {
  /** The text of a primitive value. */
  readonly source?: string;
}

/** JSON with `rawJSON`, which the runtime has and the type library does not know yet. */
const rawJson = JSON as unknown as {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
};

/**
 * Like JSON.parse, but what it returns is for JSON.stringify only: its inexact numbers are no numbers.
 * @throws SyntaxError
 */
export function parseExact(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: ReviverContext): unknown =>
    typeof value === "number" && context?.source !== undefined && String(value) !== context.source
      ? rawJson.rawJSON(context.source)
      : value;
  return JSON.parse(text, revive);
}

/** The text of an inexact number that `parseExact` returned; `undefined` for any other value. */
export function exactNumberText(value: unknown): string | undefined {
  return rawJson.isRawJSON(value) ? value.rawJSON : undefined;
}
