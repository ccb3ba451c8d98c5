/**
 * A tool that demands a task of revision 2025-11-25, called by a client that has no such tasks: the task is made in its
 * name, waited for, and its result is the answer. What it asks and reports on the way is the call's.
 */
import type { BackendState } from "@mcp-gateway/contract";
import { ObjectView, readEnvelope } from "@mcp-gateway/mcp";
import type { CatalogueKeeper } from "../catalogue/keeper.ts";
import type { ListItem } from "../catalogue/listing.ts";
import type { Session } from "../sessions/session.ts";
import type { ClientRequest, DispatchContext, Exchange } from "./context.ts";
import { type AnsweredCall, type Forwarding, forward } from "./forward.ts";
import { endTask, registerTask } from "./tasks.ts";

/** Whether a call of this tool works for this client only so. */
export function isWaited(
  { keeper }: { readonly keeper: CatalogueKeeper },
  { front, revision }: Session,
  backend: BackendState,
  tool: string,
): boolean {
  // A request that stands alone has no connection that outlives its first answer.
  const hasNone = front === "stateless" || (front !== "single" && revision < "2025-11-25");
  if (!hasNone || backend.era === "stateless") return false;
  return demandingTasks(keeper.listing(backend.name).tools).has(tool);
}

/** By list: the tools that demand a task. Looked for once in each, as every call of some clients asks. */
const demanding = new WeakMap<readonly ListItem[], ReadonlySet<string>>();

function demandingTasks(tools: readonly ListItem[]): ReadonlySet<string> {
  let keys = demanding.get(tools);
  if (keys === undefined) {
    keys = new Set(tools.filter(demandsTask).map(({ key }) => key));
    demanding.set(tools, keys);
  }
  return keys;
}

function demandsTask({ ownText }: ListItem): boolean {
  if (!ownText.includes('"taskSupport"')) return false;
  const { execution } = JSON.parse(ownText) as { readonly execution?: { readonly taskSupport?: unknown } }; // A checked tool.
  return execution?.taskSupport === "required";
}

export function callAndWait(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  exchange: Exchange,
  forwarding: Forwarding,
): void {
  const { backend } = forwarding;
  let made: AnsweredCall | undefined;
  const reply = (message: Uint8Array): void => {
    const taskId = taskIdIn(message);
    if (taskId === undefined || made === undefined) exchange.reply(message);
    else awaitResult(context, session, request, exchange, { ...forwarding, taskId, instance: made.instance });
  };
  forward(
    context,
    session,
    request,
    { ...passing(exchange), reply },
    {
      ...forwarding,
      params: { ...forwarding.params, task: {} },
      refuses: (answer, call) => {
        made = call;
        return registerTask(context, session, backend, call, answer);
      },
    },
  );
}

function awaitResult(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  exchange: Exchange,
  { backend, params, target, taskId, instance }: Forwarding & { taskId: string; instance: number },
): void {
  const place = { server: backend.name, epoch: backend.epoch, instance };
  const cancelled = (): void => {
    endTask(context, place, taskId);
    exchange.cancelled();
  };
  const call = forward(
    context,
    session,
    { ...request, method: "tasks/result" },
    { ...passing(exchange), cancelled },
    {
      backend,
      params: { taskId, ...(params?.["_meta"] === undefined ? {} : { _meta: params["_meta"] }) },
      target,
      isBound: true,
      // Whether it failed or ran out of time: what may still run is wanted by nobody.
      onEnded: (isError) => {
        if (isError) endTask(context, place, taskId);
      },
    },
  );
  const task = context.tasks.at(place, taskId);
  if (task === undefined || !session.inFlight.has(request.id)) return;
  task.waiter = call;
  task.isWaited = true;
}

function passing(exchange: Exchange): Exchange {
  return {
    reply: (message) => exchange.reply(message),
    notify: (message, droppable) => exchange.notify(message, droppable),
    ask: (message) => exchange.ask(message),
    cancelled: () => exchange.cancelled(),
  };
}

function taskIdIn(message: Uint8Array): string | undefined {
  const envelope = readEnvelope(message);
  if (envelope?.kind !== "response" || envelope.isError) return undefined;
  const taskId = ObjectView.at(message, 0)?.object("result")?.object("task")?.value("taskId");
  return typeof taskId === "string" ? taskId : undefined;
}
