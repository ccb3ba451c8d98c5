/** Whether the lists of allowed and denied commands let a command line run. Decided from its text alone. */
import { limits } from "@mcp-gateway/kit/limits";
import { readBashCommands } from "./bash-commands.ts";
import { readCmdCommands } from "./cmd-commands.ts";
import { aliasesOf } from "./command-aliases.ts";
import {
  type CommandRule,
  type CommandWord,
  isAllowedBy,
  isDeniedBy,
  type NameRules,
  type ReadCommands,
} from "./command-rules.ts";
import type { CommandSource, Dialect, ShellPolicy } from "./policy.ts";
import { isExpression, readPowerShellCommands } from "./powershell-commands.ts";

const readers: Readonly<Record<Dialect, (text: string, setByCall: readonly string[]) => ReadCommands>> = {
  bash: readBashCommands,
  cmd: readCmdCommands,
  powershell: readPowerShellCommands,
};
const extensions = /\.(?:exe|com|bat|cmd|ps1)$/iu;
const namesOf: Readonly<Record<Dialect, NameRules>> = {
  bash: { isCaseInsensitive: false, extensions: undefined, alias: undefined },
  cmd: { isCaseInsensitive: true, extensions, alias: aliasesOf("cmd") },
  powershell: { isCaseInsensitive: true, extensions, alias: aliasesOf("powershell") },
};

/** Programs whose arguments name another program; a denied one is looked for behind them. */
const wrappers = new Set(
  (
    "env sudo doas su nohup nice ionice chrt taskset time timeout setsid stdbuf xargs parallel command builtin exec busybox toybox " +
    "unshare nsenter chroot setpriv runuser watch strace ltrace gdb find fd entr flock script expect ssh systemd-run rlwrap " +
    "cmd call start forfiles runas powershell pwsh invoke-command start-process foreach-object where-object set-alias new-alias"
  ).split(" "),
);
const shells = new Set("sh bash dash ash zsh ksh mksh fish".split(" "));
/** Variables by which a command line could make an allowed name mean another program. */
const decisive =
  /^(?:PATH|ENV|BASH_ENV|BASHOPTS|SHELLOPTS|IFS|PROMPT_COMMAND|PS[0-4]|LD_\w+|DYLD_\w+|BASH_FUNC_.*|PATHEXT|COMSPEC|PSModulePath)$/iu;

/** @returns why it may not run; undefined when it may */
export function commandRefusal(
  policy: ShellPolicy,
  source: CommandSource | undefined,
  setByCall: readonly string[] = [],
): string | undefined {
  if (policy.allow.length === 0 && policy.deny.length === 0) return undefined;
  if (source === undefined)
    return "The lists of allowed and denied commands can't be applied to this tool, so it runs nothing.";
  const names = namesOf[source.dialect];
  const read = readAll(source, names, setByCall);
  if (read.unreadable.length > 0)
    return `The command line could not be read well enough to check it (${read.unreadable.join("; ")}). Write it more plainly.`;
  return (
    deniedIn(policy.deny, read, names) ??
    (policy.allow.length === 0
      ? undefined
      : notAllowedIn(policy.allow, read, names, source.dialect, setByCall))
  );
}

function deniedIn(rules: readonly CommandRule[], read: ReadCommands, names: NameRules): string | undefined {
  if (rules.length === 0) return undefined;
  for (const command of read.commands) {
    for (const candidate of candidates(command, names)) {
      const rule = rules.find((one) => isDeniedBy(one, candidate, names));
      if (rule !== undefined) return `The policy of this server denies \`${rule.text}\`.`;
    }
    const hidden = hiddenName(command, names);
    if (hidden !== undefined)
      return `The policy of this server denies some commands, and which one \`${clip(hidden.text)}…\` is can't be told before it runs. Write the command's name plainly.`;
  }
  return undefined;
}

function notAllowedIn(
  rules: readonly CommandRule[],
  read: ReadCommands,
  names: NameRules,
  dialect: Dialect,
  setByCall: readonly string[],
): string | undefined {
  const variable = [...read.assigned, ...setByCall].find((name) => decisive.test(name));
  if (variable !== undefined)
    return `The policy of this server allows only some commands, so ${variable} may not be set: it decides what a command's name means.`;
  const wrong = read.commands.find((command) => !rules.some((rule) => isAllowedBy(rule, command, names)));
  if (wrong === undefined) return undefined;
  const shown =
    wrong[0]?.isKnown === true ? clip(wrong[0].text) : "a command whose name can't be told before it runs";
  const kind =
    dialect === "powershell" && isExpression(wrong) ? " (an expression, which may call anything)" : "";
  return `The policy of this server does not allow \`${shown}\`${kind}. Allowed: ${rules.map(({ text }) => text).join(", ")}.`;
}

/** On Windows these run whatever their arguments name. */
const runners = new Set(
  "call cmd start forfiles runas start-process invoke-command powershell pwsh".split(" "),
);

/** A word that names a command, and does so only when it runs. */
function hiddenName(command: readonly CommandWord[], names: NameRules): CommandWord | undefined {
  const [first] = command;
  if (first === undefined) return undefined;
  if (!first.isKnown) return isStatement(command) ? undefined : first;
  const isRunner = names.isCaseInsensitive && runners.has(baseName(first, names));
  return isRunner ? command.find(({ isKnown }) => !isKnown) : undefined;
}

