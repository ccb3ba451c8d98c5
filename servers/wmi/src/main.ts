/** The built-in MCP server `wmi`, on stdio. */
import {
  CommandRunner,
  readSettings,
  serveStdio,
  takeOption,
  windowsOnlyFault,
} from "@mcp-gateway/shell-core";
import { engineChoices, isEngineChoice } from "./engines.ts";
import { wmiTool } from "./wmi-tool.ts";

const fault = windowsOnlyFault("wmi");
const option = takeOption(process.argv.slice(2), "engine");
const engine = option.value ?? "auto";
const read = readSettings(option.rest);
const faults = [
  ...(isEngineChoice(engine) ? [] : [`--engine must be one of ${engineChoices.join(", ")}.`]),
  ...(read.isValid ? [] : read.faults),
];
if (fault !== undefined) {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 2;
} else if (read.isValid && isEngineChoice(engine)) {
  const runner = new CommandRunner(read.settings.callsMax);
  await serveStdio({
    name: "wmi",
    title: "Windows Management Instrumentation",
    instructions:
      "Reads hardware, system, process and service data of this Windows machine through WMI queries.",
    tools: [wmiTool(read.settings, engine, runner)],
    close: () => runner.close(),
    killNow: () => runner.killNow(),
  });
} else {
  process.stderr.write(`wmi server: ${faults.join("\n")}\n`);
  process.exitCode = 2;
}
