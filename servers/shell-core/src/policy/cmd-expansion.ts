/**
 * `%NAME%` becomes part of a line before cmd.exe reads it, so its value may hold commands of its own. Whether a line
 * has such a thing is told here, rather once too often.
 */

const why = (what: string): string =>
  `${what} becomes part of the line before cmd.exe reads it, whatever it holds`;

/** @param setByCall names of variables that the call sets: they may hold spaces, and then look like text */
export function expansionIn(lines: readonly string[], setByCall: readonly string[]): string | undefined {
  const isBatch = lines.length > 1;
  for (const line of lines) {
    // In a batch file only `%%` stands for a percent sign; a single one goes, with what belongs to it.
    if (isBatch && line.replaceAll("%%", "").includes("%")) return why("a single `%` in a batch file");
    // As a second reading (by `call`, behind a pipe) finds it: without carets, and with `%` for `%%`.
    const later = line.replace(/["^]/gu, "").replaceAll("%%", "%");
    const isReadTwice = later.includes("|") || /\bcall\b/iu.test(later);
    for (const [, name = ""] of later.matchAll(/%([^%]+)(?=%)/gu))
      if (!/\s/u.test(name) || isReadTwice || isSet(name, setByCall))
        return why(`\`%${name.slice(0, 40)}%\``);
  }
  return undefined;
}

function isSet(name: string, setByCall: readonly string[]): boolean {
  return setByCall.some((variable) => name.toUpperCase().startsWith(variable.toUpperCase()));
}
