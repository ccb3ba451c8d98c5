/** The tool `query_wmi`: one query of this machine's WMI. */
import {
  type CallContext,
  type CommandOutcome,
  type CommandRunner,
  faultResult,
  mergeEnvironments,
  PolicyFault,
  ProgressReporter,
  type ServedTool,
  type ShellSettings,
  StartFault,
  systemCodePages,
  windowsDecoder,
} from "@mcp-gateway/shell-core";
import { inheritedBy, newMark } from "@mcp-gateway/shell-core/powershell";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { definitionOf } from "./definition.ts";
import { type Attempt, attempts, type Engine, type EngineChoice, isPrepared, prepare } from "./engines.ts";
import { type Query, readQuery } from "./query.ts";
import { RowReader } from "./row-reader.ts";
import { faultOfWmi, rowsResult } from "./wmi-result.ts";

/** `unusable`: the engine never began with the query, so another one may run it. */
type EngineResult =
  | { readonly kind: "result"; readonly result: CallToolResult }
  | { readonly kind: "unusable"; readonly sentences: readonly string[] };

export function wmiTool(settings: ShellSettings, choice: EngineChoice, runner: CommandRunner): ServedTool {
  /** What proved unusable, while another one was not, is not tried again. */
  let untried = attempts(choice);
  return {
    definition: definitionOf(settings),
    async call(given, context) {
      const read = readQuery(given, settings);
      if (!read.isValid) return faultResult("The query was not run.", ...read.faults);
      const sentences: string[] = [];
      const current = untried;
      for (const [at, attempt] of current.entries()) {
        const tried = await runQuery(read.query, attempt, context, settings, runner);
        if (tried.kind === "result") {
          untried = current.slice(at);
          return tried.result;
        }
        sentences.push(...tried.sentences);
      }
      return faultResult("The query was not run.", ...sentences);
    },
  };
}

/** For what an engine says besides its report: enough for an explanation. */
const saidBytesMax = 8_192;

async function runQuery(
  query: Query,
  attempt: Attempt,
  context: CallContext,
  settings: ShellSettings,
  runner: CommandRunner,
): Promise<EngineResult> {
  const mark = newMark();
  const prepared = prepare(attempt, query, mark);
  if (!isPrepared(prepared)) return { kind: "unusable", sentences: prepared };
  using _ = prepared.file;
  const reader = new RowReader(mark, query.limit, settings.outputBytesMax);
  // Rows are no news for a person; the reporter still tells that the query is alive.
  const reporter =
    context.progress === undefined ? undefined : new ProgressReporter(query.timeoutMs, context.progress);
  try {
    const ran = await runner.run({
      argv: prepared.argv,
      // Shown by a dry run; no list of commands looks at it.
      source: { text: query.wql, dialect: "powershell" },
      cwd: process.cwd(),
      env: mergeEnvironments(true, inheritedBy(prepared.argv[0])),
      timeoutMs: query.timeoutMs,
      outputBytesMax: saidBytesMax,
      cancelled: context.cancelled,
      decode: windowsDecoder(systemCodePages().oem),
      onOutput: (stream, chunk) => {
        if (stream === "stdout") reader.push(chunk);
      },
    });
    if (ran.kind === "ran") return resultOf(query, attempt.engine, ran.outcome, reader);
    const why =
      ran.reason === "full"
        ? "too many calls are waiting. Try again when some have ended."
        : "the call was cancelled while it waited for its turn.";
    return { kind: "result", result: faultResult(`The query was not run: ${why}`) };
  } catch (error) {
    if (error instanceof StartFault && !(error instanceof PolicyFault))
      return { kind: "unusable", sentences: [error.message] };
    throw error;
  } finally {
    reporter?.stop();
  }
}

function resultOf(query: Query, engine: Engine, outcome: CommandOutcome, reader: RowReader): EngineResult {
  const run = { query, engine, durationMs: outcome.durationMs };
  if (outcome.end !== "exited") {
    const what = outcome.end === "cancelled" ? "was cancelled" : "timed out";
    const text = `The query ${what} after ${outcome.durationMs} ms. Narrow \`filter\`, or set timeoutMs for more time.`;
    return { kind: "result", result: faultResult(text) };
  }
  if (reader.fault !== undefined) return { kind: "result", result: faultOfWmi(run, reader) };
  // `Select-Object -First` ends the pipeline early, and the end is said nevertheless.
  if (reader.hasEnded) return { kind: "result", result: rowsResult(run, reader) };
  const said = `${outcome.stderr.text}${reader.hasBegun ? "" : outcome.stdout.text}`.trim();
  const sentences = [
    `${engine === "powershell" ? "PowerShell" : "The Windows Script Host"} ended with exit code ${outcome.exitCode} ${reader.hasBegun ? "before the query was done" : "without beginning with the query"}.`,
    ...(said === "" ? [] : [said]),
  ];
  return reader.hasBegun
    ? { kind: "result", result: faultResult(...sentences) }
    : { kind: "unusable", sentences };
}
