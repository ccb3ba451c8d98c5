/** The programs through which a query reaches WMI: PowerShell, or the Windows Script Host where there is none. */
import { type ScriptFile, scriptFile, system32 } from "@mcp-gateway/shell-core";
import { encodedCommand, findPowerShell, powerShellArguments } from "@mcp-gateway/shell-core/powershell";
import { jscriptQuery } from "./jscript.ts";
import { powerShellQuery } from "./powershell-script.ts";
import type { Query } from "./query.ts";

export const engineChoices = ["auto", "powershell", "script"] as const;
export type EngineChoice = (typeof engineChoices)[number];
export type Engine = "powershell" | "script";

export function isEngineChoice(value: string): value is EngineChoice {
  return engineChoices.some((choice) => choice === value);
}

/** One way to run a query. */
export interface Attempt {
  readonly engine: Engine;
  readonly arguments: readonly string[];
}

/**
 * In the order they are tried. The language is named, because an editor may have taken `.js` for itself; a script
 * host that does not know that option goes by the extension.
 */
export function attempts(choice: EngineChoice): readonly Attempt[] {
  const all: readonly Attempt[] = [
    { engine: "powershell", arguments: [] },
    { engine: "script", arguments: ["//E:JScript"] },
    { engine: "script", arguments: [] },
  ];
  return choice === "auto" ? all : all.filter(({ engine }) => engine === choice);
}

export interface Prepared {
  readonly argv: readonly [string, ...string[]];
  readonly file: ScriptFile | undefined;
}

/** @returns sentences when the engine is not there */
export function prepare(attempt: Attempt, query: Query, mark: string): Prepared | readonly string[] {
  if (attempt.engine === "powershell") return preparePowerShell(query, mark);
  const file = scriptFile(".js", jscriptQuery(query, mark));
  return { argv: [system32("cscript.exe"), "//nologo", ...attempt.arguments, file.path], file };
}

export function isPrepared(value: Prepared | readonly string[]): value is Prepared {
  return "argv" in value;
}

/** Windows PowerShell first: it is part of Windows, and starts in half the time. */
function preparePowerShell(query: Query, mark: string): Prepared | readonly string[] {
  const windows = findPowerShell("windows");
  const found = windows.isFound ? windows : findPowerShell("core");
  if (!found.isFound) return found.sentences;
  const script = powerShellQuery(query, mark);
  if (encodedCommand(script).length <= powerShellCharactersMax)
    return { argv: powerShellArguments(found.path, script), file: undefined };
  return [
    "The query is too long for the command line of PowerShell; ask for fewer properties or shorten the filter.",
  ];
}

/** Windows takes 32,767 characters for a command line. */
const powerShellCharactersMax = 32_000;
