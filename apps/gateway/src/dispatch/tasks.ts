/**
 * Tasks of revision 2025-11-25: calls that go on after their answer. A task belongs to the session whose call
 * made it; nobody else can see, cancel or fetch it, whatever ids they try. It lives at one connection of its
 * server and is lost with it: a later connection's task under the same id would be another one.
 */
import type { BackendState } from "@mcp-gateway/contract";
import { GatewayError, type JsonRpcErrorObject, limits, toJsonRpcError } from "@mcp-gateway/kit";
import { type MessageView, ObjectView, resultBody, withIdBytes } from "@mcp-gateway/mcp";
import type { CallOwner } from "../link/calls.ts";
import type { Session } from "../sessions/session.ts";
import { idBytesOf } from "./bytes.ts";
import type { ClientRequest, DispatchContext, Exchange } from "./context.ts";
import { type AnsweredCall, forward } from "./forward.ts";
import { progressUnder } from "./notifications.ts";

/** A connection of a server: the shared one of an epoch, or one of a session's own. */
export interface TaskPlace {
  readonly server: string;
  readonly epoch: number;
  readonly instance: number;
}

interface Task extends TaskPlace {
  readonly taskId: string;
  readonly session: Session;
  readonly key: string;
  /** The call that made it, and the client's own token for reports on it. */
  readonly call: AnsweredCall;
  /** The client's `tasks/result` that waits for it: what the task asks is put on its stream. */
  waiter: CallOwner | undefined;
  /** The client knows of no task: it waits for its call, which is who waits here. */
  isWaited: boolean;
}

export class Tasks {
  /** By place and id, oldest first. */
  readonly #byPlace = new Map<string, Task>();
  readonly #bySession = new Map<Session, Map<string, Task>>();
  readonly #byCall = new Map<number, Task>();
  /** Places of another supervisor than the one attached now. */
  #generation = 0;

