/** Which commands stand in a command of cmd.exe. What can't be read is said, never guessed. */
import { limits } from "@mcp-gateway/kit/limits";
import { expansionIn } from "./cmd-expansion.ts";
import { cmdLines } from "./cmd-lines.ts";
import type { CommandWord, ReadCommands } from "./command-rules.ts";
import { Unreadable } from "./unreadable.ts";

interface CmdWord extends CommandWord {
  /** `==` stands before it, which cmd.exe otherwise takes for a blank. */
  readonly isAfterEquals: boolean;
}

const separators = "&|()\n\r\u001a";
const blanks = " \t,;=\v\f\u00a0\u00ff";
/** Built into cmd.exe: their names may be followed by more than a blank (`del/q`, `cd\`, `echo.`). */
const builtIn = new Set(
  (
    "assoc break call cd chdir cls color copy date del dir echo endlocal erase exit for ftype goto if md mkdir mklink move " +
    "path pause popd prompt pushd rd rem ren rename rmdir set setlocal shift start time title type ver verify vol"
  ).split(" "),
);

export function readCmdCommands(text: string, setByCall: readonly string[] = []): ReadCommands {
  const lines = cmdLines(text);
  const commands: (readonly CommandWord[])[] = [];
  const expansion = expansionIn(lines, setByCall);
  if (expansion !== undefined) return { commands, assigned: [], unreadable: [expansion] };
  const joined = lines.join("\n");
  // What stands beside a pipe is read once more by a cmd.exe of its own, then without these carets.
  const readings =
    joined.includes("|") && joined.includes("^") ? [joined, joined.replaceAll("^", "")] : [joined];
  try {
    for (const reading of readings) new CmdReader(reading, commands, 0).read();
    return { commands, assigned: [], unreadable: [] };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { commands, assigned: [], unreadable: [error.message] };
  }
}

class CmdReader {
  readonly #text: string;
  readonly #commands: (readonly CommandWord[])[];
  readonly #depth: number;
  #at = 0;
  #words: CmdWord[] = [];
  #isAfterEquals = false;

  constructor(text: string, commands: (readonly CommandWord[])[], depth: number) {
    if (depth > limits.shellPolicyDepthMax) throw new Unreadable("it is nested too deeply");
    this.#text = text;
    this.#commands = commands;
    this.#depth = depth;
  }

