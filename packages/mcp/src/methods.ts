/** Every method and notification of MCP, and in which revisions it exists. */
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

type Revision = SessionRevision | typeof statelessRevision;

const sessions: readonly Revision[] = sessionRevisions;
const all: readonly Revision[] = [statelessRevision, ...sessionRevisions];
const sinceJune2025: readonly Revision[] = ["2025-11-25", "2025-06-18"];
const november2025: readonly Revision[] = ["2025-11-25"];
const stateless: readonly Revision[] = [statelessRevision];
const tasks: readonly Revision[] = [statelessRevision, "2025-11-25"];

const revisionsByName: ReadonlyMap<string, readonly Revision[]> = new Map([
  [Method.initialize, sessions],
  [Method.ping, sessions],
  [Method.toolsList, all],
  [Method.toolsCall, all],
  [Method.resourcesList, all],
  [Method.resourceTemplatesList, all],
  [Method.resourcesRead, all],
  [Method.resourcesSubscribe, sessions],
  [Method.resourcesUnsubscribe, sessions],
  [Method.promptsList, all],
  [Method.promptsGet, all],
  [Method.completionComplete, all],
  [Method.loggingSetLevel, sessions],
  // Of the extension `io.modelcontextprotocol/tasks` in the stateless revision, where only servers have tasks.
  [Method.tasksGet, tasks],
  [Method.tasksResult, november2025],
  [Method.tasksList, november2025],
  [Method.tasksCancel, tasks],
  [Method.tasksUpdate, stateless],
  [Method.serverDiscover, stateless],
  [Method.subscriptionsListen, stateless],
  [Method.samplingCreateMessage, sessions],
  [Method.elicitationCreate, sinceJune2025],
  [Method.rootsList, sessions],
  [Notification.initialized, sessions],
  [Notification.cancelled, all],
  // In the stateless revision only servers report progress, but a client's never comes over HTTP anyway.
  [Notification.progress, all],
  [Notification.message, all],
  [Notification.toolsListChanged, all],
  [Notification.resourcesListChanged, all],
  [Notification.promptsListChanged, all],
  [Notification.resourcesUpdated, all],
  [Notification.rootsListChanged, sessions],
  [Notification.elicitationComplete, november2025],
  [Notification.tasksStatus, november2025],
  [Notification.tasks, stateless],
  [Notification.subscriptionsAcknowledged, stateless],
]);

/** Whether MCP defines it, in any revision. */
export function isKnownMethod(name: string): boolean {
  return revisionsByName.has(name);
}

export function methodExistsIn(name: string, revision: Revision): boolean {
  return revisionsByName.get(name)?.includes(revision) ?? false;
}
