/** The built-in MCP server `powershell`: its options, its tool, and their end. */
import { CommandRunner, readOptions, serveStdio, takeOption } from "@mcp-gateway/shell-core";
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
  const runner = new CommandRunner(settings.callsMax, policy);
  await serveStdio({
    name: "powershell",
    title: "PowerShell",
    instructions: "Runs scripts in PowerShell on the machine of this server, with the rights of its user.",
    policy,
    tools: [powerShellTool(settings, option.value ?? "auto", runner)],
    close: () => runner.close(),
    killNow: () => runner.killNow(),
  });
}
