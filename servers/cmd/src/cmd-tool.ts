/** The tool `cmd`: one command in a cmd.exe of its own. */
import {
  type CallArguments,
  type CallContext,
  type CommandRunner,
  codePageDecoder,
  commandOutputSchema,
  commonProperties,
  faultResult,
  mergeEnvironments,
  ProgressReporter,
  readCallArguments,
  runResultOf,
  type ServedTool,
  type ShellSettings,
  scriptFile,
  system32,
  systemCodePages,
  utf8CodePage,
  windowsDecoder,
} from "@mcp-gateway/shell-core";
import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js";
import { batchArgument, batchVariable, cmdArguments, delivery } from "./command-line.ts";

export function cmdTool(settings: ShellSettings, runner: CommandRunner): ServedTool {
  return {
    definition: definitionOf(settings),
    async call(given, context) {
      const network = networkFault(given);
      if (network !== undefined) return faultResult("The command was not run.", network);
      const read = readCallArguments(given, settings, ["codePage"]);
      const codePage = codePageOf(given);
      const faults = [...(read.isValid ? [] : read.faults), ...codePageFaults(codePage)];
      if (!read.isValid || typeof codePage !== "number" || faults.length > 0)
        return faultResult("The command was not run.", ...faults);
      return runCmd(read.values, codePage, context, settings, runner);
    },
  };
}

async function runCmd(
  values: CallArguments,
  codePage: number,
  context: CallContext,
  settings: ShellSettings,
  runner: CommandRunner,
): Promise<CallToolResult> {
  const delivered = delivery(values.command, codePage);
  if (delivered.kind === "fault") return faultResult("The command was not run.", delivered.sentence);
  using batch = delivered.kind === "batch" ? scriptFile(".cmd", delivered.content) : undefined;
  const argument = delivered.kind === "line" ? delivered.argument : batchArgument(codePage);
  // A console that refuses the code page keeps the system's own, and so do programs that never ask the console.
  const decode = windowsDecoder(codePage === utf8CodePage ? systemCodePages().oem : codePage);
  const reporter =
    context.progress === undefined
      ? undefined
      : new ProgressReporter(values.timeoutMs, context.progress, decode);
  try {
    const result = await runner.run({
      argv: cmdArguments(system32("cmd.exe"), argument),
      source: { text: values.command, dialect: "cmd" },
      cwd: values.cwd,
      env: mergeEnvironments(
        true,
        process.env,
        values.env,
        batch === undefined ? {} : { [batchVariable]: batch.path },
      ),
      timeoutMs: values.timeoutMs,
      outputBytesMax: settings.outputBytesMax,
      cancelled: context.cancelled,
      decode,
      isVerbatim: true,
      onOutput: reporter === undefined ? undefined : (_, chunk) => reporter.output(chunk),
    });
    if (result.kind === "ran") return runResultOf(result.outcome, values.timeoutMs);
    return result.reason === "full"
      ? faultResult("The command was not run: too many calls are waiting. Try again when some have ended.")
      : faultResult("The command was not run: the call was cancelled while it waited for its turn.");
  } finally {
    reporter?.stop();
  }
}

function codePageOf(given: unknown): unknown {
  if (typeof given !== "object" || given === null || !("codePage" in given)) return utf8CodePage;
  return given.codePage ?? utf8CodePage;
}

function codePageFaults(codePage: unknown): string[] {
  const isKnown =
    typeof codePage === "number" && !isUtf16(codePage) && codePageDecoder(codePage) !== undefined;
  return isKnown
    ? []
    : ["`codePage` must be the number of a Windows code page, such as 65001 (UTF-8), 936 (GBK) or 850."];
}

/** No console has it; where a program writes it, it is recognised. */
function isUtf16(codePage: number): boolean {
  return codePage === 1200 || codePage === 1201;
}

/**
 * cmd.exe would complain and run the command in the Windows folder instead. Decided before anything looks whether the
 * folder is there: Windows would show this user's credentials to the machine that is named.
 */
function networkFault(given: unknown): string | undefined {
  if (typeof given !== "object" || given === null || !("cwd" in given)) return undefined;
  const { cwd } = given;
  if (typeof cwd !== "string" || !/^[\\/]{2}/u.test(cwd)) return undefined;
  return "`cwd` is a network or device path, which cmd.exe can't work in. Use `pushd` in the command, or a drive letter.";
}

function definitionOf(settings: ShellSettings): Tool {
  const kib = Math.floor(settings.outputBytesMax / 1024);
  return {
    name: "cmd",
    title: "Run a command in cmd.exe",
    description: [
      "Runs a command line in the Windows command prompt (cmd.exe) on the machine of this server and returns its exit code, stdout and stderr.",
      "Pipes, redirections, `&`, `&&`, `||`, `%VARIABLES%` and every other part of its language work.",
      "",
      "- One line runs as typed at a prompt. Several lines run as a batch file: there a loop variable is `%%i` and a percent sign `%%`.",
      "- Each call is a new cmd.exe: working directory and variables of an earlier call are gone. Use `cwd` and `env`, or join steps with `&&`.",
      "- stdin is empty and no window is shown: use options like `/y` or `/q`; a program that asks gets no answer.",
      `- After \`timeoutMs\` (default ${settings.timeoutMs}, at most ${settings.timeoutMsMax}) the command and everything it started is killed.`,
      `- Of each of stdout and stderr at most ${kib} KiB are kept, the beginning and the end; filter long output with findstr or more.`,
      "- A non-zero exit code marks the result as an error; the output is there all the same.",
      "- The console is set to UTF-8. Set `codePage` for a program that only works in another one.",
    ].join("\n"),
    inputSchema: {
      type: "object",
      properties: {
        command: { type: "string", minLength: 1, description: "What to run, as typed at a command prompt." },
        ...commonProperties(settings),
        codePage: {
          type: "integer",
          minimum: 1,
          maximum: 65_535,
          default: utf8CodePage,
          description:
            "Code page of the console, for the command's output. 65001 is UTF-8, 936 GBK, 437 and 850 DOS.",
        },
      },
      required: ["command"],
      additionalProperties: false,
    },
    // The SDK's type wants an array it could change; nothing changes it.
    outputSchema: commandOutputSchema as unknown as NonNullable<Tool["outputSchema"]>,
    annotations: {
      title: "Run a command in cmd.exe",
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: false,
      openWorldHint: true,
    },
  };
}
