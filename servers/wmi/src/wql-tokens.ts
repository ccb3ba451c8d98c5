/** A WQL condition as tokens. What is no token ends the reading: nothing is skipped, nothing is guessed. */

export type Token =
  | { readonly kind: "word"; readonly text: string; readonly at: number }
  /** The string's value, its escapes undone. */
  | { readonly kind: "string"; readonly value: string; readonly at: number }
  | { readonly kind: "number"; readonly text: string; readonly at: number }
  | { readonly kind: "operator"; readonly text: string; readonly at: number }
  | { readonly kind: "open" | "close" | "end"; readonly at: number };

export class WqlFault extends Error {
  override readonly name = "WqlFault";

  /** @param at position in the condition, from 0 */
  constructor(what: string, at: number) {
    super(`${what}, at character ${at + 1}`);
  }
}

const patterns = {
  space: /[ \t\r\n]+/uy,
  word: /[A-Za-z_][A-Za-z0-9_]*/uy,
  number: /[+-]?\d{1,40}(?:\.\d{1,40})?(?![A-Za-z0-9_.])/uy,
  operator: /<=|>=|<>|!=|=|<|>/uy,
} as const;

/** @throws WqlFault */
export function wqlTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (name: keyof typeof patterns): string | undefined => {
    const pattern = patterns[name];
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const space = match("space");
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token = readToken(text, at, match);
    tokens.push(token.token);
    at += token.length;
  }
  tokens.push({ kind: "end", at: text.length });
  return tokens;
}

function readToken(
  text: string,
  at: number,
  match: (name: keyof typeof patterns) => string | undefined,
): { readonly token: Token; readonly length: number } {
  const first = text.charAt(at);
  if (first === "(" || first === ")")
    return { token: { kind: first === "(" ? "open" : "close", at }, length: 1 };
  if (first === "'" || first === '"') return readString(text, at, first);
  const word = match("word");
  if (word !== undefined) return { token: { kind: "word", text: word, at }, length: word.length };
  const number = match("number");
  if (number !== undefined) return { token: { kind: "number", text: number, at }, length: number.length };
  const operator = match("operator");
  if (operator !== undefined)
    return { token: { kind: "operator", text: operator, at }, length: operator.length };
  throw new WqlFault(`${JSON.stringify(first)} has no meaning in a filter`, at);
}

function readString(
  text: string,
  start: number,
  quote: string,
): { readonly token: Token; readonly length: number } {
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === quote) return { token: { kind: "string", value, at: start }, length: at + 1 - start };
    if (character < " ") throw new WqlFault("a control character can't be in a string", at);
    if (character !== "\\") {
      value += character;
      continue;
    }
    at += 1;
    const escaped = text.charAt(at);
    if (escaped === "" || !"\\'\"".includes(escaped))
      throw new WqlFault("a backslash in a string is written as two (C:\\\\Windows)", at - 1);
    value += escaped;
  }
  throw new WqlFault("the string has no end", start);
}
