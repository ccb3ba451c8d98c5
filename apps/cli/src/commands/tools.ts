/** `gateway tools`: what clients can call, and with what. */
import type { ServerStatus } from "@mcp-gateway/contract";
import { defineCommand } from "citty";
import { requireAdminClient } from "../api/observe.ts";
import { configPathOf, findTarget } from "../api/target.ts";
import { CliError } from "../cli-error.ts";
import { serverHints, serverWithoutTools } from "../find-tool.ts";
import { hintsFor, targetArgs } from "../instance.ts";
import type { CommandHints } from "../invocation.ts";
import { didYouMean } from "../nearest.ts";
import { paintFor, widthOf, writeJson, writeLines } from "../terminal.ts";
import { standingOf } from "../view/status-model.ts";
import { filterTools, toolLines } from "../view/tools-view.ts";

export const tools = defineCommand({
  meta: { name: "tools", description: "List the tools of all servers with their arguments" },
  args: {
    filter: {
      type: "positional",
      required: false,
      valueHint: "text",
      description: "Only tools with this in name or description",
    },
    server: { type: "string", alias: "s", valueHint: "name", description: "Only tools of this server" },
    json: { type: "boolean", description: "Print them as JSON, with their full input schemas" },
    ...targetArgs,
  },
  async run({ args }) {
    const target = findTarget(args);
    const client = requireAdminClient(target);
    const report = await client.tools();
    if (args.server !== undefined && !report.tools.some((tool) => tool.server === args.server))
      await sayWhyNone(args.server, (await client.status()).servers, hintsFor(configPathOf(target)));
    const found = filterTools(report.tools, { server: args.server, text: args.filter });
    if (args.json) await writeJson({ tools: found });
    else
      await writeLines(toolLines(found, { width: widthOf(process.stdout), paint: paintFor(process.stdout) }));
  },
});

/** Nothing to list may be right, or the reason that someone looks for. @throws CliError when there is no such server */
async function sayWhyNone(
  name: string,
  servers: readonly ServerStatus[],
  hints: CommandHints,
): Promise<void> {
  const server = servers.find((one) => one.name === name);
  const known = servers.map((one) => one.name);
  if (server === undefined) {
    throw new CliError(`There is no server ${name}.${didYouMean(name, known)}`, 1, [
      `Servers: ${known.join(", ")}`,
    ]);
  }
  if (standingOf(server) === "good") return;
  const { yellow } = paintFor(process.stderr);
  const lines = [
    `${yellow("⚠")} ${serverWithoutTools(server)}`,
    ...serverHints(server, hints).map((hint) => `  → ${hint}`),
  ];
  await writeLines(lines, process.stderr);
}
