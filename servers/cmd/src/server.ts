/** The built-in MCP server `cmd`: its options, its tool, and their end. */
import { CommandRunner, readOptions, serveStdio } from "@mcp-gateway/shell-core";
import { cmdTool } from "./cmd-tool.ts";

export async function start(args: readonly string[]): Promise<void> {
  const read = readOptions(args);
  if (!read.isValid) {
    process.stderr.write(`cmd server: ${read.faults.join("\n")}\n`);
    process.exitCode = 2;
    return;
  }
  const { settings, policy } = read;
  const runner = new CommandRunner(settings.callsMax, policy);
  await serveStdio({
    name: "cmd",
    title: "Windows command prompt",
    instructions: "Runs commands in cmd.exe on the machine of this server, with the rights of its user.",
    policy,
    tools: [cmdTool(settings, runner)],
    close: () => runner.close(),
    killNow: () => runner.killNow(),
  });
}
