/** The environment of a command: what is inherited, and what the call sets on top of it. */

export type Environment = Readonly<Record<string, string>>;

/** Windows takes `Path` and `PATH` for one variable: the later one replaces the earlier under its own spelling. */
export function mergeEnvironments(
  isCaseInsensitive: boolean,
  ...layers: readonly Readonly<Record<string, string | undefined>>[]
): Record<string, string> {
  const merged = new Map<string, readonly [name: string, value: string]>();
  for (const layer of layers)
    for (const [name, value] of Object.entries(layer))
      if (value !== undefined) merged.set(isCaseInsensitive ? name.toUpperCase() : name, [name, value]);
  return Object.fromEntries(merged.values());
}

/** The value of a variable, however it is spelt where case does not count. */
export function environmentValue(
  isCaseInsensitive: boolean,
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  if (!isCaseInsensitive) return environment[name];
  const wanted = name.toUpperCase();
  return Object.entries(environment).find(([known]) => known.toUpperCase() === wanted)?.[1];
}
