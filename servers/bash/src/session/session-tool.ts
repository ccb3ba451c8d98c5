/** The tool `bash_session`: a shell that lives on between calls. */
import {
  type CallContext,
  faultResult,
  ProgressReporter,
  type ServedTool,
  type ShellSettings,
} from "@mcp-gateway/shell-core";
import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js";
import { readSessionRequest, type SessionRequest } from "./session-arguments.ts";
import { sessionDefinition } from "./session-definition.ts";
import { closedResult, interruptedResult, listedResult, openedResult, ranResult } from "./session-result.ts";
import type { SessionSettings, Sessions } from "./sessions.ts";

export function sessionTool(
  settings: ShellSettings,
  sessionSettings: SessionSettings,
  sessions: Sessions,
): ServedTool {
  const definition: Tool = sessionDefinition(settings, sessionSettings);
  return {
    definition,
    async call(given, context) {
      const request = readSessionRequest(given, settings);
      if ("length" in request) return faultResult("Nothing was done.", ...request);
      return answer(request, context, settings, sessions);
    },
  };
}

async function answer(
  request: SessionRequest,
  context: CallContext,
  settings: ShellSettings,
  sessions: Sessions,
): Promise<CallToolResult> {
  switch (request.action) {
    case "list":
      return listedResult(sessions.list());
    case "open": {
      const session = await sessions.open({ ...request.values, command: "" });
      // A cancelled call gets no answer, so nobody would ever know its name.
      if (context.cancelled.aborted) await sessions.close(session);
      return openedResult(session);
    }
    case "interrupt": {
      const session = sessions.get(request.session);
      return interruptedResult(session, request.signal, await session.interrupt(request.signal));
    }
    case "close": {
      const session = sessions.get(request.session);
      return closedResult(session, await sessions.close(session));
    }
    case "run":
      return run(request, context, settings, sessions);
    default:
      return request satisfies never;
  }
}

async function run(
  { session: id, values }: SessionRequest & { action: "run" },
  context: CallContext,
  settings: ShellSettings,
  sessions: Sessions,
): Promise<CallToolResult> {
  const session = id === undefined ? await sessions.open(values) : sessions.get(id);
  const reporter =
    context.progress === undefined ? undefined : new ProgressReporter(values.timeoutMs, context.progress);
  try {
    const outcome = await sessions.run(session, {
      command: values.command,
      timeoutMs: values.timeoutMs,
      outputBytesMax: settings.outputBytesMax,
      cancelled: context.cancelled,
      onOutput: reporter === undefined ? undefined : (chunk) => reporter.output(chunk),
    });
    // As above: nobody would ever know the name of what it opened.
    if (id === undefined && context.cancelled.aborted) await sessions.close(session);
    return ranResult(session, outcome, values.timeoutMs);
  } catch (error) {
    // What this call has opened for nothing is not left to those who never learned its name.
    if (id === undefined) await sessions.close(session);
    throw error;
  } finally {
    reporter?.stop();
  }
}
