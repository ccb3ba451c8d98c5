/** `gateway call`: calls one tool through the gateway's own /mcp, as any client would. */

import { limits } from "@mcp-gateway/kit";
import { printable, withColours } from "@mcp-gateway/kit/terminal-text";
import { defineCommand } from "citty";
import { McpClient, RemoteError } from "../api/mcp-client.ts";
import { requireAdminClient } from "../api/observe.ts";
import { configPathOf, findTarget, readToken, type Target } from "../api/target.ts";
import { CliError } from "../cli-error.ts";
import { integerOption } from "../command-line.ts";
import { findTool, noSuchTool } from "../find-tool.ts";
import { hintsFor, targetArgs } from "../instance.ts";
import type { CommandHints } from "../invocation.ts";
import { isObject, type JsonObject } from "../json.ts";
import { paintFor, write, writeJson, writeLines } from "../terminal.ts";
import { toolArguments } from "../tool-arguments.ts";
import { resultText } from "../view/result-view.ts";
import type { ToolEntry } from "../view/tools-view.ts";

export const call = defineCommand({
  meta: { name: "call", description: "Call a tool: call <server>/<tool> key=value … key:=json" },
  args: {
    tool: {
      type: "positional",
      required: true,
      valueHint: "server/tool",
      description: "The tool, as `tools` lists it",
    },
    // Read from all words below; here for the help.
    values: {
      type: "positional",
      required: false,
      valueHint: "key=value …",
      description: "Its arguments, as `tools` shows them; key:=… is JSON, a repeated key makes a list",
    },
    json: {
      type: "boolean",
      description: "Print the whole result as JSON; with '{…}' behind it: the arguments as JSON",
    },
    args: { type: "string", valueHint: "json", description: "The arguments as one JSON object" },
    timeout: {
      type: "string",
      valueHint: "seconds",
      description: "Give up and cancel the call after this time (default: 600)",
    },
    ...targetArgs,
  },
  async run({ args }) {
    const target = findTarget(args);
    const hints = hintsFor(configPathOf(target));
    const admin = requireAdminClient(target);
    const { tools } = await admin.tools();
    const tool = findTool(args.tool, tools);
    if (tool === undefined) throw noSuchTool(args.tool, tools, (await admin.status()).servers, hints);
    const words = args._.filter((word) => word !== "--").slice(1);
    const values = toolArguments(words, args.args, tool.inputSchema);
    const maxS = limits.callTimeoutMsMax / 1000;
    const timeoutMs =
      args.timeout === undefined
        ? limits.callTimeoutMs
        : integerOption("--timeout", args.timeout, 1, maxS) * 1000;
    const client = new McpClient(admin.address, await clientToken(target));
    const result = await runCall(client, tool, values, timeoutMs, hints);
    if (args.json) await writeJson(result);
    else await sayResult(result);
    process.exitCode = result["isError"] === true ? 1 : 0;
  },
});

/** `--json '{…}'` gives arguments, `--json` alone asks for the result as JSON. */
export function prepareCallArguments(rawArgs: readonly string[]): readonly string[] {
  return rawArgs.flatMap((argument, at) => {
    if (argument.startsWith("--json={")) return [`--args=${argument.slice("--json=".length)}`];
    return argument === "--json" && rawArgs[at + 1]?.trimStart().startsWith("{") ? ["--args"] : [argument];
  });
}

async function runCall(
  client: McpClient,
  tool: ToolEntry,
  values: JsonObject,
  timeoutMs: number,
  hints: CommandHints,
): Promise<JsonObject> {
  const interrupted = new AbortController();
  const onInterrupt = (): void => interrupted.abort();
  process.once("SIGINT", onInterrupt);
  const showsProgress = process.stderr.isTTY === true;
  try {
    await client.open(limits.cliRequestTimeoutMs);
    return await client.callTool(tool.exposed, values, {
      timeoutMs,
      cancel: interrupted.signal,
      onProgress: (text) => {
        if (showsProgress)
          void write(`\r\x1b[K${paintFor(process.stderr).dim(printable(text))}`, process.stderr);
      },
    });
  } catch (thrown) {
    if (interrupted.signal.aborted) throw new CliError("Interrupted; the call was cancelled.", 130);
    throw thrown instanceof RemoteError ? remoteFailure(thrown, tool, hints) : thrown;
  } finally {
    if (showsProgress) await write("\r\x1b[K", process.stderr);
    process.off("SIGINT", onInterrupt);
    await client.close(limits.cliRequestTimeoutMs);
  }
}

function remoteFailure(error: RemoteError, tool: ToolEntry, hints: CommandHints): CliError {
  const advice =
    error.httpStatus === 401 || error.httpStatus === 403 ? ["Pass the gateway's token with --token."] : [];
  const reason =
    isObject(error.data) && typeof error.data["reason"] === "string" ? ` (${error.data["reason"]})` : "";
  return new CliError(`${tool.server}/${tool.tool}: ${printable(error.message)}${reason}`, 1, [
    ...advice,
    `${hints.of("status")} shows the state of ${tool.server}.`,
  ]);
}

async function sayResult(result: JsonObject): Promise<void> {
  const text = process.stdout.isTTY === true ? withColours(resultText(result)) : resultText(result);
  if (result["isError"] === true) {
    await writeLines([paintFor(process.stderr).red("✖ The tool answered with an error:")], process.stderr);
  }
  await write(text.endsWith("\n") || text === "" ? text : `${text}\n`);
}

/** What opens /mcp: the client token of the configuration or of its private file, when one is demanded. */
async function clientToken(target: Target): Promise<string | undefined> {
  if (target.token !== undefined || target.kind === "address") return target.token;
  const { loadGatewaySettings } = await import("@mcp-gateway/config");
  const loaded = await loadGatewaySettings(target.configPath);
  return (loaded.ok ? loaded.settings.token : undefined) ?? readToken(target.paths.clientTokenPath);
}
