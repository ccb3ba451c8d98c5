/** The tool `powershell`: one script in a PowerShell of its own. */
import {
  type CallContext,
  type CommandRunner,
  faultResult,
  mergeEnvironments,
  ProgressReporter,
  readCallArguments,
  type ServedTool,
  type ShellSettings,
  scriptFile,
  systemCodePages,
  windowsDecoder,
} from "@mcp-gateway/shell-core";
import {
  encodedCharactersMax,
  encodedCommand,
  findPowerShell,
  inheritedBy,
  newMark,
  powerShellArguments,
} from "@mcp-gateway/shell-core/powershell";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { type CommandScript, commandScript } from "./command-script.ts";
import { definitionOf, type OwnArguments, ownNames, readOwnArguments } from "./definition.ts";
import { powerShellResult } from "./powershell-result.ts";

type Call = Extract<ReturnType<typeof readCallArguments>, { isValid: true }>["values"] & OwnArguments;

export function powerShellTool(settings: ShellSettings, choice: string, runner: CommandRunner): ServedTool {
  return {
    definition: definitionOf(settings),
    async call(given, context) {
      const read = readCallArguments(given, settings, ownNames);
      const own = readOwnArguments(given);
      const faults = [...(read.isValid ? [] : read.faults), ...own.faults];
      if (!read.isValid || faults.length > 0) return faultResult("The command was not run.", ...faults);
      return runPowerShell({ ...read.values, ...own.values }, choice, context, settings, runner);
    },
  };
}

async function runPowerShell(
  call: Call,
  choice: string,
  context: CallContext,
  settings: ShellSettings,
  runner: CommandRunner,
): Promise<CallToolResult> {
  const found = findPowerShell(choice);
  if (!found.isFound) return faultResult("The command was not run.", ...found.sentences);
  const isWindows = process.platform === "win32";
  const decode = windowsDecoder(systemCodePages().oem);
  const reporter =
    context.progress === undefined
      ? undefined
      : new ProgressReporter(call.timeoutMs, context.progress, decode);
  const script: Omit<CommandScript, "source"> = {
    mark: newMark(),
    objects: call.objects ? { depth: call.depth, charactersMax: settings.outputBytesMax } : undefined,
  };
  using file = isShort(call.command, script) ? undefined : scriptFile(".ps1", call.command);
  const source = file === undefined ? inline(call.command) : ({ kind: "file", path: file.path } as const);
  try {
    const result = await runner.run({
      argv: powerShellArguments(found.path, commandScript({ ...script, source })),
      source: { text: call.command, dialect: "powershell" },
      cwd: call.cwd,
      env: mergeEnvironments(isWindows, inheritedBy(found.path), call.env),
      timeoutMs: call.timeoutMs,
      // The objects come at the end of the output, and the half that keeps the end must hold all of them.
      outputBytesMax: settings.outputBytesMax * (call.objects ? 2 : 1) + markBytesMax,
      cancelled: context.cancelled,
      decode,
      onOutput: reporter === undefined ? undefined : withoutReport(script.mark, call.objects, reporter),
    });
    if (result.kind === "ran")
      return powerShellResult(result.outcome, { ...script, ...call, path: found.path });
    return result.reason === "full"
      ? faultResult("The command was not run: too many calls are waiting. Try again when some have ended.")
      : faultResult("The command was not run: the call was cancelled while it waited for its turn.");
  } finally {
    reporter?.stop();
  }
}

/** For both lines of the report, besides what they carry. */
const markBytesMax = 1_024;

function inline(text: string): CommandScript["source"] {
  return { kind: "inline", text };
}

function isShort(text: string, script: Omit<CommandScript, "source">): boolean {
  // A rough look first: encoding a long text twice only to see that it is too long would be a waste.
  if (text.length > encodedCharactersMax) return false;
  return encodedCommand(commandScript({ ...script, source: inline(text) })).length <= encodedCharactersMax;
}

/** The first line is the report's; with objects all of the output's end is. */
function withoutReport(
  mark: string,
  hasObjects: boolean,
  reporter: ProgressReporter,
): (stream: "stdout" | "stderr", chunk: Uint8Array) => void {
  let head: Buffer | undefined = Buffer.alloc(0);
  return (stream, chunk) => {
    if (hasObjects && stream === "stdout") return;
    if (stream === "stderr" || head === undefined) return reporter.output(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf(0x0a);
    if (end === -1 && head.length < markBytesMax) return;
    const rest = head.subarray(0, end + 1).includes(mark) ? head.subarray(end + 1) : head;
    head = undefined;
    if (rest.length > 0) reporter.output(rest);
  };
}
