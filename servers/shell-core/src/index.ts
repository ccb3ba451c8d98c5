export { type CallArguments, type CallBounds, commonProperties, readCallArguments } from "./arguments.ts";
export { CallTags, randomHex } from "./call-tag.ts";
export { CappedOutput, type CapturedOutput } from "./capped-output.ts";
export { codePageDecoder, type Decode, utf8CodePage } from "./code-page.ts";
export { encodeText } from "./code-page-encoder.ts";
export { CommandRunner, type RunResult } from "./command-runner.ts";
export { environmentValue, mergeEnvironments } from "./environment.ts";
export { killTaggedNow } from "./last-look.ts";
export { LiveProcess, type LiveProcessEnd } from "./live-process.ts";
export type { NumberOption } from "./option-values.ts";
export { takeOption } from "./own-options.ts";
export { windowsOnlyFault } from "./platform-fault.ts";
export { commandRefusal } from "./policy/check-command.ts";
export { cmdLines } from "./policy/cmd-lines.ts";
export { policedLaunch } from "./policy/launch.ts";
export { isWithin, policedPlace } from "./policy/place.ts";
export {
  type CommandSource,
  type Dialect,
  DryRun,
  openPolicy,
  PolicyFault,
  type ShellPolicy,
} from "./policy/policy.ts";
export { ProgressReporter } from "./progress.ts";
export { commandOutputSchema, faultResult, runResultOf } from "./result.ts";
export type { CommandOutcome, CommandRequest, OutputStream } from "./run-command.ts";
export { type ScriptFile, scriptFile } from "./script-file.ts";
export { number, type ReadOptions, readOptions, readSettings, type ShellSettings } from "./settings.ts";
export { StartFault } from "./start-fault.ts";
export { type CallContext, type ServedTool, type StdioServer, serveStdio } from "./stdio-server.ts";
export { decodeText, withoutLeadingPartialCharacter, withoutTrailingPartialCharacter } from "./text.ts";
export { windowsDecoder } from "./windows-decoder.ts";
export { systemCodePages } from "./windows-kernel.ts";
export { system32 } from "./windows-paths.ts";
export { within } from "./within.ts";
