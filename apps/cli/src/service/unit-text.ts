/** Text of systemd's unit files: sections, and words that arrive as they were meant (systemd.syntax(7)). Pure. */
import { UsageError } from "../cli-error.ts";

/** A setting, or a comment about those below it. */
export type UnitLine = readonly [key: string, value: string] | string;

export interface UnitSection {
  readonly name: string;
  readonly lines: readonly UnitLine[];
}

/** By it `install` and `uninstall` know which files are theirs. */
export const madeByUs = "# Made by `gateway service install`; `gateway service uninstall` takes it away.";

export function unitText(sections: readonly UnitSection[], note: string): string {
  const parts = sections.map(({ name, lines }) => [`[${name}]`, ...lines.map(lineText)].join("\n"));
  return `${[`${madeByUs}\n# ${note}`, ...parts].join("\n\n")}\n`;
}

function lineText(line: UnitLine): string {
  return typeof line === "string" ? `# ${line}` : `${line[0]}=${line[1]}`;
}

/** `ExecStart=` and its kin: no shell, but quotes, variables and specifiers of its own. */
export function commandText(command: readonly string[]): string {
  // The program's own path is no place for variables, so there a $ stands for itself.
  return command.map((word, at) => quoted(at === 0 ? word : word.replaceAll("$", "$$$$"))).join(" ");
}

/** For `Environment=`. */
export function variableText(name: string, value: string): string {
  return quoted(`${name}=${value}`);
}

/** One path of a list of paths. */
export function pathWord(path: string): string {
  // Unquoted, a colon would begin the path inside.
  return path.includes(":") ? `"${escaped(path)}"` : quoted(path);
}

/** Where one path is the whole value, quotes would be part of it. */
export function wholePath(path: string): string {
  return checked(path).replaceAll("%", "%%");
}

function quoted(word: string): string {
  return /^[\w@+=:,./%-]+$/.test(word) ? escaped(word) : `"${escaped(word)}"`;
}

function escaped(word: string): string {
  return checked(word).replaceAll("%", "%%").replaceAll('"', '\\"');
}

/** @throws UsageError for what no unit file can say in all its places */
function checked(text: string): string {
  if (!/[\p{Cc}\\]/u.test(text)) return text;
  throw new UsageError(
    `${JSON.stringify(text)} can't stand in a unit of systemd: it has a control character or a backslash in it.`,
    ["Use a path without them."],
  );
}
