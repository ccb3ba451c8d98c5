/** The tool that a word on the command line means, or why there is none. Pure. */
import type { ServerStatus } from "@mcp-gateway/contract";
import { printable } from "@mcp-gateway/kit/terminal-text";
import { CliError } from "./cli-error.ts";
import { type CommandHints, withCommands } from "./invocation.ts";
import { nearest } from "./nearest.ts";
import { standingOf } from "./view/status-model.ts";
import type { ToolEntry } from "./view/tools-view.ts";

/** By `server/tool`, by the name that clients see, or by the tool's own name where only one server has it. */
export function findTool(name: string, tools: readonly ToolEntry[]): ToolEntry | undefined {
  const found = tools.find((tool) => fullName(tool) === name || tool.exposed === name);
  if (found !== undefined) return found;
  const bare = tools.filter((tool) => tool.tool === name);
  return bare.length === 1 ? bare[0] : undefined;
}

/** A server that has no tools now is named with its state: its tools may well be spelled right. */
export function noSuchTool(
  name: string,
  tools: readonly ToolEntry[],
  servers: readonly ServerStatus[],
  hints: CommandHints,
): CliError {
  const server = servers.find((one) => name.startsWith(`${one.name}/`));
  if (server !== undefined && standingOf(server) !== "good")
    return new CliError(serverWithoutTools(server), 1, serverHints(server, hints));
  return new CliError(`There is no tool ${name}.${suggestion(name, tools, server?.name)}`, 1, [
    `All tools: ${hints.of("tools")}`,
  ]);
}

/** `The server search is failed: The program exited with code 7 before it was ready.` */
export function serverWithoutTools({ name, state, note, fault }: ServerStatus): string {
  const why = fault?.message ?? note;
  return `The server ${name} is ${state}${why === "" || why === state ? "." : `: ${printable(why)}`}`;
}

export function serverHints({ name, fault }: ServerStatus, hints: CommandHints): readonly string[] {
  const remedy = withCommands(fault?.remedy ?? "", hints);
  return [...(remedy === "" ? [] : [printable(remedy)]), `${hints.of("status")} shows the state of ${name}.`];
}

function suggestion(name: string, tools: readonly ToolEntry[], server: string | undefined): string {
  const owners = tools.filter((tool) => tool.tool === name).map(fullName);
  if (owners.length > 1) return ` Several servers have one: ${owners.join(", ")}.`;
  const own = server === undefined ? [] : tools.filter((tool) => tool.server === server);
  const near = server === undefined ? undefined : byOwnName(name.slice(server.length + 1), own);
  const meant =
    near ?? byOwnName(name, tools) ?? (server === undefined ? byFullName(name, tools) : undefined);
  return meant === undefined ? "" : ` Did you mean ${fullName(meant)}?`;
}

function byOwnName(name: string, tools: readonly ToolEntry[]): ToolEntry | undefined {
  const near = nearest(
    name,
    tools.map((tool) => tool.tool),
  );
  return tools.find((tool) => tool.tool === near);
}

function byFullName(name: string, tools: readonly ToolEntry[]): ToolEntry | undefined {
  const near = nearest(name, tools.map(fullName));
  return tools.find((tool) => fullName(tool) === near);
}

function fullName({ server, tool }: ToolEntry): string {
  return `${server}/${tool}`;
}