/** PowerShell's `$x.y` and `$x | …` are no command names. */
function isStatement(command: readonly CommandWord[]): boolean {
  return /^\$[\w:]+(?:[.[\s]|$)/u.test(command[0]?.text ?? "");
}

/** The command itself, and what a program like `sudo` or `xargs` would start of it. */
function candidates(command: readonly CommandWord[], names: NameRules): readonly (readonly CommandWord[])[] {
  const found = [command];
  if (!wrappers.has(baseName(command[0], names))) return found;
  for (let at = 1; at < Math.min(command.length, limits.shellPolicyEntriesMax); at++)
    found.push(command.slice(at));
  return found;
}

/** Also the command lines that stand in arguments: of `eval`, of `trap`, of `sh -c`. */
function readAll(source: CommandSource, names: NameRules, setByCall: readonly string[]): ReadCommands {
  const reader = readers[source.dialect];
  const commands: (readonly CommandWord[])[] = [];
  const assigned: string[] = [];
  const unreadable: string[] = [];
  let texts: ReadonlySet<string> = new Set([source.text]);
  for (let depth = 0; texts.size > 0; depth++) {
    if (depth > limits.shellPolicyDepthMax)
      return { commands, assigned, unreadable: ["it is nested too deeply"] };
    const next = new Set<string>();
    for (const text of texts) {
      if (commands.length + next.size > limits.shellPolicyCommandsMax)
        return { commands, assigned, unreadable: ["it holds too many commands"] };
      const read = reader(text, setByCall);
      commands.push(...read.commands);
      assigned.push(...read.assigned);
      unreadable.push(...read.unreadable);
      for (const command of read.commands)
        for (const candidate of candidates(command, names)) {
          const inner = innerTexts(candidate, names);
          if (inner === "unknown")
            unreadable.push("a command line in an argument is known only when it runs");
          else for (const line of inner) next.add(line);
        }
    }
    texts = next;
  }
  return { commands, assigned, unreadable };
}

/** The command lines that a command gets as its arguments, if it takes any. */
function innerTexts(command: readonly CommandWord[], names: NameRules): readonly string[] | "unknown" {
  const [, ...args] = command;
  const program = baseName(command[0], names);
  if (program === "eval") return joined(args);
  // Without an argument the line comes from an expression, or through the pipe.
  if (program === "invoke-expression") return args.length === 0 ? "unknown" : joined(args);
  if (program === "trap") {
    const action = args.find(({ text }) => text !== "--");
    return action === undefined || /^(?:-[lp]?)?$/u.test(action.text) ? [] : joined([action]);
  }
  if (program === "alias") {
    const meanings = args.filter(({ text }) => text.includes("="));
    return joined(meanings.map((word) => ({ ...word, text: `${word.text.replace(/^[^=]*=/u, "")};` })));
  }
  if (shells.has(program)) {
    const at = args.findIndex(({ text }) => /^-[a-z]*c[a-z]*$/iu.test(text));
    return at === -1 ? [] : joined(args.slice(at + 1, at + 2));
  }
  if (program === "cmd") return lineOfCmd(args);
  if (program === "powershell" || program === "pwsh") return linesOfPowerShell(args);
  return [];
}

/** `cmd /c LINE`, and glued as in `cmd /q/cLINE`. */
function lineOfCmd(args: readonly CommandWord[]): readonly string[] | "unknown" {
  const at = args.findIndex(({ text }) => /^(?:\/\w(?::\w+)?)*\/[ckr]/iu.test(text));
  const option = args[at];
  if (option === undefined) return [];
  const glued = { ...option, text: option.text.replace(/^(?:\/\w(?::\w+)?)*?\/[ckr]/iu, "") };
  return joined(glued.text === "" ? args.slice(at + 1) : [glued, ...args.slice(at + 1)]);
}

/** Which of its arguments begins the line depends on options that have values, so each might. */
function linesOfPowerShell(args: readonly CommandWord[]): readonly string[] | "unknown" {
  if (args.length > limits.shellPolicyEntriesMax) return "unknown";
  if (args.some(({ text }) => /^[-/\u2013-\u2015](?:e|ec|en\w*)$/iu.test(text))) return "unknown";
  const lines = args.map((_, at) => joined(args.slice(at, limits.shellPolicyDepthMax + at)));
  return lines.some((line) => line === "unknown") ? "unknown" : lines.flat();
}

function joined(words: readonly CommandWord[]): readonly string[] | "unknown" {
  if (words.some(({ isKnown }) => !isKnown)) return "unknown";
  return words.length === 0 ? [] : [words.map(({ text }) => text).join(" ")];
}

function baseName(word: CommandWord | undefined, { extensions, alias }: NameRules): string {
  const name = /[^/\\]+$/u.exec(word?.text ?? "")?.[0] ?? "";
  const bare = (extensions === undefined ? name : name.replace(extensions, "")).toLowerCase();
  return alias?.get(bare) ?? bare;
}

const shownCharsMax = 60;

function clip(text: string): string {
  return text.length <= shownCharsMax ? text : `${text.slice(0, shownCharsMax)}…`;
}
