/** Opens a `subscriptions/listen` stream: what of the client's wishes can be promised, and at whose backend. */
import { GatewayError, limits } from "@mcp-gateway/kit";
import { readEnvelope } from "@mcp-gateway/mcp";
import type { ClientRequest, DispatchContext, Exchange } from "../dispatch/context.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { ownTask } from "../dispatch/task-extension.ts";
import type { Session } from "../sessions/session.ts";
import type { Faces } from "./faces.ts";
import { type Filter, ListenSession, listChangeNames, listChanges, readFilter } from "./listen.ts";

export interface ListenParts {
  readonly context: DispatchContext;
  readonly dispatcher: Dispatcher;
  readonly faces: Faces;
}

/** @returns the stream to answer with. @throws GatewayError */
export function openListen(parts: ListenParts, asker: Session, request: ClientRequest): ListenSession {
  const { context, faces } = parts;
  const { server, principal } = asker;
  const asked = readFilter(request.params?.["notifications"]);
  if (asked === undefined)
    throw new GatewayError("invalid-params", "subscriptions/listen needs params.notifications, a filter.");
  if ((asked.resourceSubscriptions?.length ?? 0) > limits.subscriptionsPerSessionMax)
    throw new GatewayError(
      "invalid-params",
      `At most ${limits.subscriptionsPerSessionMax} resources can be watched at once.`,
    );
  if ((asked.taskIds?.length ?? 0) > limits.subscriptionsPerSessionMax)
    throw new GatewayError(
      "invalid-params",
      `At most ${limits.subscriptionsPerSessionMax} tasks can be watched at once.`,
    );
  if (asked.taskIds !== undefined) faces.checkTasks(asker, request.method);
  const session = new ListenSession({
    id: request.id,
    server,
    nowMs: context.clock.nowMs(),
    serverInfo: faces.serverInfo(server),
    onClosed: (closed) => context.sessions.end(closed, "stream closed"),
  });
  session.principal = principal;
  context.sessions.adopt(session);
  context.log.info("listening", { session: session.shortId, backend: server });
  promise(parts, session, asked).then(
    (filter) => session.acknowledge(filter),
    // The server is not there: nothing can be promised now, and the stream says so.
    () => session.acknowledge({}),
  );
  return session;
}

/** The part of what was asked for that will be told. */
async function promise(parts: ListenParts, session: ListenSession, asked: Filter): Promise<Filter> {
  const capabilities = await parts.faces.capabilities(session);
  const changes = listChangeNames.filter(
    (name) => asked[name] === true && capabilities[listChanges[name].capability] !== undefined,
  );
  const filter: Filter = Object.fromEntries(changes.map((name) => [name, true]));
  const { resourceSubscriptions = [], taskIds = [] } = asked;
  const watched = await watch(parts.dispatcher, session, resourceSubscriptions);
  const tasks = await watchTasks(parts.context, session, taskIds);
  return {
    ...filter,
    ...(watched.length === 0 ? {} : { resourceSubscriptions: watched }),
    ...(tasks.length === 0 ? {} : { taskIds: tasks }),
  };
}

/** @returns the ids of this client's tasks whose servers agreed to tell */
async function watchTasks(
  context: DispatchContext,
  session: ListenSession,
  ids: readonly string[],
): Promise<readonly string[]> {
  const watches = ids.flatMap((exposedId) => {
    const name = ownTask(context, session, exposedId);
    return name === undefined ? [] : [{ ...name, exposedId }];
  });
  if (watches.length === 0 || !session.stream.isOpen) return [];
  const { listens } = context;
  session.onEnded = () => {
    for (const server of listens.tasks.remove(session)) listens.onWatched(server);
  };
  const agreed = new Map<string, ReadonlySet<string>>();
  const servers = listens.tasks.add(session, watches);
  await Promise.all(
    [...servers].map(async (server) => {
      listens.onWatched(server);
      agreed.set(server, await listens.agreedTasks(server));
    }),
  );
  const told = watches.filter(({ server, taskId }) => agreed.get(server)?.has(taskId) === true);
  return told.map(({ exposedId }) => exposedId);
}

/** @returns the resources whose servers agreed */
async function watch(
  dispatcher: Dispatcher,
  session: ListenSession,
  uris: readonly string[],
): Promise<readonly string[]> {
  const agreed: string[] = [];
  for (let at = 0; at < uris.length && session.stream.isOpen; at += limits.listenSubscribesAtOnceMax) {
    const group = uris.slice(at, at + limits.listenSubscribesAtOnceMax);
    const answers = await Promise.all(group.map((uri, index) => subscribe(dispatcher, session, uri, index)));
    agreed.push(...group.filter((_, index) => answers[index] === true));
  }
  return agreed;
}

function subscribe(
  dispatcher: Dispatcher,
  session: ListenSession,
  uri: string,
  id: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const exchange: Exchange = {
      reply: (message) => {
        const envelope = readEnvelope(message);
        resolve(envelope?.kind === "response" && !envelope.isError);
      },
      notify: () => undefined,
      ask: () => false,
      cancelled: () => resolve(false),
    };
    const request = { kind: "request", id, method: "resources/subscribe", params: { uri } } as const;
    dispatcher.request(session, request, exchange);
  });
}
