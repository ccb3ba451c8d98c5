/**
 * The words of bash's language: quotes, escapes and expansions. What runs inside an expansion is handed to
 * `readList`, so that no command hides in one.
 */
import type { CommandWord } from "./command-rules.ts";
import { Unreadable } from "./unreadable.ts";

export interface BashWord extends CommandWord {
  /** No part of it was quoted, so it may be a keyword. */
  readonly isPlain: boolean;
}

const endsWord = " \t\n;&|()<>";
const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

export abstract class BashWords {
  protected readonly text: string;
  protected at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Reads commands up to the closing parenthesis, which it passes. */
  protected abstract readParenthesis(): void;
  /** Reads a command line that stands in another one. */
  protected abstract readInner(text: string): void;

  protected peek(ahead = 0): string {
    return this.text[this.at + ahead] ?? "";
  }

  protected startsWith(part: string): boolean {
    return this.text.startsWith(part, this.at);
  }

  protected readWord(): BashWord {
    let text = "";
    let isKnown = true;
    let isPlain = true;
    const patterns = new PatternWatch();
    while (this.at < this.text.length) {
      const char = this.peek();
      if ((char === "<" || char === ">") && this.peek(1) === "(") {
        this.at += 2;
        this.readParenthesis();
        isKnown = false;
        continue;
      }
      if (endsWord.includes(char)) break;
      if (char === "\\" || char === "'" || char === '"') {
        isPlain = false;
        const part = this.#readQuoted(char);
        text += part.text;
        isKnown &&= part.isKnown;
      } else if (char === "$" || char === "`") {
        const part = this.readExpansion();
        text += part;
        if (part === "") isKnown = false;
        isPlain = false;
      } else {
        if (patterns.sees(char)) isKnown = false;
        text += char;
        this.at += 1;
      }
    }
    return { text, isKnown, isPlain };
  }

  #readQuoted(quote: string): { text: string; isKnown: boolean } {
    if (quote === "\\") {
      const next = this.peek(1);
      this.at += 2;
      return { text: next === "\n" ? "" : next, isKnown: true };
    }
    if (quote === '"') return this.readDoubleQuoted();
    const end = this.text.indexOf("'", this.at + 1);
    if (end === -1) throw new Unreadable("a single quote is not closed");
    const text = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return { text, isKnown: true };
  }

  protected readDoubleQuoted(): { text: string; isKnown: boolean } {
    this.at += 1;
    let text = "";
    let isKnown = true;
    while (this.at < this.text.length) {
      const char = this.peek();
      if (char === '"') {
        this.at += 1;
        return { text, isKnown };
      }
      if (char === "\\") {
        const next = this.peek(1);
        text += next === "\n" ? "" : '$`"\\'.includes(next) ? next : `\\${next}`;
        this.at += 2;
      } else if (char === "$" || char === "`") {
        const isLiteral = char === "$" && (this.peek(1) === "'" || this.peek(1) === '"');
        const part = isLiteral ? "$" : this.readExpansion();
        if (isLiteral) this.at += 1;
        text += part;
        if (part === "") isKnown = false;
      } else {
        text += char;
        this.at += 1;
      }
    }
    throw new Unreadable("a double quote is not closed");
  }

  /** At `$` or a backtick. @returns the text it stands for, empty when only the shell can tell */
  protected readExpansion(): string {
    if (this.peek() === "`") return this.#readBackticks();
    const next = this.peek(1);
    if (next === "'") return this.#readAnsiQuoted();
    if (next === '"') {
      this.at += 1;
      this.readDoubleQuoted();
      return "";
    }
    if (next === "(") return this.#readSubstitution();
    if (next === "{" || next === "[") return this.#readBraces(next === "{" ? "}" : "]");
    const name = /^(?:[A-Za-z_]\w*|[\d@*#?$!_-])/u.exec(this.text.slice(this.at + 1, this.at + 256));
    this.at += 1 + (name?.[0].length ?? 0);
    return name === null ? "$" : "";
  }

  #readSubstitution(): "" {
    if (this.startsWith("$((") && this.skipArithmetic(this.at + 1)) return "";
    this.at += 2;
    this.readParenthesis();
    return "";
  }

  /** `((…))` at a place: passes it and reads the expansions in it. @returns false when it is no arithmetic */
  protected skipArithmetic(from: number): boolean {
    let depth = 0;
    for (let at = from; at < this.text.length; at++) {
      const char = this.text[at];
      if (char === "(") depth += 1;
      if (char === ")") depth -= 1;
      if (depth > 0) continue;
      if (this.text[at - 1] !== ")") return false;
      const inner = this.text.slice(from + 2, at - 1);
      this.at = at + 1;
      this.readInnerExpansions(inner);
      return true;
    }
    return false;
  }

  #readBraces(close: "}" | "]"): "" {
    this.at += 2;
    // Bash 5.3 runs what stands in `${ …; }` and `${| …; }`.
    if (close === "}" && /^[\s|(]/u.test(this.peek())) throw new Unreadable("`${` is followed by a command");
    while (this.at < this.text.length) {
      const char = this.peek();
      if (char === close) {
        this.at += 1;
        return "";
      }
      if (char === "\\" || char === "'") this.#readQuoted(char);
      else if (char === '"') this.readDoubleQuoted();
      else if (char === "$" || char === "`") this.readExpansion();
      else if ((char === "<" || char === ">") && this.peek(1) === "(") {
        this.at += 2;
        this.readParenthesis();
      } else this.at += 1;
    }
    throw new Unreadable("`${` or `$[` is not closed");
  }

  #readBackticks(): "" {
    let inner = "";
    for (let at = this.at + 1; at < this.text.length; at++) {
      const char = this.text[at] ?? "";
      const next = this.text[at + 1] ?? "";
      if (char === "`") {
        this.at = at + 1;
        this.readInner(inner);
        return "";
      }
      const isEscape = char === "\\" && "`\\$".includes(next);
      inner += isEscape ? next : char;
      if (isEscape) at += 1;
    }
    throw new Unreadable("a backtick is not closed");
  }

  #readAnsiQuoted(): string {
    const pattern = /\$'((?:[^'\\]|\\.)*)'/suy;
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) throw new Unreadable("$' is not closed");
    this.at = pattern.lastIndex;
    const text = (match[1] ?? "").replace(
      /\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,6})|([0-7]{1,3})|(.))/gsu,
      (_, hex?: string, short?: string, long?: string, octal?: string, char?: string) => {
        if (char !== undefined) return escapes[char] ?? char;
        const code =
          octal === undefined ? Number.parseInt(hex ?? short ?? long ?? "0", 16) : Number.parseInt(octal, 8);
        return code <= 0x10ffff ? String.fromCodePoint(code) : "";
      },
    );
    // An empty text would say that it can't be told; it is told, and it is nothing.
    return text === "" ? "\0" : text;
  }

  /** Of text that is no command line, but in which expansions run: a here-document, arithmetic, a subscript. */
  protected abstract readInnerExpansions(text: string): void;
}

/** Notices file patterns and brace expansions, whose outcome only the shell knows. */
class PatternWatch {
  #bracket = false;
  #brace = false;
  #inBrace = "";

  sees(char: string): boolean {
    if (char === "*" || char === "?") return true;
    if (char === "]") return this.#bracket;
    if (char === "[") this.#bracket = true;
    if (char === "}") return this.#brace && /,|\.\./u.test(this.#inBrace);
    if (char === "{") this.#brace = true;
    else if (this.#brace) this.#inBrace += char;
    return false;
  }
}
