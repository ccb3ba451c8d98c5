/** Options that one server has besides those that all share. */

/** Takes `--name VALUE` and `--name=VALUE` out of a command line; the last one counts. */
export function takeOption(
  args: readonly string[],
  name: string,
): { readonly value: string | undefined; readonly rest: readonly string[] } {
  const rest: string[] = [];
  let value: string | undefined;
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? "";
    if (argument.startsWith(`--${name}=`)) value = argument.slice(name.length + 3);
    else if (argument === `--${name}` && at + 1 < args.length) {
      at += 1;
      value = args[at];
    } else rest.push(argument);
  }
  return { value, rest };
}