  read(): void {
    while (this.#at < this.#text.length) {
      const char = this.#peek();
      if (char === "(" && this.#isLoop()) this.#readSet();
      else if (separators.includes(char)) {
        this.#finish();
        this.#at += 1;
      } else if (blanks.includes(char)) {
        if (this.#text.startsWith("==", this.#at)) this.#isAfterEquals = true;
        this.#at += 1;
      } else if (char === "<" || char === ">") this.#passRedirection();
      else this.#words.push(this.#takeWord());
    }
    this.#finish();
  }

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }

  #finish(): void {
    const words = commandOf(this.#words);
    this.#words = [];
    this.#isAfterEquals = false;
    if (words.length > 0) this.#commands.push(...spellings(words));
    if (this.#commands.length > limits.shellPolicyCommandsMax)
      throw new Unreadable("it holds too many commands");
  }

  /** `for … in` */
  #isLoop(): boolean {
    const words = commandOf(this.#words);
    return /^for(?:$|\/)/iu.test(words[0]?.text ?? "") && words.at(-1)?.text.toLowerCase() === "in";
  }

  /** What a loop goes through: file names and text, but of `for /f` also commands in quotes. */
  #readSet(): void {
    const isCommand = this.#words.some(({ text }) => /\/f/iu.test(text));
    this.#words = [];
    const from = ++this.#at;
    let isQuoted = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#peek();
      if (char === '"') isQuoted = !isQuoted;
      else if (char === "^" && !isQuoted) this.#at += 1;
      else if (char === ")" && !isQuoted) break;
    }
    const set = this.#text.slice(from, this.#at++).trim();
    if (!isCommand || !/['`]/u.test(set)) return;
    const inner = set.replace(/^['`]|['`]$/gu, "");
    for (const reading of [inner, inner.replaceAll("^", "")])
      new CmdReader(reading, this.#commands, this.#depth + 1).read();
  }

  #passRedirection(): void {
    // `2>` belongs together; the number is no word.
    if (/\d/u.test(this.#text[this.#at - 1] ?? "") && /^\d$/u.test(this.#words.at(-1)?.text ?? ""))
      this.#words.pop();
    this.#at += this.#text[this.#at + 1] === this.#peek() ? 2 : 1;
    if (this.#peek() === "&") {
      this.#at += 2;
      return;
    }
    while (this.#peek() !== "" && blanks.includes(this.#peek())) this.#at += 1;
    this.#takeWord();
  }

  #takeWord(): CmdWord {
    const from = this.#at;
    let text = "";
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#peek();
      if (separators.includes(char) || blanks.includes(char) || char === "<" || char === ">") break;
      if (char === "^") {
        this.#at += 1;
        // What it joins depends on where the line is; a comment, for one, ends all the same.
        if ("\r\n".includes(this.#peek()) && this.#peek() !== "")
          throw new Unreadable("a line ends with a caret");
        text += this.#peek();
      } else if (char === '"') text += this.#quoted();
      else text += char;
    }
    const isAfterEquals = this.#isAfterEquals;
    this.#isAfterEquals = false;
    const raw = this.#text.slice(from, this.#at);
    return { text, isKnown: !/[%!]/u.test(raw) && !/[*?]/u.test(text), isAfterEquals };
  }

  /** Leaves the position at the closing quote, or before the end of the line, where every quote ends. */
  #quoted(): string {
    const end = /["\r\n]/u.exec(this.#text.slice(this.#at + 1))?.index ?? this.#text.length;
    const text = this.#text.slice(this.#at + 1, this.#at + 1 + end);
    const isClosed = this.#text[this.#at + 1 + end] === '"';
    this.#at += isClosed ? end + 1 : end;
    return text;
  }
}

/** The command itself, behind `@`, `do`, `else` and `if …`. */
function commandOf(given: readonly CmdWord[]): readonly CmdWord[] {
  let words = given;
  for (;;) {
    const [first, ...rest] = words;
    if (first === undefined) return [];
    const text = first.text.replace(/^@+/u, "").replace(/^(?:do|else)@+/iu, "");
    if (text === "" || /^(?:do|else)$/iu.test(text)) words = rest;
    else if (/^if(?:$|\/)/iu.test(text)) words = rest.slice(conditionLength(rest));
    else return [{ ...first, text }, ...rest];
  }
}

const operators = new Set(["equ", "neq", "lss", "leq", "gtr", "geq"]);

/** How many words behind `if` belong to its condition. */
function conditionLength(words: readonly CmdWord[]): number {
  const lower = words.map(({ text }) => text.toLowerCase());
  let at = 0;
  while (lower[at] === "/i" || lower[at] === "not") at += 1;
  if (["exist", "defined", "errorlevel", "cmdextversion"].includes(lower[at] ?? "")) return at + 2;
  if (words[at + 1]?.isAfterEquals === true) return at + 2;
  if (operators.has(lower[at + 1] ?? "")) return at + 3;
  throw new Unreadable("the condition of an `if` is not plain");
}

/** `del/q` is the command `del`, and `x\..\del` may be read in two ways: then both are told. */
function spellings([first, ...rest]: readonly CommandWord[]): readonly (readonly CommandWord[])[] {
  if (first === undefined) return [];
  const found = /^([^\\/:.+[\]]+)([\\/:.+[\]].*)$/su.exec(first.text);
  const [, name = "", more = ""] = found ?? [];
  const isBuiltIn = builtIn.has(name.toLowerCase());
  if (found === null || (!isBuiltIn && !more.startsWith("/"))) return [[first, ...rest]];
  const apart = [{ ...first, text: name }, { ...first, text: more }, ...rest];
  return /^(?:[\\./+[\]:]|\.\.|\/[\w?]|\/[\w?]:\w+)$/u.test(more) ? [apart] : [apart, [first, ...rest]];
}
