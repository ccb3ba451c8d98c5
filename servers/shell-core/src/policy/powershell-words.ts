/** The words of a PowerShell script (about_Quoting_Rules, about_Special_Characters), as far as lists of commands need them. */
import type { CommandWord } from "./command-rules.ts";
import { Unreadable } from "./unreadable.ts";

export interface ScriptWord extends CommandWord {
  readonly isQuoted: boolean;
  /** It begins with a quote: a text, unless something calls it. */
  readonly isText: boolean;
}

/** PowerShell takes all of these for the same quote, also in pairs of two different ones. */
const single = "'\u2018\u2019\u201a\u201b";
const double = '"\u201c\u201d\u201e';
/** Letters that a backtick makes a control character of. */
const control = "0abefnrtv";

export class PowerShellWords {
  protected readonly text: string;
  protected at = 0;
  readonly #ends: string;

  /** @param separators characters that end a word */
  constructor(text: string, separators: string) {
    this.text = text;
    this.#ends = `${separators}<>`;
  }

  protected peek(ahead = 0): string {
    return this.text[this.at + ahead] ?? "";
  }

  protected skipBlank(): boolean {
    if (this.peek() === "`" && /[\r\n]/u.test(this.peek(1))) {
      this.at += this.text.startsWith("\r\n", this.at + 1) ? 3 : 2;
      return true;
    }
    if (!isBlank(this.peek())) return false;
    this.at += 1;
    return true;
  }

  /** Only where a word could begin: `a#b` is one word. */
  protected skipComment(): boolean {
    const isBlock = this.text.startsWith("<#", this.at);
    if (!isBlock && this.peek() !== "#") return false;
    const end = this.text.slice(this.at).search(isBlock ? /#>/u : /[\r\n]|$/u);
    if (end === -1) throw new Unreadable("a comment is not closed");
    this.at += end + (isBlock ? 2 : 0);
    return true;
  }

  protected takeWord(): ScriptWord {
    let text = "";
    let isKnown = true;
    let isQuoted = false;
    const isText =
      isIn(single + double, this.peek()) ||
      /^@["'\u2018-\u201e]/u.test(this.text.slice(this.at, this.at + 2));
    while (this.at < this.text.length) {
      const char = this.peek();
      if (this.#ends.includes(char) || isBlank(char)) break;
      if (char === "`") {
        if (/[\r\n]/u.test(this.peek(1))) break;
        const escaped = this.#escaped();
        text += escaped ?? "";
        isKnown &&= escaped !== undefined;
      } else if (isIn(single, char) || isIn(double, char)) {
        isQuoted = true;
        const taken = this.#quoted(isIn(single, char) ? single : double);
        text += taken.text;
        isKnown &&= taken.isKnown;
      } else if (char === "@" && (isIn(single, this.peek(1)) || isIn(double, this.peek(1))) && text === "") {
        isQuoted = true;
        isKnown &&= this.#hereString();
      } else if (char === "$" && this.peek(1) === "{") {
        const end = this.text.indexOf("}", this.at);
        if (end === -1) throw new Unreadable("a variable's name is not closed");
        text += "$";
        isKnown = false;
        this.at = end + 1;
      } else {
        isKnown &&= !"$*?".includes(char);
        text += char;
        this.at += 1;
      }
    }
    return { text, isKnown, isQuoted, isText };
  }

  /** At a backtick. @returns undefined for what no command's name is made of */
  #escaped(): string | undefined {
    const char = this.peek(1);
    if (char === "u" && this.peek(2) === "{") throw new Unreadable("a character is written by its number");
    this.at += 2;
    return control.includes(char) && char !== "" ? undefined : char;
  }

  #quoted(quotes: string): { readonly text: string; readonly isKnown: boolean } {
    let text = "";
    let isKnown = true;
    for (this.at += 1; this.at < this.text.length; this.at++) {
      const char = this.peek();
      if (isIn(quotes, char)) {
        this.at += 1;
        // Two of them stand for one.
        if (!isIn(quotes, this.peek())) return { text, isKnown };
        text += this.peek();
      } else if (quotes === single) text += char;
      else if (char === "`") {
        const escaped = this.#escaped();
        this.at -= 1;
        text += escaped ?? "";
        isKnown &&= escaped !== undefined;
      } else {
        isKnown &&= !this.#expands();
        text += char;
      }
    }
    throw new Unreadable("a quote is not closed");
  }

  /** `@'` and `@"` with their text, which ends at a line that begins with the quote. @returns whether it is known */
  #hereString(): boolean {
    const quotes = isIn(single, this.peek(1)) ? single : double;
    const body = /[^\S\r\n]*(?:\r\n|\r|\n)/uy;
    body.lastIndex = this.at + 2;
    if (!body.test(this.text)) throw new Unreadable("a quote is not closed");
    const end = new RegExp(`(?<=[\\r\\n])[${quotes}]@`, "gu");
    end.lastIndex = body.lastIndex;
    if (!end.test(this.text)) throw new Unreadable("a quote is not closed");
    let isKnown = true;
    if (quotes === double)
      for (this.at = body.lastIndex; this.at < end.lastIndex; this.at++) {
        if (this.peek() === "`") this.at += 1;
        else isKnown &&= !this.#expands();
      }
    this.at = end.lastIndex;
    return isKnown;
  }

  /** Whether a variable stands here, in a string that is filled in. */
  #expands(): boolean {
    if (this.peek() !== "$") return false;
    if (this.peek(1) === "(") throw new Unreadable("a string holds a command");
    return /[\w:?^${]/u.test(this.peek(1));
  }
}

function isIn(quotes: string, char: string): boolean {
  return char !== "" && quotes.includes(char);
}

/** Every space of Unicode is one to PowerShell, too; a line end is a separator. */
function isBlank(char: string): boolean {
  return char === "\u0085" || char === "\ufeff" || /[^\S\r\n]/u.test(char);
}
