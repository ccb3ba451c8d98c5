/** Which commands stand in a script of PowerShell. What can't be read is said, never guessed. */
import { limits } from "@mcp-gateway/kit/limits";
import type { CommandWord, ReadCommands } from "./command-rules.ts";
import { PowerShellWords, type ScriptWord } from "./powershell-words.ts";
import { Unreadable } from "./unreadable.ts";

const separators = ";|&(){}\n\r";
/** Words that may stand before a command, or alone before a parenthesis or a block. */
const before = new Set(["return", "throw", "exit", "break", "continue", "in"]);
const alone = new Set(
  (
    "if elseif else while do until for foreach switch try catch finally trap begin process end dynamicparam param " +
    "return throw exit break continue in"
  ).split(" "),
);
const expression = /^[\d$@[("'\-+,!]/u;

export function readPowerShellCommands(text: string): ReadCommands {
  const commands: (readonly CommandWord[])[] = [];
  try {
    new ScriptReader(text, commands).read();
    return { commands, assigned: [], unreadable: [] };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { commands, assigned: [], unreadable: [error.message] };
  }
}

/** Whether a statement is an expression: it calls no command by a name, but may call any method. */
export function isExpression(words: readonly CommandWord[]): boolean {
  return expression.test(words[0]?.text ?? "");
}

class ScriptReader extends PowerShellWords {
  readonly #commands: (readonly CommandWord[])[];
  #words: ScriptWord[] = [];
  /** Behind `&` or `.`: what comes is run, whatever it is. */
  #isCalled = false;

  constructor(text: string, commands: (readonly CommandWord[])[]) {
    super(text, separators);
    this.#commands = commands;
  }

  read(): void {
    while (this.at < this.text.length) {
      const char = this.peek();
      if (this.skipBlank() || this.skipComment()) continue;
      if (separators.includes(char)) this.#separate(char);
      else if (char === "<" || char === ">") this.#passRedirection();
      else if (char === "." && this.#words.length === 0 && this.#isDotOperator()) {
        this.#isCalled = true;
        this.at += 1;
      } else this.#words.push(this.takeWord());
    }
    this.#finish();
  }

  #separate(char: string): void {
    if (char === "(" && this.#isCalled && this.#words.length === 0)
      throw new Unreadable("which command is called is known only when it runs");
    this.#finish();
    // `&&` joins two commands; a single `&` calls what follows.
    const isPair = char === "&" && this.peek(1) === "&";
    this.#isCalled = char === "&" && !isPair;
    this.at += isPair ? 2 : 1;
  }

  #isDotOperator(): boolean {
    return /^[\s$({'"\u2018-\u201f`]/u.test(this.peek(1));
  }

  #passRedirection(): void {
    // `2>` and `*>` belong together; the number is no word.
    if (/[\d*]/u.test(this.peek(-1)) && /^[\d*]$/u.test(this.#words.at(-1)?.text ?? "")) this.#words.pop();
    this.at += this.peek(1) === this.peek() ? 2 : 1;
    if (this.peek() === "&") {
      this.at += 2;
      return;
    }
    while (this.skipBlank());
    this.takeWord();
  }

  #finish(): void {
    for (const command of this.#arranged(this.#words)) {
      this.#commands.push(command);
      if (this.#commands.length > limits.shellPolicyCommandsMax)
        throw new Unreadable("it holds too many commands");
    }
    this.#words = [];
    this.#isCalled = false;
  }

  #arranged(given: readonly ScriptWord[]): readonly (readonly CommandWord[])[] {
    let words = given;
    for (;;) {
      const [first, second, ...rest] = words;
      if (first === undefined) return [];
      if (this.#isCalled)
        return [first.isKnown ? words : [{ ...first, text: `& ${first.text}` }, ...words.slice(1)]];
      const name = first.isQuoted ? "" : first.text.toLowerCase();
      if (second === undefined && alone.has(name)) return [];
      if (name === "exit" && rest.length === 0 && /^-?\d+$/u.test(second?.text ?? "")) return [];
      if (name === "function" || name === "filter") words = rest;
      else if (before.has(name)) words = words.slice(1);
      // `$x = command` and `@{ a = command }`: what is assigned may be a command.
      else if (/^[-+*/%?]*=$/u.test(second?.text ?? "") && second?.isQuoted === false) words = rest;
      else if (second?.text.toLowerCase() === "in" && first.text.startsWith("$")) words = rest;
      else if (first.isText) return [[{ text: `'${first.text}`, isKnown: true }, ...words.slice(1)]];
      else return assigned(first, words);
    }
  }
}

/** `$x=command`, in one word. */
function assigned(first: ScriptWord, words: readonly ScriptWord[]): readonly (readonly CommandWord[])[] {
  const at = first.isQuoted ? -1 : first.text.indexOf("=");
  if (at === -1) return [words];
  const value = { ...first, text: first.text.slice(at + 1) };
  const command = value.text === "" ? words.slice(1) : [value, ...words.slice(1)];
  const isVariable = /^\$[\w:]+[-+*/%?]*$/u.test(first.text.slice(0, at));
  if (command.length === 0) return isVariable ? [] : [words];
  // The variable is what is not known of it; its value may be.
  return isVariable ? [command.map((word, index) => (index === 0 ? valueIn(word) : word))] : [words, command];
}

function valueIn(word: CommandWord): CommandWord {
  return { ...word, isKnown: !/[$*?]/u.test(word.text) };
}
