/**
 * Windows has `npx.cmd` and the like: batch files, which only cmd.exe runs. The command line is quoted twice:
 * once for the program behind the shim (the C runtime's rules) and once for cmd.exe, whose special characters
 * are escaped with carets, so that no argument can become a command.
 */

export function windowsShimCommand(path: string, args: readonly string[]): readonly string[] {
  const line = [
    escapeForCmd(path.replaceAll("/", "\\")),
    ...args.map((argument) => escapeForShim(argument)),
  ].join(" ");
  return ["cmd.exe", "/d", "/s", "/c", `"${line}"`];
}

/** A shim hands `%*` on to a second command line, which reads the carets once more. */
function escapeForShim(argument: string): string {
  return escapeForCmd(escapeForCmd(quoteArgument(argument)));
}

/** Backslashes count only before a quote: doubled there, and before the closing quote. */
function quoteArgument(argument: string): string {
  return `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
}

function escapeForCmd(text: string): string {
  return text.replace(/[()\][%!^"`<>&|;, *?]/g, "^$&");
}
