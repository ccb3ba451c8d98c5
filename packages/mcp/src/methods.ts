/** Every method and notification of MCP: who sends it, and in which revisions it exists. */
import { type SessionRevision, sessionRevisions, statelessRevision } from "./revisions.ts";

export const Method = {
  initialize: "initialize",
  ping: "ping",
  toolsList: "tools/list",
  toolsCall: "tools/call",
  resourcesList: "resources/list",
  resourceTemplatesList: "resources/templates/list",
  resourcesRead: "resources/read",
  resourcesSubscribe: "resources/subscribe",
  resourcesUnsubscribe: "resources/unsubscribe",
  promptsList: "prompts/list",
  promptsGet: "prompts/get",
  completionComplete: "completion/complete",
  loggingSetLevel: "logging/setLevel",
  tasksGet: "tasks/get",
  tasksResult: "tasks/result",
  tasksList: "tasks/list",
  tasksCancel: "tasks/cancel",
  tasksUpdate: "tasks/update",
  serverDiscover: "server/discover",
  subscriptionsListen: "subscriptions/listen",
  samplingCreateMessage: "sampling/createMessage",
  elicitationCreate: "elicitation/create",
  rootsList: "roots/list",
} as const;
export type Method = (typeof Method)[keyof typeof Method];

export const Notification = {
  initialized: "notifications/initialized",
  cancelled: "notifications/cancelled",
  progress: "notifications/progress",
  message: "notifications/message",
  toolsListChanged: "notifications/tools/list_changed",
  resourcesListChanged: "notifications/resources/list_changed",
  promptsListChanged: "notifications/prompts/list_changed",
  resourcesUpdated: "notifications/resources/updated",
  rootsListChanged: "notifications/roots/list_changed",
  elicitationComplete: "notifications/elicitation/complete",
  tasksStatus: "notifications/tasks/status",
  tasks: "notifications/tasks",
  subscriptionsAcknowledged: "notifications/subscriptions/acknowledged",
} as const;
export type Notification = (typeof Notification)[keyof typeof Notification];

export type Revision = SessionRevision | typeof statelessRevision;
export type Direction = "client-to-server" | "server-to-client" | "both";

export interface MethodFacts {
  readonly name: Method | Notification;
  readonly kind: "request" | "notification";
  readonly direction: Direction;
  readonly revisions: readonly Revision[];
}

const sessions: readonly Revision[] = sessionRevisions;
const all: readonly Revision[] = [statelessRevision, ...sessionRevisions];
const sinceJune2025: readonly Revision[] = ["2025-11-25", "2025-06-18"];
const november2025: readonly Revision[] = ["2025-11-25"];
const stateless: readonly Revision[] = [statelessRevision];
const tasks: readonly Revision[] = [statelessRevision, "2025-11-25"];

function request(name: Method, direction: Direction, revisions: readonly Revision[]): MethodFacts {
  return { name, kind: "request", direction, revisions };
}

function notification(name: Notification, direction: Direction, revisions: readonly Revision[]): MethodFacts {
  return { name, kind: "notification", direction, revisions };
}

export const methodTable: readonly MethodFacts[] = [
  request(Method.initialize, "client-to-server", sessions),
  request(Method.ping, "both", sessions),
  request(Method.toolsList, "client-to-server", all),
  request(Method.toolsCall, "client-to-server", all),
  request(Method.resourcesList, "client-to-server", all),
  request(Method.resourceTemplatesList, "client-to-server", all),
  request(Method.resourcesRead, "client-to-server", all),
  request(Method.resourcesSubscribe, "client-to-server", sessions),
  request(Method.resourcesUnsubscribe, "client-to-server", sessions),
  request(Method.promptsList, "client-to-server", all),
  request(Method.promptsGet, "client-to-server", all),
  request(Method.completionComplete, "client-to-server", all),
  request(Method.loggingSetLevel, "client-to-server", sessions),
  // Of the extension `io.modelcontextprotocol/tasks` in the stateless revision, where only servers have tasks.
  request(Method.tasksGet, "both", tasks),
  request(Method.tasksResult, "both", november2025),
  request(Method.tasksList, "both", november2025),
  request(Method.tasksCancel, "both", tasks),
  request(Method.tasksUpdate, "client-to-server", stateless),
  request(Method.serverDiscover, "client-to-server", stateless),
  request(Method.subscriptionsListen, "client-to-server", stateless),
  request(Method.samplingCreateMessage, "server-to-client", sessions),
  request(Method.elicitationCreate, "server-to-client", sinceJune2025),
  request(Method.rootsList, "server-to-client", sessions),
  notification(Notification.initialized, "client-to-server", sessions),
  notification(Notification.cancelled, "both", all),
  // In the stateless revision only servers report progress, but a client's never comes over HTTP anyway.
  notification(Notification.progress, "both", all),
  notification(Notification.message, "server-to-client", all),
  notification(Notification.toolsListChanged, "server-to-client", all),
  notification(Notification.resourcesListChanged, "server-to-client", all),
  notification(Notification.promptsListChanged, "server-to-client", all),
  notification(Notification.resourcesUpdated, "server-to-client", all),
  notification(Notification.rootsListChanged, "client-to-server", sessions),
  notification(Notification.elicitationComplete, "server-to-client", november2025),
  notification(Notification.tasksStatus, "both", november2025),
  notification(Notification.tasks, "server-to-client", stateless),
  notification(Notification.subscriptionsAcknowledged, "server-to-client", stateless),
];

const factsByName = new Map<string, MethodFacts>(methodTable.map((facts) => [facts.name, facts]));

/** What is known about a method or notification; `undefined` for one that MCP does not define. */
export function methodFacts(name: string): MethodFacts | undefined {
  return factsByName.get(name);
}

export function methodExistsIn(name: string, revision: Revision): boolean {
  return factsByName.get(name)?.revisions.includes(revision) ?? false;
}

export function isFromClient(name: string): boolean {
  const direction = factsByName.get(name)?.direction;
  return direction === "client-to-server" || direction === "both";
}

export function isFromServer(name: string): boolean {
  const direction = factsByName.get(name)?.direction;
  return direction === "server-to-client" || direction === "both";
}
