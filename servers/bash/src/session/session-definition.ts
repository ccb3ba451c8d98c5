/** How `bash_session` is described to a model. */
import { commonProperties, type ShellSettings } from "@mcp-gateway/shell-core";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { interruptSignals, sessionActions } from "./session-arguments.ts";
import { sessionOutputSchema } from "./session-result.ts";
import type { SessionSettings } from "./sessions.ts";

export function sessionDefinition(settings: ShellSettings, { sessionsMax, idleMs }: SessionSettings): Tool {
  const { cwd, env, timeoutMs } = commonProperties(settings);
  return {
    name: "bash_session",
    title: "Run in a bash session",
    description: [
      "Runs commands in a bash that lives on: folder, variables, functions and background jobs stay from one call to the next.",
      "",
      "- `run` (the default action) without `session` opens a new session and runs `command` in it; name the returned `session` in further calls.",
      "- `interrupt` is Ctrl-C for the command that runs; the session lives on. `close` ends a session with everything it started. `list` shows all.",
      "- A session runs one command at a time. stdin is empty and there is no terminal, as with `bash`.",
      "- When `timeoutMs` is over the command is interrupted, and killed if that does not help; the session lives on if its shell does.",
      "- `exit`, `exec`, or a failure under `set -e` ends the shell and so the session; the result says so.",
      `- At most ${sessionsMax} sessions; one without a call for ${Math.round(idleMs / 1000)} s is closed.`,
    ].join("\n"),
    inputSchema: {
      type: "object",
      properties: {
        action: { type: "string", enum: [...sessionActions], default: "run" },
        session: {
          type: "string",
          description: "Id of a session, as an earlier call returned it. Left out, `run` opens a new one.",
        },
        command: { type: "string", minLength: 1, description: "For `run`: what to run." },
        cwd: { ...cwd, description: "For a new session: the folder to begin in. Default: the server's own." },
        env: { ...env, description: "For a new session: environment variables to set." },
        timeoutMs: { ...timeoutMs, description: "For `run`: time limit in milliseconds." },
        signal: {
          type: "string",
          enum: [...interruptSignals],
          default: "SIGINT",
          description:
            "For `interrupt`: SIGTERM and SIGKILL go to what the command started, not to the shell.",
        },
      },
      additionalProperties: false,
    },
    // The SDK's type wants an array it could change; nothing changes it.
    outputSchema: sessionOutputSchema as unknown as NonNullable<Tool["outputSchema"]>,
    annotations: {
      title: "Run in a bash session",
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: false,
      openWorldHint: true,
    },
  };
}
