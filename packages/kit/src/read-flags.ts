/**
 * The flags of our own processes: `--name value`, `--name=value`, `--name`. By hand, because `node:util` would weigh more than
 * the rest of what they need of Node; people's command lines are read elsewhere.
 */

export type FlagKinds = Readonly<Record<string, "string" | "boolean">>;

export type Flags<Kinds extends FlagKinds> = {
  readonly [Name in keyof Kinds]: (Kinds[Name] extends "string" ? string : true) | undefined;
};

/** @throws Error for what is no flag, a flag nobody knows, and a missing value */
export function readFlags<const Kinds extends FlagKinds>(
  args: readonly string[],
  kinds: Kinds,
): Flags<Kinds> {
  const flags: Record<string, string | true> = {};
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at] ?? "";
    const equals = argument.indexOf("=");
    const name = argument.slice(2, equals < 0 ? undefined : equals);
    const kind = argument.startsWith("--") && Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined)
      throw new Error(`Unknown flag ${argument}; known: --${Object.keys(kinds).join(", --")}`);
    if (kind === "boolean") {
      if (equals >= 0) throw new Error(`--${name} takes no value`);
      flags[name] = true;
      continue;
    }
    const value = equals < 0 ? args[at + 1] : argument.slice(equals + 1);
    if (value === undefined || value === "") throw new Error(`--${name} needs a value`);
    flags[name] = value;
    if (equals < 0) at += 1;
  }
  return flags as Flags<Kinds>; // Each name has the type of its kind, by the lines above.
}
