/**
 * The filter of a query: read by a grammar of its own into a tree, and written anew from the tree. What a caller
 * wrote never gets into the query as it is, so there is nothing that could end the condition and begin something else.
 *
 *   condition  = conjunction { OR conjunction }
 *   conjunction = negation { AND negation }
 *   negation   = NOT negation | "(" condition ")" | comparison
 *   comparison = property operator literal | literal operator property | property IS [NOT] NULL
 *              | property [NOT] LIKE string | property ISA string
 */
import { limits } from "@mcp-gateway/kit/limits";
import { type Token, WqlFault, wqlTokens } from "./wql-tokens.ts";

export type Literal =
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "keyword"; readonly text: "TRUE" | "FALSE" | "NULL" };

export type Condition =
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | {
      readonly kind: "compare";
      readonly property: string;
      readonly operator: string;
      readonly literal: Literal;
      readonly isLiteralFirst: boolean;
    }
  | { readonly kind: "null"; readonly property: string; readonly isNot: boolean };

const keywords: ReadonlySet<string> = new Set([
  "AND",
  "OR",
  "NOT",
  "IS",
  "NULL",
  "LIKE",
  "ISA",
  "TRUE",
  "FALSE",
  "SELECT",
  "FROM",
  "WHERE",
  "ASSOCIATORS",
  "REFERENCES",
  "OF",
  "WITHIN",
  "GROUP",
  "BY",
  "HAVING",
]);

/** @throws WqlFault */
export function parseCondition(text: string): Condition {
  if (text.length > limits.wmiFilterCharactersMax)
    throw new WqlFault(
      `the filter is longer than ${limits.wmiFilterCharactersMax} characters`,
      limits.wmiFilterCharactersMax,
    );
  return new Parser(wqlTokens(text)).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Condition {
    const condition = this.#condition();
    if (this.#peek().kind !== "end") throw new WqlFault("AND, OR or the end was expected", this.#peek().at);
    return condition;
  }

  #condition(): Condition {
    return this.#joined("or", () => this.#joined("and", () => this.#negation()));
  }

  #joined(kind: "and" | "or", part: () => Condition): Condition {
    const first = part();
    const parts = [first];
    while (this.#takeWord(kind)) parts.push(part());
    return parts.length === 1 ? first : { kind, parts };
  }

  #negation(): Condition {
    if (++this.#depth > limits.wmiFilterDepthMax)
      throw new WqlFault(
        `more than ${limits.wmiFilterDepthMax} levels of NOT and parentheses`,
        this.#peek().at,
      );
    const condition = this.#unboundedNegation();
    this.#depth -= 1;
    return condition;
  }

  #unboundedNegation(): Condition {
    if (this.#takeWord("not")) return { kind: "not", part: this.#negation() };
    if (this.#peek().kind !== "open") return this.#comparison();
    this.#take();
    const inner = this.#condition();
    if (this.#take().kind !== "close")
      throw new WqlFault("`)` was expected", this.#tokens[this.#next - 1]?.at ?? 0);
    return inner;
  }

  #comparison(): Condition {
    const first = this.#peek();
    if (first.kind !== "word" || isLiteralWord(first.text)) {
      const literal = this.#literal();
      const operator = this.#operator();
      return { kind: "compare", property: this.#property(), operator, literal, isLiteralFirst: true };
    }
    const property = this.#property();
    if (this.#takeWord("is")) {
      const isNot = this.#takeWord("not");
      if (!this.#takeWord("null")) throw new WqlFault("NULL was expected", this.#peek().at);
      return { kind: "null", property, isNot };
    }
    const isNot = this.#takeWord("not");
    for (const operator of ["LIKE", "ISA"])
      if ((operator === "LIKE" || !isNot) && this.#takeWord(operator)) {
        const compared: Condition = {
          kind: "compare",
          property,
          operator,
          literal: this.#string(operator),
          isLiteralFirst: false,
        };
        return isNot ? { kind: "not", part: compared } : compared;
      }
    if (isNot) throw new WqlFault("LIKE was expected after NOT", this.#peek().at);
    const operator = this.#operator();
    return { kind: "compare", property, operator, literal: this.#literal(), isLiteralFirst: false };
  }

  #property(): string {
    const token = this.#take();
    if (token.kind === "word" && !keywords.has(token.text.toUpperCase())) return token.text;
    throw new WqlFault("the name of a property was expected", token.at);
  }

  #operator(): string {
    const token = this.#take();
    if (token.kind === "operator") return token.text === "!=" ? "<>" : token.text;
    throw new WqlFault("an operator (= <> < > <= >= LIKE IS) was expected", token.at);
  }

  #literal(): Literal {
    const token = this.#take();
    if (token.kind === "string") return { kind: "string", value: token.value };
    if (token.kind === "number") return { kind: "number", text: token.text };
    const word = token.kind === "word" ? token.text.toUpperCase() : "";
    if (word === "TRUE" || word === "FALSE" || word === "NULL") return { kind: "keyword", text: word };
    throw new WqlFault("a string in quotes, a number, TRUE, FALSE or NULL was expected", token.at);
  }

  #string(after: string): Literal {
    const token = this.#take();
    if (token.kind === "string") return { kind: "string", value: token.value };
    throw new WqlFault(`a string in quotes was expected after ${after}`, token.at);
  }

  #takeWord(word: string): boolean {
    const token = this.#peek();
    if (token.kind !== "word" || token.text.toUpperCase() !== word.toUpperCase()) return false;
    this.#next += 1;
    return true;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== "end") this.#next += 1;
    return token;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", at: 0 };
  }
}

function isLiteralWord(text: string): boolean {
  return /^(?:TRUE|FALSE|NULL)$/iu.test(text);
}

export function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.parts.map(grouped).join(condition.kind === "and" ? " AND " : " OR ");
    case "not":
      return `NOT ${grouped(condition.part)}`;
    case "null":
      return `${condition.property} IS ${condition.isNot ? "NOT " : ""}NULL`;
    case "compare": {
      const literal = literalText(condition.literal);
      const [left, right] = condition.isLiteralFirst
        ? [literal, condition.property]
        : [condition.property, literal];
      return `${left} ${condition.operator} ${right}`;
    }
    default:
      return condition satisfies never;
  }
}

function grouped(condition: Condition): string {
  const text = conditionText(condition);
  return condition.kind === "and" || condition.kind === "or" || condition.kind === "not" ? `(${text})` : text;
}

/** The quote that the value lacks, where there is one: not every implementation knows the escape of a quote. */
function literalText(literal: Literal): string {
  if (literal.kind !== "string") return literal.text;
  const quote = literal.value.includes('"') && !literal.value.includes("'") ? "'" : '"';
  const escaped = literal.value.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`);
  return `${quote}${escaped}${quote}`;
}
