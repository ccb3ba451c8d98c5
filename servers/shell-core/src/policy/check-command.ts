/** Whether the lists of allowed and denied commands let a command line run. Decided from its text alone. */
import { limits } from "@mcp-gateway/kit/limits";
import { readBashCommands } from "./bash-commands.ts";
import {
  type CommandRule,
  type CommandWord,
  isAllowedBy,
  isDeniedBy,
  type NameRules,
  type ReadCommands,
} from "./command-rules.ts";
import type { CommandSource, Dialect, ShellPolicy } from "./policy.ts";
import { isExpression, readCmdCommands, readPowerShellCommands } from "./windows-commands.ts";

const readers: Readonly<Record<Dialect, (text: string) => ReadCommands>> = {
  bash: readBashCommands,
  cmd: readCmdCommands,
  powershell: readPowerShellCommands,
};
const posixNames: NameRules = { isCaseInsensitive: false, extensions: undefined };
const windowsNames: NameRules = { isCaseInsensitive: true, extensions: /\.(?:exe|com|bat|cmd|ps1)$/iu };

/** Programs whose arguments name another program; a denied one is looked for behind them. */
const wrappers = new Set(
  (
    "env sudo doas su nohup nice ionice chrt taskset time timeout setsid stdbuf xargs parallel command builtin exec busybox toybox " +
    "unshare nsenter chroot setpriv runuser watch strace ltrace gdb find fd entr flock script expect ssh systemd-run rlwrap " +
    "cmd call start if for do forfiles runas powershell pwsh invoke-command icm start-process saps foreach-object where-object"
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
  const names = source.dialect === "bash" ? posixNames : windowsNames;
  const read = readAll(source, names);
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
    const [first] = command;
    if (first !== undefined && !first.isKnown && !isStatement(command))
      return `The policy of this server denies some commands, and which one \`${clip(first.text)}…\` is can't be told before it runs. Write the command's name plainly.`;
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
function readAll(source: CommandSource, names: NameRules): ReadCommands {
  const reader = readers[source.dialect];
  const commands: (readonly CommandWord[])[] = [];
  const assigned: string[] = [];
  const unreadable: string[] = [];
  let texts: readonly string[] = [source.text];
  for (let depth = 0; texts.length > 0; depth++) {
    if (depth > limits.shellPolicyDepthMax || commands.length > limits.shellPolicyCommandsMax)
      return { commands, assigned, unreadable: ["it is nested too deeply"] };
    const next: string[] = [];
    for (const text of texts) {
      const read = reader(text);
      commands.push(...read.commands);
      assigned.push(...read.assigned);
      unreadable.push(...read.unreadable);
      for (const command of read.commands)
        for (const candidate of candidates(command, names)) {
          const inner = innerText(candidate, names);
          if (inner === "unknown")
            unreadable.push("a command line in an argument is known only when it runs");
          else if (inner !== undefined) next.push(inner.text);
        }
    }
    texts = next;
  }
  return { commands, assigned, unreadable };
}

/** The command line that a command gets as its argument, if it takes one. */
function innerText(
  command: readonly CommandWord[],
  names: NameRules,
): { readonly text: string } | "unknown" | undefined {
  const [, ...args] = command;
  const program = baseName(command[0], names);
  if (program === "eval" || program === "iex" || program === "invoke-expression") return joined(args);
  if (program === "trap") {
    const action = args.find(({ text }) => text !== "--");
    return action === undefined || /^(?:-[lp]?)?$/u.test(action.text) ? undefined : joined([action]);
  }
  if (program === "alias") {
    const meanings = args.filter(({ text }) => text.includes("="));
    return joined(meanings.map((word) => ({ ...word, text: `${word.text.replace(/^[^=]*=/u, "")};` })));
  }
  const takesLine = lineOption(program);
  const at = takesLine === undefined ? -1 : args.findIndex(({ text }) => takesLine.test(text));
  if (at === -1) return undefined;
  if (/^-e/iu.test(args[at]?.text ?? "") && !shells.has(program)) return "unknown";
  return shells.has(program) ? joined(args.slice(at + 1, at + 2)) : joined(args.slice(at + 1));
}

/** The option after which a program takes a command line. */
function lineOption(program: string): RegExp | undefined {
  if (shells.has(program)) return /^-[a-z]*c[a-z]*$/iu;
  if (program === "cmd") return /^\/[ckr]$/iu;
  if (program === "powershell" || program === "pwsh") return /^-(?:c|co\w*|e|ec|en\w*)$/iu;
  return undefined;
}

function joined(words: readonly CommandWord[]): { readonly text: string } | "unknown" | undefined {
  if (words.some(({ isKnown }) => !isKnown)) return "unknown";
  return words.length === 0 ? undefined : { text: words.map(({ text }) => text).join(" ") };
}

function baseName(word: CommandWord | undefined, { extensions }: NameRules): string {
  const name = /[^/\\]+$/u.exec(word?.text ?? "")?.[0] ?? "";
  return (extensions === undefined ? name : name.replace(extensions, "")).toLowerCase();
}

const shownCharsMax = 60;

function clip(text: string): string {
  return text.length <= shownCharsMax ? text : `${text.slice(0, shownCharsMax)}…`;
}
