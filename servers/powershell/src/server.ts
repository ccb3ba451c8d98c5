/** The built-in MCP server `powershell`: its options, its tool, and their end. */
import { CommandRunner, readOptions, serveStdio, takeOption } from "@mcp-gateway/shell-core";
import { findPowerShell } from "@mcp-gateway/shell-core/powershell";
import { powerShellTool } from "./powershell-tool.ts";

export async function start(args: readonly string[]): Promise<void> {
  const option = takeOption(args, "powershell");
  const read = readOptions(option.rest);
  if (!read.isValid) {
    process.stderr.write(`powershell server: ${read.faults.join("\n")}\n`);
    process.exitCode = 2;
    return;
  }
  const { settings, policy } = read;
  const choice = option.value ?? "auto";
  // It may be installed later, so this is no reason not to start.
  const found = findPowerShell(choice);
  if (!found.isFound) process.stderr.write(`powershell server: ${found.sentences.join("\n")}\n`);
  const runner = new CommandRunner(settings.callsMax, policy);
  await serveStdio({
    name: "powershell",
    title: "PowerShell",
    instructions: "Runs scripts in PowerShell on the machine of this server, with the rights of its user.",
    policy,
    tools: [powerShellTool(settings, choice, runner)],
    close: () => runner.close(),
    killNow: () => runner.killNow(),
  });
}
