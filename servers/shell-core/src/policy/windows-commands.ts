/** Which commands stand in a line of cmd.exe or of PowerShell. What can't be read is said, never guessed. */
import { limits } from "@mcp-gateway/kit/limits";
import type { CommandWord, ReadCommands } from "./command-rules.ts";

interface Language {
  readonly quotes: string;
  readonly escapeBy: string;
  /** Characters that end a command. */
  readonly separators: string;
  readonly blanks: string;
  /** What makes a word unknowable. */
  readonly expands: RegExp;
  readonly comment: RegExp | undefined;
}

const cmd: Language = {
  quotes: '"',
  escapeBy: "^",
  separators: "&|()\n\r",
  blanks: " \t,;=",
  expands: /%[^%\s]+%|%~?[\w*]|![^!\s]+!/u,
  comment: undefined,
};

const powerShell: Language = {
  quotes: "\"'\u2018\u2019\u201c\u201d",
  escapeBy: "`",
  separators: ";|&(){}\n\r",
  blanks: " \t",
  expands: /\$/u,
  comment: /<#[\s\S]*?(?:#>|$)|#[^\n]*/uy,
};

export function readCmdCommands(text: string): ReadCommands {
  return read(text, cmd, (words) => {
    const [first, ...rest] = words;
    if (first === undefined) return [];
    // `@echo`, `del/q` and `echo.` are the commands echo, del and echo.
    const name = /^[^\\:]*?(?=[/.(+[\]])/u.exec(first.text)?.[0];
    const bare = { ...first, text: first.text.replace(/^@+/u, "") };
    const isPath = /[\\:]/u.test(bare.text);
    if (name === undefined || name === "" || isPath || /\.(?:exe|com|bat|cmd)$/iu.test(bare.text))
      return [[bare, ...rest]];
    return [[{ ...bare, text: name.replace(/^@+/u, "") }, ...rest]];
  });
}

const expression = /^[\d$@[("'\-+,!]/u;

export function readPowerShellCommands(text: string): ReadCommands {
  return read(text, powerShell, (words) => {
    const [first, second] = words;
    if (first === undefined) return [];
    // `$x = command`: what is assigned may be a command, the variable is none.
    if (/^\$[\w:{}.[\]]+$/u.test(first.text) && /^[-+*/%?]*=$/u.test(second?.text ?? ""))
      return [words.slice(2)].filter((rest) => rest.length > 0);
    if (first.text === ".") return [called(words.slice(1))];
    return [words];
  });
}

/** `& $x` runs whatever the variable names; without the call operator it would only be shown. */
function called(words: readonly CommandWord[]): readonly CommandWord[] {
  const [first, ...rest] = words;
  return first?.isKnown === false ? [{ ...first, text: `& ${first.text}` }, ...rest] : words;
}

/** Whether a PowerShell statement is an expression: it calls no command by a name, but may call any method. */
export function isExpression(words: readonly CommandWord[]): boolean {
  return expression.test(words[0]?.text ?? "");
}

function read(
  text: string,
  language: Language,
  arrange: (words: readonly CommandWord[]) => readonly (readonly CommandWord[])[],
): ReadCommands {
  const commands: (readonly CommandWord[])[] = [];
  let words: CommandWord[] = [];
  let at = 0;
  let isCalled = false;
  const finish = (): void => {
    commands.push(...arrange(isCalled ? called(words) : words).filter((one) => one.length > 0));
    words = [];
    isCalled = false;
  };
  while (at < text.length) {
    const char = text[at] ?? "";
    const comment = commentAt(text, at, language);
    if (comment > 0) at += comment;
    else if (language.separators.includes(char)) {
      finish();
      isCalled = char === "&" && language === powerShell;
      at += 1;
    } else if (language.blanks.includes(char)) at += 1;
    else if (char === "<" || char === ">") {
      // `2>` belongs together; the number is no word.
      if (/\d/u.test(text[at - 1] ?? "") && /^\d$/u.test(words.at(-1)?.text ?? "")) words.pop();
      at = passRedirection(text, at, language);
    } else {
      const taken = takeWord(text, at, language);
      if (taken === undefined) return { commands, assigned: [], unreadable: ["a quote is not closed"] };
      if (language === powerShell && /\$\(/u.test(taken.word.text))
        return { commands, assigned: [], unreadable: ["a string holds a command"] };
      words.push(taken.word);
      at = taken.end;
    }
    if (commands.length > limits.shellPolicyCommandsMax)
      return { commands, assigned: [], unreadable: ["it holds too many commands"] };
  }
  finish();
  return { commands, assigned: [], unreadable: [] };
}

function commentAt(text: string, at: number, { comment }: Language): number {
  if (comment === undefined) return 0;
  comment.lastIndex = at;
  return comment.exec(text)?.[0].length ?? 0;
}

/** `>`, `>>`, `<` with the name of the file, or `>&1` */
function passRedirection(text: string, from: number, language: Language): number {
  let at = from + (text[from + 1] === text[from] ? 2 : 1);
  if (text[at] === "&") return at + 2;
  while (at < text.length && language.blanks.includes(text[at] ?? "")) at += 1;
  return takeWord(text, at, language)?.end ?? text.length;
}

function takeWord(
  text: string,
  from: number,
  { quotes, escapeBy, separators, blanks, expands }: Language,
): { readonly word: CommandWord; readonly end: number } | undefined {
  let value = "";
  let at = from;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (separators.includes(char) || blanks.includes(char) || char === "<" || char === ">") break;
    if (char === escapeBy) {
      value += text[at + 1] ?? "";
      at += 2;
    } else if (quotes.includes(char)) {
      const end = text.indexOf(char, at + 1);
      // cmd.exe takes a quote that is not closed for the rest of the line; PowerShell refuses it.
      if (end === -1 && escapeBy === "`") return undefined;
      value += text.slice(at + 1, end === -1 ? undefined : end);
      at = end === -1 ? text.length : end + 1;
    } else {
      value += char;
      at += 1;
    }
  }
  const raw = text.slice(from, at);
  return { word: { text: value, isKnown: !expands.test(raw) && !/[*?]/u.test(value) }, end: at };
}
