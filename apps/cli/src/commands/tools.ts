/** `gateway tools`: what clients can call, and with what. */
import { defineCommand } from "citty";
import { requireAdminClient } from "../api/observe.ts";
import { findTarget } from "../api/target.ts";
import { CliError } from "../cli-error.ts";
import { targetArgs } from "../instance.ts";
import { didYouMean } from "../nearest.ts";
import { paintFor, widthOf, writeJson, writeLines } from "../terminal.ts";
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
    const client = requireAdminClient(findTarget(args));
    const report = await client.tools();
    if (args.server !== undefined && !report.tools.some((tool) => tool.server === args.server)) {
      const known = (await client.status()).servers.map((server) => server.name);
      if (!known.includes(args.server)) {
        throw new CliError(`There is no server ${args.server}.${didYouMean(args.server, known)}`, 1, [
          `Servers: ${known.join(", ")}`,
        ]);
      }
    }
    const found = filterTools(report.tools, { server: args.server, text: args.filter });
    if (args.json) await writeJson({ tools: found });
    else
      await writeLines(toolLines(found, { width: widthOf(process.stdout), paint: paintFor(process.stdout) }));
  },
});
