/** As every program that is started by a shell of Windows must do it: quotes for the program, carets for cmd.exe. */
export function quoted(argument: string): string {
  const forProgram = `"${argument.replace(/(\\*)"/gu, '$1$1\\"').replace(/(\\+)$/u, "$1$1")}"`;
  return forProgram.replace(/[()%!^"<>&|;, ]/gu, "^$&");
}
