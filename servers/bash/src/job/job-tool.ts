/** The tool `bash_job`: commands that run in the background and are looked at from time to time. */
import { limits } from "@mcp-gateway/kit/limits";
import {
  type CallContext,
  commonProperties,
  faultResult,
  type ServedTool,
  type ShellSettings,
} from "@mcp-gateway/shell-core";
import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js";
import type { Job } from "./job.ts";
import { type JobRequest, jobActions, readJobRequest } from "./job-arguments.ts";
import { jobListResult, jobOutputSchema, jobResult } from "./job-result.ts";
import type { JobSettings, Jobs } from "./jobs.ts";

export function jobTool(settings: ShellSettings, jobSettings: JobSettings, jobs: Jobs): ServedTool {
  return {
    definition: definitionOf(settings, jobSettings),
    async call(given, context) {
      const request = readJobRequest(given, jobSettings.jobMsMax);
      if ("length" in request) return faultResult("Nothing was done.", ...request);
      return answer(request, context, jobs);
    },
  };
}

async function answer(request: JobRequest, context: CallContext, jobs: Jobs): Promise<CallToolResult> {
  switch (request.action) {
    case "list":
      return jobListResult(jobs.list());
    case "start": {
      const job = await jobs.start(request.values);
      // A cancelled call gets no answer, so nobody would ever know the job's name.
      if (context.cancelled.aborted) job.stop();
      return jobResult("start", job);
    }
    case "stop": {
      const job = jobs.get(request.job);
      job.stop();
      // As long as the ending of a tree may take, and no longer: a process that can't be killed is said below.
      await job.until(() => hasEnded(job), limits.shellSessionStartMs, context.cancelled);
      return jobResult("stop", job, newest(job));
    }
    case "output":
    case "wait": {
      const { action, offset, waitMs } = request;
      const job = jobs.get(request.job);
      const hasNews = (): boolean => hasEnded(job) || job.output.hasTextAt(offset ?? 0);
      if (waitMs > 0)
        await job.until(action === "wait" ? () => hasEnded(job) : hasNews, waitMs, context.cancelled);
      const part =
        offset === undefined
          ? newest(job)
          : job.output.read(offset, limits.shellJobReadBytesMax, hasEnded(job));
      return jobResult(action, job, part);
    }
    default:
      return request satisfies never;
  }
}

function hasEnded({ state }: Job): boolean {
  return state.kind === "ended";
}

function newest(job: Job) {
  return job.output.readNewest(limits.shellJobReadBytesMax, hasEnded(job));
}

function definitionOf(settings: ShellSettings, { jobsMax, jobMsMax, outputBytesMax }: JobSettings): Tool {
  const { cwd, env } = commonProperties(settings);
  return {
    name: "bash_job",
    title: "Run a bash command in the background",
    description: [
      "Runs bash commands in the background: for builds, servers and whatever takes longer than a call.",
      "",
      "- `start` runs `command` and returns a `job` id at once. `output` reads what it wrote, `wait` waits until it has ended, `stop` ends it with everything it started, `list` shows all.",
      "- `output` without `offset` gives the newest; the returned `next` as `offset` gives what came since. With `waitMs` it waits for something new.",
      `- stdout and stderr come together, in order; the newest ${Math.floor(outputBytesMax / 1024)} KiB are kept.`,
      `- At most ${jobsMax} run at once, each at most ${jobMsMax} ms. All end with this server.`,
    ].join("\n"),
    inputSchema: {
      type: "object",
      properties: {
        action: { type: "string", enum: [...jobActions] },
        command: { type: "string", minLength: 1, description: "For `start`: what to run." },
        cwd: { ...cwd, description: "For `start`: directory to run in. Default: the server's own." },
        env: { ...env, description: "For `start`: environment variables to set." },
        timeoutMs: {
          type: "integer",
          minimum: 1,
          maximum: jobMsMax,
          default: jobMsMax,
          description: "For `start`: time limit in milliseconds.",
        },
        job: { type: "string", description: "For all but `start` and `list`: the id that `start` returned." },
        offset: {
          type: "integer",
          minimum: 0,
          description: "For `output` and `wait`: where to read on. Left out: the newest.",
        },
        waitMs: {
          type: "integer",
          minimum: 0,
          maximum: limits.shellJobWaitMsMax,
          description: `How long to wait; \`wait\` waits ${limits.shellJobWaitMs} ms when it is left out, \`output\` not at all.`,
        },
      },
      required: ["action"],
      additionalProperties: false,
    },
    // The SDK's type wants an array it could change; nothing changes it.
    outputSchema: jobOutputSchema as unknown as NonNullable<Tool["outputSchema"]>,
    annotations: {
      title: "Run a bash command in the background",
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: false,
      openWorldHint: true,
    },
  };
}
