/**
 * Checks a command's arguments against its definition before citty reads them: citty takes unknown flags
 * silently, and a mistyped `--prot 9001` must not start a gateway on another port than the one asked for.
 */
import type { ArgDef, ArgsDef } from "citty";
import { UsageError } from "./cli-error.ts";
import { didYouMean } from "./nearest.ts";

interface KnownFlag {
  readonly name: string;
  readonly definition: ArgDef;
}

/** Flags that every command has. */
const common: ArgsDef = {
  help: { type: "boolean", alias: "h", description: "Show this help" },
};

/**
 * @param many the command takes any number of positional arguments
 * @throws UsageError
 */
export function checkCommandLine(rawArgs: readonly string[], definitions: ArgsDef, many = false): void {
  const flags = knownFlags({ ...definitions, ...common });
  const positionals: string[] = [];
  for (let at = 0; at < rawArgs.length; at += 1) {
    const argument = rawArgs[at] ?? "";
    if (argument === "--") {
      positionals.push(...rawArgs.slice(at + 1));
      break;
    }
    if (!argument.startsWith("-") || argument === "-") positionals.push(argument);
    else if (takesNext(flags, argument, rawArgs[at + 1])) at += 1;
  }
  checkPositionals(positionals, definitions, many);
}

/** Checks one flag; true when its value is the next argument. */
function takesNext(
  flags: ReadonlyMap<string, KnownFlag>,
  argument: string,
  next: string | undefined,
): boolean {
  const equals = argument.indexOf("=");
  const written = equals < 0 ? argument : argument.slice(0, equals);
  const flag = flags.get(written);
  if (flag === undefined) {
    const names = [...flags.keys()].filter((name) => name.startsWith("--"));
    throw new UsageError(`Unknown option ${written}.${didYouMean(written, names)}`);
  }
  const { definition } = flag;
  if (definition.type === "boolean") {
    if (equals >= 0) throw new UsageError(`${written} takes no value.`);
    return false;
  }
  const value = equals < 0 ? next : argument.slice(equals + 1);
  if (value === undefined || value === "" || (equals < 0 && flags.has(value))) {
    throw new UsageError(`${written} needs a value.`);
  }
  if (definition.type === "enum") checkChoice(written, value, definition.options ?? []);
  return equals < 0;
}

function checkChoice(flag: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new UsageError(`${flag} can't be "${value}".${didYouMean(value, choices)}`, [
    `It is one of: ${choices.join(", ")}`,
  ]);
}

function checkPositionals(positionals: readonly string[], definitions: ArgsDef, many: boolean): void {
  const expected = Object.entries(definitions).filter(([, definition]) => definition.type === "positional");
  const missing = expected.slice(positionals.length).find(([, definition]) => definition.required !== false);
  if (missing !== undefined)
    throw new UsageError(
      `<${missing[1].valueHint ?? missing[0]}> is missing: ${missing[1].description ?? ""}`.trim(),
    );
  const surplus = positionals[expected.length];
  if (surplus !== undefined && !many) throw new UsageError(`"${surplus}" is one argument too many.`);
}

function knownFlags(definitions: ArgsDef): ReadonlyMap<string, KnownFlag> {
  const flags = new Map<string, KnownFlag>();
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.type === "positional") continue;
    for (const word of [name, ...aliasesOf(definition)])
      flags.set(word.length === 1 ? `-${word}` : `--${word}`, { name, definition });
  }
  return flags;
}

function aliasesOf(definition: ArgDef): readonly string[] {
  const alias = "alias" in definition ? definition.alias : undefined;
  return typeof alias === "string" ? [alias] : (alias ?? []);
}

/** @throws UsageError unless it is an integer from `min` to `max` in plain digits */
export function integerOption(flag: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new UsageError(`${flag} must be a whole number from ${min} to ${max}, not "${text}".`);
  return value;
}
