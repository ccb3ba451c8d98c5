/** The built-in MCP server `powershell`, on stdio. */
import { CommandRunner, readSettings, serveStdio, takeOption } from "@mcp-gateway/shell-core";
import { powerShellTool } from "./powershell-tool.ts";

const option = takeOption(process.argv.slice(2), "powershell");
const read = readSettings(option.rest);
if (read.isValid) {
  const runner = new CommandRunner(read.settings.callsMax);
  await serveStdio({
    name: "powershell",
    title: "PowerShell",
    instructions: "Runs scripts in PowerShell on the machine of this server, with the rights of its user.",
    tools: [powerShellTool(read.settings, option.value ?? "auto", runner)],
    close: () => runner.close(),
    killNow: () => runner.killNow(),
  });
} else {
  process.stderr.write(`powershell server: ${read.faults.join("\n")}\n`);
  process.exitCode = 2;
}
