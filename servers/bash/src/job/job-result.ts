/** What a client gets of a job: text for a model to read, and the same as checked structure. */
import { limits } from "@mcp-gateway/kit/limits";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { Job } from "./job.ts";
import type { OutputPart } from "./ring-output.ts";

const wholeNumber = { type: "integer", minimum: 0 } as const;

const jobProperties = {
  job: { type: "string", description: "The id to name in further calls." },
  state: { type: "string", enum: ["running", "exited", "timed-out", "stopped"] },
  exitCode: { type: ["integer", "null"], description: "Null while it runs, or when a signal ended it." },
  signal: { type: ["string", "null"] },
  pid: wholeNumber,
  durationMs: wholeNumber,
  totalBytes: { ...wholeNumber, description: "What it wrote so far, stdout and stderr together." },
  command: { type: "string" },
  cwd: { type: "string" },
} as const;

export const jobOutputSchema = {
  type: "object",
  properties: {
    action: { type: "string" },
    ...jobProperties,
    output: { type: "string", description: "stdout and stderr in the order in which they came." },
    from: { ...wholeNumber, description: "Position of the output's first byte in all it wrote." },
    next: { ...wholeNumber, description: "The `offset` to read on with." },
    droppedBytes: { ...wholeNumber, description: "Bytes after the asked offset that are not kept any more." },
    jobs: {
      type: "array",
      items: {
        type: "object",
        properties: jobProperties,
        required: Object.keys(jobProperties),
        additionalProperties: false,
      },
    },
  },
  required: ["action"],
  additionalProperties: false,
} as const;

function factsOf(job: Job) {
  const { state } = job;
  const outcome = state.kind === "ended" ? state.outcome : undefined;
  return {
    job: job.id,
    state: outcome === undefined ? "running" : outcome.end === "cancelled" ? "stopped" : outcome.end,
    exitCode: outcome?.exitCode ?? null,
    signal: outcome?.signal ?? null,
    pid: job.pid,
    durationMs: job.durationMs,
    totalBytes: job.output.total,
    command: clip(job.command),
    cwd: job.cwd,
  };
}

export function jobResult(action: string, job: Job, part?: OutputPart): CallToolResult {
  const facts = factsOf(job);
  const lines = [lineOf(facts)];
  if (part !== undefined) lines.push(...outputLines(part));
  return {
    content: [{ type: "text", text: lines.join("\n") }],
    structuredContent: {
      action,
      ...facts,
      ...(part === undefined
        ? {}
        : { output: part.text, from: part.from, next: part.next, droppedBytes: part.dropped }),
    },
    isError: action === "wait" && hasFailed(facts),
  };
}

/** One that was stopped did what was wanted of it. */
function hasFailed({ state, exitCode }: ReturnType<typeof factsOf>): boolean {
  return state === "timed-out" || (state === "exited" && exitCode !== 0);
}

export function jobListResult(jobs: readonly Job[]): CallToolResult {
  const text = jobs.map((job) => `${lineOf(factsOf(job))}: ${clip(job.command)}`).join("\n");
  return {
    content: [{ type: "text", text: text === "" ? "There are no jobs." : text }],
    structuredContent: { action: "list", jobs: jobs.map(factsOf) },
  };
}

function lineOf({ job, state, exitCode, signal, durationMs, pid }: ReturnType<typeof factsOf>): string {
  switch (state) {
    case "running":
      return `Job ${job} is running (pid ${pid}, ${durationMs} ms)`;
    case "timed-out":
      return `Job ${job} was ended after ${durationMs} ms, because its time was over`;
    case "stopped":
      return `Job ${job} was stopped after ${durationMs} ms`;
    default:
      return signal === null
        ? `Job ${job} has ended: exit code ${exitCode} (${durationMs} ms)`
        : `Job ${job} was killed by signal ${signal} (${durationMs} ms)`;
  }
}

function outputLines({ text, from, next, dropped, total }: OutputPart): string[] {
  const lines = [`output ${from} to ${next} of ${total} bytes; read on with offset ${next}`];
  if (dropped > 0) lines.push(`(${dropped} bytes before it are not kept any more)`);
  if (text !== "") lines.push("", text.replace(/\n$/u, ""));
  return lines;
}

function clip(command: string): string {
  return command.slice(0, limits.shellAuditReasonCharsMax);
}
