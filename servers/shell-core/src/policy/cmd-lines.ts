/** What cmd.exe gets of a command: one line as at a prompt, several as a batch file. */

/** Without empty lines at both ends; never fewer than one. */
export function cmdLines(command: string): readonly string[] {
  const lines = command.split(/\r\n|\n|\r/u);
  while (lines.length > 1 && lines.at(-1)?.trim() === "") lines.pop();
  while (lines.length > 1 && lines[0]?.trim() === "") lines.shift();
  return lines;
}
