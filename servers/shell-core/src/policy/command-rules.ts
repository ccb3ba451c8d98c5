/** Allowed and denied commands: what a rule is, and whether a command meets it. */

/** The words of a rule: a program's name or path, then words of its arguments; `*` stands for any characters. */
export interface CommandRule {
  readonly text: string;
  readonly words: readonly string[];
}

export interface CommandWord {
  readonly text: string;
  /** False when what the shell makes of it can't be told before it runs: it holds a variable, a pattern … */
  readonly isKnown: boolean;
}

export interface ReadCommands {
  /** Each with the program's name first. */
  readonly commands: readonly (readonly CommandWord[])[];
  /** Variables that the command line itself sets. */
  readonly assigned: readonly string[];
  /** Why not all of it could be read, as sentences. */
  readonly unreadable: readonly string[];
}

export interface NameRules {
  readonly isCaseInsensitive: boolean;
  /** Endings that a program's name may have or lack. */
  readonly extensions: RegExp | undefined;
  /** What other names of a command mean, in lower case: a rule about one is about all. */
  readonly alias: ReadonlyMap<string, string> | undefined;
}

export function commandRule(text: string): CommandRule {
  return { text, words: text.trim().split(/\s+/u) };
}

/** The program must match, and the rule's further words must begin its arguments. */
export function isAllowedBy(rule: CommandRule, command: readonly CommandWord[], names: NameRules): boolean {
  const [program = "", ...rest] = rule.words;
  const [first, ...args] = command;
  if (first === undefined || !first.isKnown || !matchesProgram(program, first.text, names)) return false;
  return rest.every((word, at) => {
    const argument = args[at];
    return argument?.isKnown === true && matchesWord(word, argument.text, names);
  });
}

/**
 * The program must match, and the rule's further words must come somewhere in its arguments, in their order:
 * rather too many than too few, because `git -C folder push` is a `git push` too.
 */
export function isDeniedBy(rule: CommandRule, command: readonly CommandWord[], names: NameRules): boolean {
  const [program = "", ...rest] = rule.words;
  const [first, ...args] = command;
  if (first === undefined || !first.isKnown || !matchesProgram(program, first.text, names)) return false;
  let from = 0;
  for (const word of rest) {
    const at = args.findIndex(
      (argument, index) => index >= from && (!argument.isKnown || matchesWord(word, argument.text, names)),
    );
    if (at === -1) return false;
    from = at + 1;
  }
  return true;
}

/** A rule without a slash is about the name, wherever the program lies. */
function matchesProgram(rule: string, program: string, names: NameRules): boolean {
  const isPath = /[/\\]/u.test(rule) && rule !== "/";
  const bare = isPath ? program : (/[^/\\]+$/u.exec(program)?.[0] ?? program);
  const wanted = names.extensions === undefined ? rule : rule.replace(names.extensions, "");
  const found = names.extensions === undefined ? bare : bare.replace(names.extensions, "");
  return matchesWord(wanted, found, names) || matchesWord(meant(wanted, names), meant(found, names), names);
}

function meant(name: string, { alias }: NameRules): string {
  return alias?.get(name.toLowerCase()) ?? name;
}

function matchesWord(rule: string, word: string, { isCaseInsensitive }: NameRules): boolean {
  return isCaseInsensitive ? matchesStars(rule.toLowerCase(), word.toLowerCase()) : matchesStars(rule, word);
}

/** Without backtracking over more than the latest star, so that no rule and no word takes long. */
export function matchesStars(pattern: string, text: string): boolean {
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let retry = 0;
  while (at < text.length) {
    if (pattern[inPattern] === "*") {
      star = inPattern;
      inPattern += 1;
      retry = at;
    } else if (pattern[inPattern] === text[at]) {
      at += 1;
      inPattern += 1;
    } else if (star !== -1) {
      inPattern = star + 1;
      retry += 1;
      at = retry;
    } else return false;
  }
  while (pattern[inPattern] === "*") inPattern += 1;
  return inPattern === pattern.length;
}
