/** How the person at the terminal calls this program's commands: the launcher, which was called, says. */

/** A remedy, in which a command stands as `gateway status`, with the command line for it. */
export function withCommandLines(
  remedy: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return remedy.replaceAll(/`gateway ([^`]+)`/g, (_, words: string) => commandLine(words, environment));
}

/** @param words such as `status` */
export function commandLine(
  words: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return (environment["MCP_GATEWAY_COMMAND"] ?? "gateway {}").replace("{}", () => words);
}
