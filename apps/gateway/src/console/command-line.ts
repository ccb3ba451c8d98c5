/** How the person at the terminal calls this program's commands: the launcher, which was called, says. */

/** @param words such as `status` */
export function commandLine(
  words: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return (environment["MCP_GATEWAY_COMMAND"] ?? "gateway {}").replace("{}", () => words);
}
