/** The built-in MCP server `bash`: its options, its tools, and their end. */
import { limits } from "@mcp-gateway/kit/limits";
import { CommandRunner, number, readOptions, serveStdio } from "@mcp-gateway/shell-core";
import { bashTool } from "./bash-tool.ts";
import { jobTool } from "./job/job-tool.ts";
import { Jobs } from "./job/jobs.ts";
import { sessionTool } from "./session/session-tool.ts";
import { Sessions } from "./session/sessions.ts";

const ownOptions = {
  sessions: number(limits.shellSessionsMax, 0, limits.shellSessionsCeiling),
  "session-idle-ms": number(
    limits.shellSessionIdleMs,
    limits.shellSessionIdleMsFloor,
    limits.shellSessionIdleMsCeiling,
  ),
  jobs: number(limits.shellJobsMax, 0, limits.shellJobsCeiling),
  "job-ms": number(limits.shellJobMs, 1, limits.shellJobMs),
  "job-output-bytes": number(
    limits.shellJobOutputBytesMax,
    limits.shellOutputBytesFloor,
    limits.shellOutputBytesCeiling,
  ),
} as const;

export async function start(args: readonly string[]): Promise<void> {
  const read = readOptions(args, ownOptions);
  if (!read.isValid) {
    process.stderr.write(`bash server: ${read.faults.join("\n")}\n`);
    process.exitCode = 2;
    return;
  }
  const { settings, policy, own } = read;
  const runner = new CommandRunner(settings.callsMax, policy);
  const sessionSettings = { sessionsMax: own.sessions, idleMs: own["session-idle-ms"] };
  const jobSettings = {
    jobsMax: own.jobs,
    jobMsMax: own["job-ms"],
    outputBytesMax: own["job-output-bytes"],
  };
  const sessions = new Sessions(sessionSettings, policy);
  const jobs = new Jobs(jobSettings, policy);
  await serveStdio({
    name: "bash",
    title: "Bash",
    instructions: "Runs commands in bash on the machine of this server, with the rights of its user.",
    policy,
    tools: [
      bashTool(settings, runner),
      ...(own.sessions > 0 ? [sessionTool(settings, sessionSettings, sessions)] : []),
      ...(own.jobs > 0 ? [jobTool(settings, jobSettings, jobs)] : []),
    ],
    close: async () => {
      await Promise.all([runner.close(), sessions.closeAll(), jobs.close()]);
    },
    killNow: () => {
      runner.killNow();
      sessions.killNow();
      jobs.killNow();
    },
  });
}
