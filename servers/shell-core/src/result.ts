/** What a client gets of a command that ran: text for a model to read, and the same as checked structure. */
import { constants } from "node:os";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { CommandOutcome } from "./run-command.ts";

const wholeNumber = { type: "integer", minimum: 0 } as const;

/** JSON Schema of `structuredContent`. */
export const commandOutputSchema = {
  type: "object",
  properties: {
    exitCode: { type: ["integer", "null"], description: "Null when a signal ended the command." },
    signal: {
      type: ["string", "null"],
      description: "The signal that ended it, such as SIGKILL; otherwise null.",
    },
    stdout: { type: "string", description: "Where something was cut, a line says how much." },
    stderr: { type: "string", description: "Where something was cut, a line says how much." },
    timedOut: { type: "boolean" },
    cancelled: { type: "boolean" },
    durationMs: wholeNumber,
    stdoutBytes: { ...wholeNumber, description: "What the command wrote, kept or not." },
    stderrBytes: { ...wholeNumber, description: "What the command wrote, kept or not." },
    stdoutBytesCut: { ...wholeNumber, description: "What `stdout` does not hold of it." },
    stderrBytesCut: { ...wholeNumber, description: "What `stderr` does not hold of it." },
    truncated: { type: "boolean", description: "Whether anything was cut from either." },
    leftRunning: {
      ...wholeNumber,
      description: "Processes of the command that still run in the background.",
    },
  },
  required: [
    "exitCode",
    "signal",
    "stdout",
    "stderr",
    "timedOut",
    "cancelled",
    "durationMs",
    "stdoutBytes",
    "stderrBytes",
    "stdoutBytesCut",
    "stderrBytesCut",
    "truncated",
    "leftRunning",
  ],
  additionalProperties: false,
} as const;

export function runResultOf(outcome: CommandOutcome, timeoutMs: number): CallToolResult {
  const { stdout, stderr, exitCode } = outcome;
  return {
    content: [{ type: "text", text: textOf(outcome, timeoutMs) }],
    structuredContent: {
      exitCode,
      signal: outcome.signal,
      stdout: stdout.text,
      stderr: stderr.text,
      timedOut: outcome.end === "timed-out",
      cancelled: outcome.end === "cancelled",
      durationMs: outcome.durationMs,
      stdoutBytes: stdout.bytes,
      stderrBytes: stderr.bytes,
      stdoutBytesCut: stdout.bytesCut,
      stderrBytesCut: stderr.bytesCut,
      truncated: stdout.bytesCut + stderr.bytesCut > 0,
      leftRunning: outcome.leftRunning,
    },
    isError: outcome.end !== "exited" || exitCode !== 0,
  };
}

/** The command did not run at all. */
export function faultResult(...sentences: readonly string[]): CallToolResult {
  return { content: [{ type: "text", text: sentences.join("\n") }], isError: true };
}

function textOf(outcome: CommandOutcome, timeoutMs: number): string {
  const parts = [endLine(outcome, timeoutMs)];
  if (outcome.leftRunning > 0) parts.push(leftLine(outcome));
  const streams = (["stdout", "stderr"] as const).filter((name) => outcome[name].bytes > 0);
  for (const name of streams) parts.push(`\n${name}:\n${outcome[name].text.replace(/\n$/u, "")}`);
  if (streams.length === 0) parts.push("(no output)");
  return parts.join("\n");
}

function endLine({ end, exitCode, signal, durationMs }: CommandOutcome, timeoutMs: number): string {
  switch (end) {
    case "timed-out":
      return `Timed out after ${timeoutMs} ms; the command and everything it started was killed. For more time set timeoutMs.`;
    case "cancelled":
      return `Cancelled after ${durationMs} ms; the command and everything it started was killed.`;
    case "exited":
      if (signal !== null) return `Killed by signal ${signal} (${durationMs} ms)`;
      return `Exit code: ${exitCode}${signalHint(exitCode)} (${durationMs} ms)`;
    default:
      return end satisfies never;
  }
}

function leftLine({ end, leftRunning }: CommandOutcome): string {
  const count = leftRunning === 1 ? "1 process" : `${leftRunning} processes`;
  if (end !== "exited") return `${count} of it could not be killed (another user's, or stuck in the system).`;
  return `${count} of it still running in the background; further output is not kept, and the end of this server ends it.`;
}

/** A shell reports a program that a signal ended as 128 + the signal's number. */
function signalHint(exitCode: number | null): string {
  const number = (exitCode ?? 0) - 128;
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  return name === undefined ? "" : `, which mostly means: a program was killed by ${name}`;
}