  /** @returns false when the id is another task's: one that leads to two tasks would lead to the wrong one */
  add(session: Session, place: TaskPlace, taskId: string, call: AnsweredCall): boolean {
    const key = this.#keyOf(place, taskId);
    const own = this.#bySession.get(session) ?? new Map<string, Task>();
    const known = own.get(taskId);
    if (this.#byPlace.has(key) || (known !== undefined && known.server !== place.server)) return false;
    if (known !== undefined) this.#forget(known); // Lost with its connection; the server counts anew.
    const task: Task = { ...place, taskId, session, key, call, waiter: undefined, isWaited: false };
    this.#byPlace.set(key, task);
    if (call.progressToken !== undefined) this.#byCall.set(call.number, task);
    this.#bySession.set(session, own.set(taskId, task));
    const oldest = this.#byPlace.values().next().value;
    if (this.#byPlace.size > limits.tasksMax && oldest !== undefined) this.#forget(oldest);
    return true;
  }

  /** The task of this session, whether its place is still there or not. */
  find(session: Session, taskId: unknown): Task | undefined {
    return typeof taskId === "string" ? this.#bySession.get(session)?.get(taskId) : undefined;
  }

  /** Whose task it is that a backend speaks of. */
  at(place: TaskPlace, taskId: unknown): Task | undefined {
    return typeof taskId === "string" ? this.#byPlace.get(this.#keyOf(place, taskId)) : undefined;
  }

  /** False: another supervisor is attached than the one through which it was made. */
  isOfThisSupervisor(task: Task): boolean {
    return task.key === this.#keyOf(task, task.taskId);
  }

  of(session: Session): readonly Task[] {
    return [...(this.#bySession.get(session)?.values() ?? [])];
  }

  onSessionEnded(session: Session): void {
    for (const task of this.of(session)) this.#forget(task);
  }

  /** Progress of a call that was answered: with a task it goes on (2025-11-25, Tasks, "Task Progress"). */
  onProgress(place: TaskPlace, call: number, report: MessageView): void {
    const task = this.#byCall.get(call);
    if (task?.call.progressToken === undefined || task !== this.at(place, task.taskId)) return;
    if (task.isWaited) return task.waiter?.onNotification?.(report.bytes);
    const message = progressUnder(report, task.call.progressToken);
    if (message !== undefined) task.session.tell(message);
  }

  /** Epochs are counted anew, and every place of before is gone. */
  forgetEpochs(): void {
    this.#generation += 1;
  }

  #forget({ key, session, taskId, call }: Task): void {
    this.#byPlace.delete(key);
    this.#byCall.delete(call.number);
    const own = this.#bySession.get(session);
    own?.delete(taskId);
    if (own?.size === 0) this.#bySession.delete(session);
  }

  #keyOf({ server, epoch, instance }: TaskPlace, taskId: string): string {
    const connection = instance === 0 ? `${epoch}` : `own ${instance}`;
    return `${this.#generation} ${connection} ${server}\0${taskId}`;
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
  const task = context.tasks.find(session, taskId);
  if (task === undefined)
    throw new GatewayError("unknown-task", `Unknown task: ${String(taskId).slice(0, 100)}`);
  const backend = placeOf(context, task);
  if (backend === undefined) throw lost(task);
  const isWait = request.method === "tasks/result";
  const call = forward(context, session, request, exchange, {
    backend,
    params: request.params,
    target: `${backend.name} ${task.taskId}`,
    isBound: true,
    // It answers when the task is over, which may take as long as the task does (Tasks, "Result Retrieval").
    ...(isWait ? { timeoutMs: limits.callTimeoutMsMax } : {}),
    onEnded: () => {
      if (task.waiter === call) task.waiter = undefined;
    },
  });
  if (isWait && session.inFlight.has(request.id)) task.waiter = call;
}

/** The server, if what the task lives at is still its connection. */
function placeOf(context: DispatchContext, task: Task): BackendState | undefined {
  const backend = context.mirror.byName(task.server);
  if (backend === undefined || !context.tasks.isOfThisSupervisor(task)) return undefined;
  const isThere =
    task.instance === 0
      ? backend.epoch === task.epoch
      : context.instances.openOf(task.session, backend) === task.instance;
  return isThere ? backend : undefined;
}

function lost({ server }: Task): GatewayError {
  const detail = `The connection to the server "${server}" at which the task was made is gone, and the task with it.`;
  return new GatewayError("task-lost", detail, { facts: { server } });
}

/** `tasks/list`: this session's own, each asked for at its server; one that can't be had is left out. */
export function listTasks(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  exchange: Exchange,
): void {
  void getAll(context, context.tasks.of(session)).then((tasks) => {
    exchange.reply(withIdBytes(resultBody(`{"tasks":[${tasks.join(",")}]}`), idBytesOf(request.id)));
  });
}

/** A few at a time: a session may have thousands, and its servers have other things to do. */
async function getAll(context: DispatchContext, tasks: readonly Task[]): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let at = 0; at < tasks.length; at += limits.tasksAskedAtOnceMax) {
    const some = tasks.slice(at, at + limits.tasksAskedAtOnceMax);
    const got = await Promise.all(some.map((task) => getTask(context, task)));
    texts.push(...got.filter((text) => text !== undefined));
  }
  return texts;
}

/** @returns the task as JSON text */
async function getTask(context: DispatchContext, task: Task): Promise<string | undefined> {
  const backend = placeOf(context, task);
  if (backend === undefined) return undefined;
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const owner: CallOwner = {
    sessionId: task.session.id,
    onReply: (message) => resolve(resultTextIn(message)),
    onFailure: () => resolve(undefined),
  };
  const { taskId, instance } = task;
  const params = (): object => ({ taskId });
  const request = { backend, instance, method: "tasks/get", params, timeoutMs: limits.listTimeoutMs };
  try {
    context.calls.start(request, owner);
  } catch {
    return undefined; // The server is away just now.
  }
  return await promise;
}

/**
 * A call that asked for a task was answered: from now on the task is known.
 * @returns why the answer is not passed on; the task is given up then, as nobody could ask for it
 */
export function registerTask(
  context: DispatchContext,
  session: Session,
  { name: server, epoch }: BackendState,
  call: AnsweredCall,
  reply: Uint8Array,
): JsonRpcErrorObject | undefined {
  const place = { server, epoch, instance: call.instance };
  const taskId = taskIdIn(reply);
  if (taskId === undefined || context.tasks.add(session, place, taskId, call)) return undefined;
  // Under an id that is in use at this very place it would be the other task that ends.
  if (context.tasks.at(place, taskId) === undefined) endTask(context, place, taskId);
  return toJsonRpcError(new GatewayError("task-id-taken", undefined, { facts: { server: place.server } }));
}

/** Nobody wants it any more. */
export function endTask(context: DispatchContext, { server, instance }: TaskPlace, taskId: string): void {
  const backend = context.mirror.byName(server);
  if (backend === undefined) return;
  const ignore = (): void => undefined;
  const owner: CallOwner = { sessionId: undefined, onReply: ignore, onFailure: ignore };
  const params = (): object => ({ taskId });
  const timeoutMs = limits.listTimeoutMs;
  try {
    context.calls.start({ backend, instance, method: "tasks/cancel", params, timeoutMs }, owner);
  } catch {
    return; // The server is away, and the task with it.
  }
}

function resultTextIn(message: Uint8Array): string | undefined {
  return ObjectView.at(message, 0)?.text("result");
}

function taskIdIn(reply: Uint8Array): string | undefined {
  const taskId = ObjectView.at(reply, 0)?.object("result")?.object("task")?.value("taskId");
  return typeof taskId === "string" ? taskId : undefined;
}
