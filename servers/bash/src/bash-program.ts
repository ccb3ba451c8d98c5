/** How bash is started: without start-up files, and with nothing of the environment that would bring some in. */
import { findBash } from "./find-bash.ts";

/**
 * `--` because a command may begin with a dash, which bash would take for its own option. The last argument
 * is `$0`, so that bash's messages begin with `bash:` wherever it is installed.
 */
export function commandArguments(bashPath: string, command: string): [string, ...string[]] {
  return [bashPath, "--noprofile", "--norc", "-c", "--", command, "bash"];
}

/**
 * A shell that lives on must be an interactive one: only that comes back to its prompt when a run is
 * interrupted, instead of ending. It has no terminal, and its prompt is never seen.
 */
export function sessionArguments(bashPath: string): [string, ...string[]] {
  return [bashPath, "--noprofile", "--norc", "--noediting", "-i"];
}

/** BASH_ENV would make each bash read a start-up file, which `--norc` does not prevent. */
export function inheritedEnvironment(
  own: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(own))
    if (value !== undefined && name !== "BASH_ENV") env[name] = value;
  return env;
}

/** What an interactive shell would act on besides its commands: run something, log out, write a history. */
const interactiveOnly = [
  "ENV",
  "PROMPT_COMMAND",
  "TMOUT",
  "MAIL",
  "MAILPATH",
  "HISTFILE",
  "PS0",
  "PS1",
  "PS2",
];

export function sessionEnvironment(set: Readonly<Record<string, string>>): Record<string, string> {
  const env = inheritedEnvironment();
  for (const name of interactiveOnly) delete env[name];
  return { ...env, ...set };
}

/** @returns where bash is, or the sentences that say it is nowhere */
export function bashPath(): string | readonly string[] {
  const bash = findBash();
  return bash.isFound ? bash.path : bash.sentences;
}
