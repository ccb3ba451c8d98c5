/** What belongs to no single call: changed lists, watched resources, log lines; each to those it concerns. */
import { type BackendState, type Frame, FrameKind } from "@mcp-gateway/contract";
import type { Log } from "@mcp-gateway/kit";
import { MessageView } from "@mcp-gateway/mcp";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { changedKinds } from "../catalogue/face.ts";
import type { CatalogueKeeper } from "../catalogue/keeper.ts";
import type { ListKind } from "../catalogue/listing.ts";
import type { Calls } from "../link/calls.ts";
import type { Instances } from "../link/instances.ts";
import type { Mirror } from "../link/mirror.ts";
import { inSlices } from "../sessions/in-slices.ts";
import type { SessionRegistry } from "../sessions/registry.ts";
import type { Session } from "../sessions/session.ts";
import { listChangedMessage, relayLog } from "./notifications.ts";
import type { ReverseRequests } from "./reverse.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Tasks } from "./tasks.ts";

const messages = {
  tools: listChangedMessage("tools"),
  prompts: listChangedMessage("prompts"),
  resources: listChangedMessage("resources"),
} as const;

const messageFor: Readonly<Record<ListKind, keyof typeof messages>> = {
  tools: "tools",
  prompts: "prompts",
  resources: "resources",
  resourceTemplates: "resources",
};

export class FanOut {
  readonly #sessions: SessionRegistry;
  readonly #calls: Calls;
  readonly #instances: Instances;
  readonly #mirror: Mirror;
  readonly #subscriptions: Subscriptions;
  readonly #reverse: ReverseRequests;
  readonly #tasks: Tasks;
  readonly #log: Log;
  keeper: CatalogueKeeper | undefined;

  constructor(options: {
    sessions: SessionRegistry;
    calls: Calls;
    instances: Instances;
    mirror: Mirror;
    subscriptions: Subscriptions;
    reverse: ReverseRequests;
    tasks: Tasks;
    log: Log;
  }) {
    this.#sessions = options.sessions;
    this.#calls = options.calls;
    this.#instances = options.instances;
    this.#mirror = options.mirror;
    this.#subscriptions = options.subscriptions;
    this.#reverse = options.reverse;
    this.#tasks = options.tasks;
    this.#log = options.log;
  }

  /** One `list_changed` of a kind to each session whose face shows a difference. */
  onCatalogue(now: Catalogue, before: Catalogue): void {
    const changes = new Map<string | undefined, ReadonlySet<keyof typeof messages>>();
    inSlices(this.#sessions.all(), (session) => {
      if (!session.isInitialized) return;
      let changed = changes.get(session.server);
      if (changed === undefined) {
        const faces =
          session.server === undefined
            ? ([before.merged, now.merged] as const)
            : ([before.server(session.server), now.server(session.server)] as const);
        changed = new Set(changedKinds(faces[0], faces[1]).map((kind) => messageFor[kind]));
        changes.set(session.server, changed);
      }
      for (const kind of changed) session.tell(messages[kind], kind);
    });
  }

  /** What came on a call's own stream, or on the listen that is kept open at a stateless backend. */
  onNews(backend: BackendState, message: Uint8Array, instance: number): void {
    const { index, epoch } = backend;
    const none = { flags: 0, call: 0, instance, reference: 0, idStart: 0, idLength: 0, roomBytes: 0 };
    this.onNotification({ ...none, kind: FrameKind.notification, backend: index, epoch, payload: message });
  }

  onFrame(frame: Frame): void {
    if (frame.call === 0) this.onNotification(frame);
    else if (this.#calls.ownerOf(frame.call) === undefined) this.#onLateProgress(frame);
    else this.#calls.onFrame(frame);
  }

  /** A notification that came outside any call's own stream. */
  onNotification(frame: Frame): void {
    const backend = this.#mirror.byIndex(frame.backend);
    if (backend === undefined || (frame.instance === 0 && backend.epoch !== frame.epoch)) return;
    const view = MessageView.read(frame.payload);
    if (view === undefined) return; // The supervisor has dropped and counted what is ambiguous.
    switch (view.method) {
      case "notifications/tools/list_changed":
      case "notifications/prompts/list_changed":
      case "notifications/resources/list_changed":
        return this.keeper?.onListChanged(backend.name);
      case "notifications/resources/updated":
        return this.#subscriptions.onUpdated(
          backend,
          view,
          this.#instances.byNumber(frame.instance)?.session,
        );
      case "notifications/message":
        return this.#onLog(backend, frame, view);
      case "notifications/tasks/status":
        return this.#onTaskStatus(backend, frame, view.param("taskId"));
      case "notifications/elicitation/complete":
        return this.#reverse.onElicitationComplete(view);
      default:
        this.#log.debug("backend notification without a receiver", {
          backend: backend.name,
          method: view.method,
        });
    }
  }

  /** Of a call that was answered before; nothing else comes that late under a call's number. */
  #onLateProgress({ backend, epoch, instance, call, payload }: Frame): void {
    const server = this.#mirror.byIndex(backend)?.name;
    const report = MessageView.read(payload);
    if (server === undefined || report?.method !== "notifications/progress") return;
    this.#tasks.onProgress({ server, epoch, instance }, call, report);
  }

  /** Where nobody listens just now, the newest status of each task waits. */
  #onTaskStatus({ name: server }: BackendState, { epoch, instance, payload }: Frame, taskId: unknown): void {
    this.#tasks.at({ server, epoch, instance }, taskId)?.session.tell(payload, `task ${String(taskId)}`);
  }

  /**
   * A log line on a shared pipe does not say which call caused it. It goes to a client only where that is
   * certain: the one session with calls in flight, or the one session there is. It may hold what another
   * client asked about, so it is never broadcast.
   */
  #onLog(backend: BackendState, frame: Frame, view: MessageView): void {
    const inFlightOfOtherGateways = frame.reference;
    if (frame.instance !== 0) return this.#onInstanceLog(backend, frame, view);
    const owner = inFlightOfOtherGateways === 0 ? this.#calls.certainOwnerAt(backend.index) : undefined;
    if (owner?.onNotification !== undefined) return owner.onNotification(frame.payload);
    const isQuiet = inFlightOfOtherGateways === 0 && this.#calls.inFlightAt(backend.index) === 0;
    const session = isQuiet ? this.#onlySession(backend) : undefined;
    if (session === undefined)
      return this.#log.debug("backend log without a certain owner", { backend: backend.name });
    this.#tellLog(session, backend, view);
  }

  /** On a session's own connection there is no doubt. */
  #onInstanceLog(backend: BackendState, frame: Frame, view: MessageView): void {
    const owner = this.#calls.ownerAtInstance(frame.instance);
    if (owner?.onNotification !== undefined) return owner.onNotification(frame.payload);
    const session = this.#instances.byNumber(frame.instance)?.session;
    if (session !== undefined) this.#tellLog(session, backend, view);
  }

  #tellLog(session: Session, backend: BackendState, view: MessageView): void {
    const relayed = relayLog(view, session, backend.name);
    if (relayed !== undefined) session.tell(relayed);
  }

  #onlySession(backend: BackendState): Session | undefined {
    if (this.#sessions.hadOthers) return undefined;
    let only: Session | undefined;
    for (const session of this.#sessions.all()) {
      if (session.server !== undefined && session.server !== backend.name) continue;
      if (only !== undefined) return undefined;
      only = session;
    }
    return only;
  }
}
