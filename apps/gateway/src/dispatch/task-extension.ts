/**
 * The tasks extension of revision 2026-07-28, between clients and servers that both have no sessions: a server
 * answers a call with a task of its own accord, and the client asks for it, answers its questions and cancels it
 * by its id. To everybody else a server is told that its client has no tasks.
 */
import type { BackendState } from "@mcp-gateway/contract";
import { GatewayError, type JsonRpcErrorObject, toJsonRpcError } from "@mcp-gateway/kit";
import { applyEdits, ObjectView } from "@mcp-gateway/mcp";
import type { Session } from "../sessions/session.ts";
import type { TaskName } from "../stateless/task-ids.ts";
import type { ClientRequest, DispatchContext, Exchange } from "./context.ts";
import { type Forwarding, forward } from "./forward.ts";
import { relaysTasks, takesTasks } from "./task-support.ts";

const mark = Buffer.from('"task"');

/** What is done with the answer of a stateless server to `tools/call`, which may be a task. */
export function taskHooks(
  context: DispatchContext,
  session: Session,
  backend: BackendState,
): Pick<Forwarding, "refuses" | "rewrite"> {
  const mayBe = takesTasks(session) && relaysTasks(backend);
  let taskId: string | undefined;
  return {
    refuses: (reply): JsonRpcErrorObject | undefined => {
      taskId = createdTaskIn(reply);
      if (taskId === undefined || mayBe) return undefined;
      const detail = `The server "${backend.name}" answered with a task, which it was told its client does not take.`;
      return toJsonRpcError(
        new GatewayError("backend-malformed", detail, { facts: { server: backend.name } }),
      );
    },
    rewrite: (reply) => {
      if (taskId === undefined) return reply;
      session.hasTask = true;
      const name = { server: backend.name, taskId, principal: session.principal };
      return withTaskId(reply, context.taskIds.seal(name));
    },
  };
}

/** `tasks/get`, `tasks/update`, `tasks/cancel`. @throws GatewayError */
export function forwardTaskRequest(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  exchange: Exchange,
): void {
  const given = request.params?.["taskId"];
  const name = ownTask(context, session, given);
  const backend = name === undefined ? undefined : context.mirror.byName(name.server);
  if (name === undefined || backend === undefined || typeof given !== "string")
    throw new GatewayError("unknown-task", `Unknown task: ${String(given).slice(0, 100)}`);
  forward(context, session, request, exchange, {
    backend,
    params: { ...request.params, taskId: name.taskId },
    target: `${backend.name} ${name.taskId}`,
    rewrite: (reply) => withTaskId(reply, given),
  });
}

/** What an id leads to, if it is this client's and of this face. */
export function ownTask(
  { taskIds }: Pick<DispatchContext, "taskIds">,
  { principal, server }: Session,
  id: unknown,
): TaskName | undefined {
  const name = taskIds.open(id);
  const isOwn = name?.principal === principal && (server === undefined || server === name.server);
  return isOwn ? name : undefined;
}

/** Only a response that holds the word is looked into. */
function createdTaskIn(reply: Uint8Array): string | undefined {
  if (Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength).indexOf(mark) === -1) return undefined;
  const result = ObjectView.at(reply, 0)?.object("result");
  const taskId = result?.value("resultType") === "task" ? result.value("taskId") : undefined;
  return typeof taskId === "string" ? taskId : undefined;
}

/** The response with the id as the client knows it; results without one stay as they are. */
function withTaskId(reply: Uint8Array, taskId: string): Uint8Array {
  const result = ObjectView.at(reply, 0)?.object("result");
  if (result?.span("taskId") === undefined) return reply;
  return applyEdits(reply, result.edits({ set: { taskId: JSON.stringify(taskId) } }));
}
