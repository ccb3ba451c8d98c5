/** Which variables a command sees. */

import { tagVariable } from "../call-tag.ts";
import { environmentValue } from "../environment.ts";
import { matchesStars } from "./command-rules.ts";
import { PolicyFault, type ShellPolicy } from "./policy.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What programs need to work at all; nothing of it is a secret. */
const always = (
  "PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_* TZ TERM TMPDIR TMP TEMP " +
  "SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT USERPROFILE USERNAME HOMEDRIVE HOMEPATH APPDATA LOCALAPPDATA " +
  "PROGRAMDATA PROGRAMFILES PROGRAMFILES(X86) PROGRAMW6432 PSMODULEPATH NUMBER_OF_PROCESSORS PROCESSOR_ARCHITECTURE OS"
).split(" ");

/**
 * @param given what the server would hand to the command
 * @param own what the server itself inherited; what `given` has beyond it was set for this call
 * @throws PolicyFault when the call sets what no command may have
 */
export function policedEnvironment(
  policy: ShellPolicy,
  given: Readonly<Record<string, string>>,
  own: Environment,
  isCaseInsensitive: boolean = process.platform === "win32",
): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const isInherited = environmentValue(isCaseInsensitive, own, name) === value;
    if (isIn(policy.envBlock, name, isCaseInsensitive)) {
      if (isInherited) continue;
      throw new PolicyFault(`The policy of this server does not let a command have the variable ${name}.`);
    }
    const isPassed =
      policy.envPass === undefined ||
      !isInherited ||
      name === tagVariable ||
      isIn(always, name, isCaseInsensitive) ||
      isIn(policy.envPass, name, isCaseInsensitive);
    if (isPassed) passed[name] = value;
  }
  return passed;
}

/** Names of the variables that the call sets by itself. */
export function setByCall(given: Readonly<Record<string, string>>, own: Environment): readonly string[] {
  return Object.keys(given).filter((name) => given[name] !== own[name]);
}

function isIn(patterns: readonly string[], name: string, isCaseInsensitive: boolean): boolean {
  return patterns.some((pattern) =>
    isCaseInsensitive ? matchesStars(pattern.toUpperCase(), name.toUpperCase()) : matchesStars(pattern, name),
  );
}
