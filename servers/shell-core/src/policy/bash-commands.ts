/** Which commands stand in a bash command line. What can't be read is said, never guessed. */
import { limits } from "@mcp-gateway/kit/limits";
import { BashWords } from "./bash-words.ts";
import type { CommandWord, ReadCommands } from "./command-rules.ts";
import { Unreadable } from "./unreadable.ts";

/** What a list of commands ends with; a clause of `case` ends in ways of its own. */
type ListEnd = "end of text" | ")" | "clause";

interface Found {
  readonly commands: (readonly CommandWord[])[];
  readonly assigned: string[];
}

const beforeCommand = new Set("if then elif else fi while until do done { } ! time".split(" "));
const redirection = /(?:&>>?|<<<|<<-?|<>|<&|>&|>>|>\||<|>)/uy;
const assignment = /([A-Za-z_]\w*)(\[[^\]\n]*\])?\+?=/uy;

export function readBashCommands(text: string): ReadCommands {
  const found: Found = { commands: [], assigned: [] };
  try {
    new BashList(text, found, 0).readAll();
    return { ...found, unreadable: [] };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ...found, unreadable: [error.message] };
  }
}

class BashList extends BashWords {
  readonly #found: Found;
  #depth: number;
  #hereDocuments: { readonly end: string; readonly isQuoted: boolean; readonly isIndented: boolean }[] = [];

  constructor(text: string, found: Found, depth: number) {
    super(text);
    this.#found = found;
    this.#depth = depth;
  }

  readAll(): void {
    this.#readList("end of text");
  }

  protected readParenthesis(): void {
    this.#readList(")");
  }

