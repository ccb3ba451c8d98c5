/** The built-in MCP server `wmi`: its options, its tool, and their end. */
import {
  CommandRunner,
  type ReadOptions,
  readOptions,
  type ShellPolicy,
  serveStdio,
  takeOption,
} from "@mcp-gateway/shell-core";
import { engineChoices, isEngineChoice } from "./engines.ts";
import { wmiTool } from "./wmi-tool.ts";

export async function start(args: readonly string[]): Promise<void> {
  const option = takeOption(args, "engine");
  const engine = option.value ?? "auto";
  const read = readOptions(option.rest);
  const faults = faultsOf(engine, read);
  if (!read.isValid || !isEngineChoice(engine) || faults.length > 0) {
    process.stderr.write(`wmi server: ${faults.join("\n")}\n`);
    process.exitCode = 2;
    return;
  }
  const { settings, policy } = read;
  const runner = new CommandRunner(settings.callsMax, policy);
  await serveStdio({
    name: "wmi",
    title: "Windows Management Instrumentation",
    instructions:
      "Reads hardware, system, process and service data of this Windows machine through WMI queries.",
    policy,
    tools: [wmiTool(settings, engine, runner)],
    close: () => runner.close(),
    killNow: () => runner.killNow(),
  });
}

function faultsOf(engine: string, read: ReadOptions<never>): readonly string[] {
  const wrongEngine = isEngineChoice(engine) ? [] : [`--engine must be one of ${engineChoices.join(", ")}.`];
  return [...wrongEngine, ...(read.isValid ? meaningless(read.policy) : read.faults)];
}

/** A policy that can't be kept must not be believed in. */
function meaningless(policy: ShellPolicy): readonly string[] {
  const given = [
    policy.allow.length > 0 ? "--allow" : "",
    policy.deny.length > 0 ? "--deny" : "",
    policy.isReadOnly ? "--read-only" : "",
  ].filter((name) => name !== "");
  return given.length === 0
    ? []
    : [`${given.join(" and ")} has no meaning here: the server runs no commands, and queries only read.`];
}
