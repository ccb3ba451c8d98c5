/** The built-in MCP server `cmd`, on stdio. */
import { CommandRunner, readSettings, serveStdio, windowsOnlyFault } from "@mcp-gateway/shell-core";
import { cmdTool } from "./cmd-tool.ts";

const fault = windowsOnlyFault("cmd");
const read = readSettings(process.argv.slice(2));
if (fault !== undefined) {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 2;
} else if (read.isValid) {
  const runner = new CommandRunner(read.settings.callsMax);
  await serveStdio({
    name: "cmd",
    title: "Windows command prompt",
    instructions: "Runs commands in cmd.exe on the machine of this server, with the rights of its user.",
    tools: [cmdTool(read.settings, runner)],
    close: () => runner.close(),
    killNow: () => runner.killNow(),
  });
} else {
  process.stderr.write(`cmd server: ${read.faults.join("\n")}\n`);
  process.exitCode = 2;
}