  protected readInner(text: string): void {
    new BashList(text, this.#found, this.#depth + 1).readAll();
  }

  protected readInnerExpansions(text: string): void {
    const inner = new BashList(text, this.#found, this.#depth + 1);
    inner.#checkDepth();
    while (inner.at < text.length) {
      const char = inner.peek();
      if (char === "\\") inner.at += 2;
      else if (char === "$" && (inner.peek(1) === "'" || inner.peek(1) === '"')) inner.at += 1;
      else if (char === "$" || char === "`") inner.readExpansion();
      else inner.at += 1;
    }
  }

  #checkDepth(): void {
    if (this.#depth > limits.shellPolicyDepthMax) throw new Unreadable("it is nested too deeply");
  }

  /** @returns whether a clause of `case` was its last */
  #readList(end: ListEnd): boolean {
    this.#depth += 1;
    this.#checkDepth();
    let words: CommandWord[] = [];
    let isCommand = true;
    const finish = (): void => {
      if (isCommand && words.length > 0) this.#add(words);
      words = [];
      isCommand = true;
    };
    const leave = (isLast: boolean): boolean => {
      finish();
      this.#depth -= 1;
      return isLast;
    };
    for (;;) {
      this.#skipBlanks();
      const char = this.peek();
      if (char === "") {
        if (end !== "end of text") throw new Unreadable("a parenthesis or `case` is not closed");
        return leave(true);
      }
      if (char === "#") this.#skipLine();
      else if (char === "\n") {
        finish();
        this.#passLineEnd();
      } else if (end === "clause" && this.#passes(";;&", ";;", ";&")) return leave(false);
      else if (char === ";" || char === "|" || (char === "&" && this.peek(1) !== ">")) {
        finish();
        this.at += 1;
      } else if (char === ")") {
        if (end !== ")") throw new Unreadable("a closing parenthesis has no opening one");
        this.at += 1;
        return leave(true);
      } else if (char === "(") {
        if (this.#readOpening(words)) words = [];
      } else if (this.#isRedirection()) this.#readRedirection();
      else if (words.length === 0 && isCommand && this.#readAssignment()) continue;
      else {
        const word = this.readWord();
        const target = this.peek();
        const isDescriptor = word.isPlain && /^(?:\d+|\{\w+\})$/u.test(word.text);
        if (isDescriptor && (target === "<" || target === ">")) continue;
        if (words.length > 0 || !isCommand || !word.isPlain) words.push(word);
        else if (end === "clause" && word.text === "esac") return leave(true);
        else if (beforeCommand.has(word.text)) this.#skipOption(word.text);
        else if (word.text === "for" || word.text === "select") isCommand = false;
        else if (word.text === "case") this.#readCase();
        else if (word.text === "[[") this.#skipTest();
        else if (word.text === "function") this.readNext();
        else if (word.text === "coproc") this.#skipCoprocessName();
        else words.push(word);
      }
    }
  }

  #add(words: readonly CommandWord[]): void {
    if (this.#found.commands.length >= limits.shellPolicyCommandsMax)
      throw new Unreadable("it holds too many commands");
    this.#found.commands.push(words);
  }

  readNext(): string {
    this.#skipBlanks();
    return this.readWord().text;
  }

  /** `time -p` */
  #skipOption(keyword: string): void {
    this.#skipBlanks();
    if (keyword === "time" && /^-p(?=\s)/u.test(this.text.slice(this.at, this.at + 3))) this.at += 2;
  }

  /** `coproc NAME { … }`: a name stands only before what is more than a simple command. */
  #skipCoprocessName(): void {
    const name = /[ \t]+[A-Za-z_]\w*(?=[ \t]+(?:[{(]|\[\[|(?:while|until|if|for|case|select)\s))/uy;
    name.lastIndex = this.at;
    if (name.test(this.text)) this.at = name.lastIndex;
  }

  /** At `(`: arithmetic, a subshell, or the parentheses of a function. @returns true when what follows is a new command */
  #readOpening(words: readonly CommandWord[]): boolean {
    if (words.length === 1) {
      const empty = /\(\s*\)/uy;
      empty.lastIndex = this.at;
      if (empty.test(this.text)) {
        this.at = empty.lastIndex;
        return true;
      }
    }
    if (words.length > 0) throw new Unreadable("a parenthesis stands where none can");
    if (this.startsWith("((") && this.skipArithmetic(this.at)) return false;
    this.at += 1;
    this.#readList(")");
    return false;
  }

  #readCase(): void {
    this.readNext();
    this.#skipSpace();
    if (this.readNext() !== "in") throw new Unreadable("`case` has no `in`");
    for (;;) {
      this.#skipSpace();
      if (this.peek() === "(") this.at += 1;
      for (;;) {
        this.#skipSpace();
        if (this.peek() === "|") this.at += 1;
        else if (this.peek() === ")") break;
        else {
          const before = this.at;
          if (this.readNext() === "esac") return;
          if (this.at === before) throw new Unreadable("a pattern of `case` is not closed");
        }
      }
      this.at += 1;
      if (this.#readList("clause")) return;
    }
  }

  /** `[[ … ]]` runs nothing but what is expanded in it. */
  #skipTest(): void {
    while (this.at < this.text.length) {
      this.#skipSpace();
      if ("<>&|();".includes(this.peek())) this.at += 1;
      else if (this.readWord().text === "]]") return;
    }
    throw new Unreadable("`[[` is not closed");
  }

  #readAssignment(): boolean {
    assignment.lastIndex = this.at;
    const match = assignment.exec(this.text);
    if (match === null) return false;
    this.at = assignment.lastIndex;
    this.#found.assigned.push(match[1] ?? "");
    if (match[2] !== undefined) this.readInnerExpansions(match[2]);
    if (this.peek() !== "(") {
      this.readWord();
      return true;
    }
    this.at += 1;
    for (;;) {
      this.#skipSpace();
      if (this.peek() === ")") break;
      if (this.peek() === "#") this.#skipLine();
      else {
        const before = this.at;
        this.readWord();
        if (this.at === before) throw new Unreadable("a list in parentheses is not closed");
      }
    }
    this.at += 1;
    return true;
  }

  #isRedirection(): boolean {
    const char = this.peek();
    return (char === "&" && this.peek(1) === ">") || ((char === "<" || char === ">") && this.peek(1) !== "(");
  }

  #readRedirection(): void {
    redirection.lastIndex = this.at;
    const operator = redirection.exec(this.text)?.[0] ?? "<";
    this.at += operator.length;
    this.#skipBlanks();
    const from = this.at;
    const target = this.readWord();
    if (operator !== "<<" && operator !== "<<-") return;
    const isQuoted = /["'\\]/u.test(this.text.slice(from, this.at));
    this.#hereDocuments.push({ end: target.text, isQuoted, isIndented: operator === "<<-" });
  }

  #passLineEnd(): void {
    this.at += 1;
    for (const { end, isQuoted, isIndented } of this.#hereDocuments.splice(0)) {
      const from = this.at;
      let to = from;
      for (;;) {
        if (this.at >= this.text.length) {
          to = this.text.length;
          break;
        }
        to = this.at;
        const line = this.#takeLine();
        if ((isIndented ? line.replace(/^\t+/u, "") : line) === end) break;
      }
      if (!isQuoted) this.readInnerExpansions(this.text.slice(from, to));
    }
  }

  #takeLine(): string {
    const end = this.text.indexOf("\n", this.at);
    const line = this.text.slice(this.at, end === -1 ? undefined : end);
    this.at = end === -1 ? this.text.length : end + 1;
    return line;
  }

  #skipLine(): void {
    const end = this.text.indexOf("\n", this.at);
    this.at = end === -1 ? this.text.length : end;
  }

  #skipBlanks(): void {
    for (;;) {
      if (this.startsWith("\\\n")) this.at += 2;
      else if (" \t".includes(this.peek()) && this.peek() !== "") this.at += 1;
      else return;
    }
  }

  #skipSpace(): void {
    this.#skipBlanks();
    while (this.peek() === "\n") {
      this.#passLineEnd();
      this.#skipBlanks();
    }
  }

  #passes(...tokens: readonly string[]): boolean {
    const token = tokens.find((one) => this.startsWith(one));
    this.at += token?.length ?? 0;
    return token !== undefined;
  }
}
