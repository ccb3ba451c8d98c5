export { type CallArguments, type CallBounds, commonProperties, readCallArguments } from "./arguments.ts";
export { CappedOutput, type CapturedOutput } from "./capped-output.ts";
export { CommandRunner, type RunResult } from "./command-runner.ts";
export { ProgressReporter } from "./progress.ts";
export { commandOutputSchema, faultResult, runResultOf } from "./result.ts";
export type { CommandOutcome, CommandRequest, OutputStream } from "./run-command.ts";
export { readSettings, type ShellSettings } from "./settings.ts";
export { StartFault } from "./start-fault.ts";
export { type CallContext, type ServedTool, type StdioServer, serveStdio } from "./stdio-server.ts";
