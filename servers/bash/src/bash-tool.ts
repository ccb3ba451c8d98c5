/** The tool `bash`: one command in a bash of its own. */
import {
  type CallArguments,
  type CallContext,
  type CommandRunner,
  commandOutputSchema,
  commonProperties,
  faultResult,
  ProgressReporter,
  readCallArguments,
  runResultOf,
  type ServedTool,
  type ShellSettings,
} from "@mcp-gateway/shell-core";
import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js";
import { bashPath, commandArguments, inheritedEnvironment } from "./bash-program.ts";

export function bashTool(settings: ShellSettings, runner: CommandRunner): ServedTool {
  return {
    definition: definitionOf(settings),
    async call(given, context) {
      const read = readCallArguments(given, settings);
      if (!read.isValid) return faultResult("The command was not run.", ...read.faults);
      return runBash(read.values, context, settings, runner);
    },
  };
}

async function runBash(
  values: CallArguments,
  context: CallContext,
  settings: ShellSettings,
  runner: CommandRunner,
): Promise<CallToolResult> {
  const path = bashPath();
  if (typeof path !== "string") return faultResult(...path);
  const reporter =
    context.progress === undefined ? undefined : new ProgressReporter(values.timeoutMs, context.progress);
  try {
    const result = await runner.run({
      argv: commandArguments(path, values.command),
      source: { text: values.command, dialect: "bash" },
      cwd: values.cwd,
      env: { ...inheritedEnvironment(), ...values.env },
      timeoutMs: values.timeoutMs,
      outputBytesMax: settings.outputBytesMax,
      cancelled: context.cancelled,
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

function definitionOf(settings: ShellSettings): Tool {
  const kib = Math.floor(settings.outputBytesMax / 1024);
  return {
    name: "bash",
    title: "Run a bash command",
    description: [
      "Runs a command line in bash on the machine of this server and returns its exit code, stdout and stderr.",
      "Pipes, redirections, several lines, here-documents and every other part of bash's language work.",
      "",
      "- Each call is a new shell: working directory, variables and functions of an earlier call are gone. Use `cwd` and `env`, or join steps with `&&`.",
      "- stdin is empty and there is no terminal: use options like `-y` or `--no-pager`; a program that asks gets no answer.",
      `- After \`timeoutMs\` (default ${settings.timeoutMs}, at most ${settings.timeoutMsMax}) the command and everything it started is killed.`,
      `- Of each of stdout and stderr at most ${kib} KiB are kept, the beginning and the end; filter long output with head, tail or grep.`,
      "- A non-zero exit code marks the result as an error; the output is there all the same.",
      "- To start something that lives on, put it into the background with its output redirected: `server >server.log 2>&1 &`.",
    ].join("\n"),
    inputSchema: {
      type: "object",
      properties: {
        command: { type: "string", minLength: 1, description: "What to run, as typed at a bash prompt." },
        ...commonProperties(settings),
      },
      required: ["command"],
      additionalProperties: false,
    },
    // The SDK's type wants an array it could change; nothing changes it.
    outputSchema: commandOutputSchema as unknown as NonNullable<Tool["outputSchema"]>,
    annotations: {
      title: "Run a bash command",
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: false,
      openWorldHint: true,
    },
  };
}
