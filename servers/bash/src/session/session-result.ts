/** What a client gets of a session: text for a model to read, and the same as checked structure. */
import { commandOutputSchema, runResultOf } from "@mcp-gateway/shell-core";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { RunOutcome, Session } from "./session.ts";

const sessionProperties = {
  session: { type: "string", description: "The id to name in further calls." },
  state: {
    type: "string",
    enum: ["idle", "running", "ended"],
    description: "`ended`: the shell is gone, and with it variables and folder.",
  },
  cwd: { type: "string", description: "The folder that the session is in now." },
  backgroundJobs: { type: "integer", minimum: 0, description: "Jobs of the shell that still run." },
} as const;

export const sessionOutputSchema = {
  type: "object",
  properties: {
    action: { type: "string" },
    ...sessionProperties,
    ...commandOutputSchema.properties,
    interrupted: { type: "boolean", description: "An interrupt ended the command before its time." },
    earlierOutput: {
      type: "string",
      description: "What background processes wrote since the call before; absent without any.",
    },
    sessions: {
      type: "array",
      items: {
        type: "object",
        properties: sessionProperties,
        required: ["session", "state", "cwd", "backgroundJobs"],
        additionalProperties: false,
      },
    },
  },
  required: ["action"],
  additionalProperties: false,
} as const;

function factsOf(session: Session) {
  const { id, state, cwd, backgroundJobs } = session;
  return { session: id, state, cwd, backgroundJobs };
}

export function openedResult(session: Session): CallToolResult {
  return {
    content: [{ type: "text", text: `Session ${session.id} is open in ${session.cwd}.` }],
    structuredContent: { action: "open", ...factsOf(session) },
  };
}

export function listedResult(sessions: readonly Session[]): CallToolResult {
  const lines = sessions.map(({ id, state, cwd, backgroundJobs }) => {
    const jobs = backgroundJobs === 0 ? "" : `, ${backgroundJobs} in the background`;
    return `${id}: ${state}, in ${cwd}${jobs}`;
  });
  return {
    content: [{ type: "text", text: lines.length === 0 ? "There are no sessions." : lines.join("\n") }],
    structuredContent: { action: "list", sessions: sessions.map(factsOf) },
  };
}

export function interruptedResult(
  session: Session,
  signal: string,
  hasEnded: boolean | undefined,
): CallToolResult {
  const text =
    hasEnded === undefined
      ? `Session ${session.id} runs nothing.`
      : hasEnded
        ? `The command in session ${session.id} has ended after ${signal}.`
        : `The command in session ${session.id} goes on after ${signal}; SIGKILL ends it, closing the session ends all.`;
  return {
    content: [{ type: "text", text }],
    structuredContent: { action: "interrupt", ...factsOf(session) },
    isError: hasEnded === false,
  };
}

export function closedResult(session: Session, left: number): CallToolResult {
  const rest = left === 0 ? "" : ` ${left} of its processes could not be killed.`;
  return {
    content: [
      { type: "text", text: `Session ${session.id} is closed, with everything it had started.${rest}` },
    ],
    structuredContent: { action: "close", ...factsOf(session), state: "ended", leftRunning: left },
    isError: left > 0,
  };
}

export function ranResult(session: Session, outcome: RunOutcome, timeoutMs: number): CallToolResult {
  const { end, stopReason, stdout, stderr, durationMs, earlierOutput, wasBroughtBack } = outcome;
  const exitCode = end.kind === "reported" ? end.report.status : end.exitCode;
  const base = runResultOf(
    {
      end: stopReason === "timed-out" || stopReason === "cancelled" ? stopReason : "exited",
      exitCode,
      signal: end.kind === "reported" ? null : end.signal,
      stdout,
      stderr,
      durationMs,
      leftRunning: 0,
    },
    timeoutMs,
  );
  const [first] = base.content;
  const [line = "", ...output] = first?.type === "text" ? first.text.split("\n") : [];
  const head = [
    stopReason === undefined ? line : stoppedLine(outcome, timeoutMs, exitCode),
    stateLine(session, outcome),
  ];
  if (wasBroughtBack)
    head.push(
      "It began where the session began: the shell had left the folders that the policy of this server allows.",
    );
  if (earlierOutput !== "")
    head.push("", "from background processes, before:", earlierOutput.replace(/\n$/u, ""));
  return {
    content: [{ type: "text", text: [...head, ...output].join("\n") }],
    structuredContent: {
      ...base.structuredContent,
      action: "run",
      ...factsOf(session),
      interrupted: stopReason !== undefined,
      ...(earlierOutput === "" ? {} : { earlierOutput }),
    },
    isError: stopReason !== undefined || end.kind === "shell-ended" || exitCode !== 0,
  };
}

function stoppedLine(
  { stopReason, durationMs }: RunOutcome,
  timeoutMs: number,
  exitCode: number | null,
): string {
  switch (stopReason) {
    case "timed-out":
      return `Timed out after ${timeoutMs} ms and was interrupted (exit code ${exitCode}). For more time set timeoutMs.`;
    case "cancelled":
      return `Cancelled after ${durationMs} ms and interrupted (exit code ${exitCode}).`;
    default:
      return `Interrupted after ${durationMs} ms (exit code ${exitCode}).`;
  }
}

function stateLine(session: Session, { end, stopReason }: RunOutcome): string {
  if (end.kind === "shell-ended" && stopReason !== undefined)
    return `Session ${session.id} has ended: nothing less than killing its shell ended the command; variables, functions and folder are gone.`;
  if (end.kind === "shell-ended")
    return `Session ${session.id} has ended with its shell (\`exit\`, \`exec\`, a failure under \`set -e\`, or a signal): variables, functions and folder are gone.`;
  const jobs = session.backgroundJobs === 0 ? "" : `, ${session.backgroundJobs} in the background`;
  return `Session ${session.id}, in ${session.cwd}${jobs}`;
}
