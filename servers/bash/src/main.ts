/** The built-in MCP server `bash`, on stdio. */
import { CommandRunner, readSettings, serveStdio } from "@mcp-gateway/shell-core";
import { bashTool } from "./bash-tool.ts";

const read = readSettings(process.argv.slice(2));
if (read.isValid) {
  const runner = new CommandRunner(read.settings.callsMax);
  await serveStdio({
    name: "bash",
    title: "Bash",
    instructions: "Runs commands in bash on the machine of this server, with the rights of its user.",
    tools: [bashTool(read.settings, runner)],
    close: () => runner.close(),
    killNow: () => runner.killNow(),
  });
} else {
  process.stderr.write(`bash server: ${read.faults.join("\n")}\n`);
  process.exitCode = 2;
}
