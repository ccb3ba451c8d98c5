/**
 * Tasks of revision 2025-11-25: calls that go on after their answer. A task belongs to the session whose call
 * made it; nobody else can see, cancel or fetch it, whatever ids they try.
 */
import { GatewayError, limits } from "@mcp-gateway/kit";
import { resultBody, withIdBytes } from "@mcp-gateway/mcp";
import type { CallOwner } from "../link/calls.ts";
import type { Session } from "../sessions/session.ts";
import { idBytesOf, textOf } from "./bytes.ts";
import type { ClientRequest, DispatchContext, Exchange } from "./context.ts";
import { forward } from "./forward.ts";

interface Task {
  readonly server: string;
  readonly session: Session;
}

export class Tasks {
  readonly #byId = new Map<string, Task>();

  /** A call that asked for a task was answered; `reply` is the backend's whole response. */
  onCreated(session: Session, server: string, reply: Uint8Array): void {
    const taskId = taskIdIn(reply);
    // An id that another session holds is never taken over: a backend that repeats ids would hand tasks around.
    if (taskId === undefined || this.#byId.has(taskId)) return;
    this.#byId.set(taskId, { server, session });
    const oldest = this.#byId.keys().next().value;
    if (this.#byId.size > limits.tasksMax && oldest !== undefined) this.#byId.delete(oldest);
  }

  ownerOf(taskId: unknown): Task | undefined {
    return typeof taskId === "string" ? this.#byId.get(taskId) : undefined;
  }

  of(session: Session): readonly (readonly [taskId: string, task: Task])[] {
    return [...this.#byId].filter(([, task]) => task.session === session);
  }

  onSessionEnded(session: Session): void {
    for (const [taskId] of this.of(session)) this.#byId.delete(taskId);
  }
}

/** `tasks/get`, `tasks/result`, `tasks/cancel`. @throws GatewayError */
export function forwardTask(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  exchange: Exchange,
): void {
  const taskId = request.params?.["taskId"];
  const task = context.tasks.ownerOf(taskId);
  const backend = task?.session === session ? context.mirror.byName(task.server) : undefined;
  if (backend === undefined)
    throw new GatewayError("unknown-task", `Unknown task: ${String(taskId).slice(0, 100)}`);
  forward(context, session, request, exchange, {
    backend,
    params: request.params,
    target: `${backend.name} ${String(taskId)}`,
  });
}

/** `tasks/list`: this session's own, each asked for at its server; one that can't be had is left out. */
export function listTasks(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  exchange: Exchange,
): void {
  const asked = context.tasks
    .of(session)
    .map(([taskId, { server }]) => getTask(context, session, server, taskId));
  void Promise.all(asked).then((texts) => {
    const tasks = texts.filter((text) => text !== undefined);
    exchange.reply(withIdBytes(resultBody(`{"tasks":[${tasks.join(",")}]}`), idBytesOf(request.id)));
  });
}

/** @returns the task as JSON text */
async function getTask(
  context: DispatchContext,
  session: Session,
  server: string,
  taskId: string,
): Promise<string | undefined> {
  const backend = context.mirror.byName(server);
  if (backend === undefined) return undefined;
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const owner: CallOwner = {
    sessionId: session.id,
    onReply: (message) => resolve(resultTextIn(message)),
    onFailure: () => resolve(undefined),
  };
  const request = {
    backend,
    method: "tasks/get",
    params: () => ({ taskId }),
    timeoutMs: limits.listTimeoutMs,
  };
  try {
    const instance = backend.isolation === "shared" ? 0 : await context.instances.open(session, backend);
    context.calls.start({ ...request, instance }, owner);
  } catch {
    return undefined; // The server is away, and its tasks with it.
  }
  return await promise;
}

function resultTextIn(message: Uint8Array): string | undefined {
  const { result } = JSON.parse(textOf(message)) as { result?: unknown }; // A checked response; small.
  return result === undefined ? undefined : JSON.stringify(result);
}

function taskIdIn(reply: Uint8Array): string | undefined {
  const { result } = JSON.parse(textOf(reply)) as { result?: { task?: { taskId?: unknown } } }; // As above.
  const taskId = result?.task?.taskId;
  return typeof taskId === "string" ? taskId : undefined;
}
