/**
 * What a backend of revision 2026-07-28 tells without being called: it tells only on a `subscriptions/listen`
 * that somebody keeps open. The gateway keeps one for each such backend and opens it again when it ends.
 */
import type { BackendState } from "@mcp-gateway/contract";
import { backoffDelayMs, type Clock, type Log, limits } from "@mcp-gateway/kit";
import { Extension, MessageView } from "@mcp-gateway/mcp";
import { capabilitiesOf } from "../link/backend-facts.ts";
import type { Calls } from "../link/calls.ts";
import type { Mirror } from "../link/mirror.ts";
import { noFacts } from "../link/stateless-call.ts";
import { TaskWatches } from "../stateless/task-watches.ts";
import { relaysTasks } from "./task-support.ts";

interface Listen {
  readonly epoch: number;
  call: number;
  attempt: number;
  /** The server has answered, or won't. */
  isSettled: boolean;
  /** What is watched has changed since it was opened. */
  isStale: boolean;
  cancelTimer: (() => void) | undefined;
  /** The listen that this one replaces, to be ended a moment after this one is acknowledged: so nothing is missed. */
  former: number;
  /** The tasks that the server agreed to tell of. */
  readonly agreed: Resolvers<ReadonlySet<string>>;
  /** The one that replaces it; `undefined`: none does. */
  readonly next: Resolvers<Listen | undefined>;
}

type Resolvers<T> = ReturnType<typeof Promise.withResolvers<T>>;

/** Whoever watches a task has said that it can. */
const tasksDeclared = { extensions: { [Extension.tasks]: {} } };
const noTasks: ReadonlySet<string> = new Set();

export class UpstreamListens {
  readonly #calls: Calls;
  readonly #mirror: Mirror;
  readonly #log: Log;
  readonly #clock: Clock;
  /** URIs of the backend that clients watch. */
  readonly #watched: (server: string) => readonly string[];
  /** Tasks that clients want to hear of. */
  readonly tasks = new TaskWatches();
  readonly #onNotification: (backend: BackendState, message: Uint8Array) => void;
  readonly #byServer = new Map<string, Listen>();

  constructor(options: {
    calls: Calls;
    mirror: Mirror;
    log: Log;
    clock: Clock;
    watched: (server: string) => readonly string[];
    onNotification: (backend: BackendState, message: Uint8Array) => void;
  }) {
    this.#calls = options.calls;
    this.#mirror = options.mirror;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#watched = options.watched;
    this.#onNotification = options.onNotification;
  }

  onBackend(backend: BackendState): void {
    const listen = this.#byServer.get(backend.name);
    const isListened = backend.phase === "ready" && backend.era === "stateless";
    if (listen !== undefined && (!isListened || listen.epoch !== backend.epoch))
      this.#end(backend.name, listen);
    if (isListened && !this.#byServer.has(backend.name)) this.#start(backend, 0);
  }

  onRemoved(server: string): void {
    const listen = this.#byServer.get(server);
    if (listen !== undefined) this.#end(server, listen);
  }

  /** What is watched changed: one listen names everything, so it is opened anew. */
  onWatched(server: string): void {
    const listen = this.#byServer.get(server);
    if (listen === undefined) return;
    listen.isStale = true;
    if (listen.isSettled) this.#renewSoon(server, listen);
  }

  /** Of the tasks that are watched at this server now, those that it tells of. */
  async agreedTasks(server: string): Promise<ReadonlySet<string>> {
    const late = Promise.withResolvers<ReadonlySet<string>>();
    const cancel = this.#clock.after(limits.listTimeoutMs, () => late.resolve(noTasks));
    const agreed = await Promise.race([this.#nextAgreed(this.#byServer.get(server)), late.promise]);
    cancel();
    return agreed;
  }

  async #nextAgreed(first: Listen | undefined): Promise<ReadonlySet<string>> {
    let listen = first;
    while (listen !== undefined) {
      const agreed = await listen.agreed.promise;
      if (!listen.isStale) return agreed;
      listen = await listen.next.promise;
    }
    return noTasks;
  }

  /** Changes come in bunches. */
  #renewSoon(server: string, listen: Listen): void {
    listen.cancelTimer?.();
    listen.cancelTimer = this.#clock.after(limits.listenGatherMs, () => {
      const backend = this.#mirror.byName(server);
      if (backend?.epoch !== listen.epoch || this.#byServer.get(server) !== listen) return;
      this.#start(backend, 0, listen);
    });
  }

  #start(backend: BackendState, attempt: number, former?: Listen): void {
    const listen: Listen = {
      epoch: backend.epoch,
      call: 0,
      attempt,
      isSettled: false,
      isStale: false,
      cancelTimer: undefined,
      former: former?.call ?? 0,
      agreed: Promise.withResolvers(),
      next: Promise.withResolvers(),
    };
    this.#byServer.set(backend.name, listen);
    former?.next.resolve(listen);
    const notifications = this.#filter(backend);
    // It has nothing to tell.
    if (Object.keys(notifications).length === 0) return this.#settle(backend.name, listen, noTasks);
    const ended = (): void => {
      this.#settle(backend.name, listen, noTasks);
      this.#retry(backend, listen);
    };
    try {
      listen.call = this.#calls.start(
        {
          backend,
          method: "subscriptions/listen",
          params: () => ({ notifications }),
          timeoutMs: limits.callTimeoutMsMax,
          stateless: { ...noFacts, capabilities: tasksDeclared },
        },
        {
          sessionId: undefined,
          onReply: ended,
          onFailure: ended,
          onNotification: (message) => {
            listen.attempt = 0;
            this.#take(backend, listen, message);
          },
        },
      );
    } catch {
      return this.#end(backend.name, listen); // It is away; it is listened to when it is back.
    }
    // One that never acknowledges would be asked for nothing new any more.
    this.#clock.after(limits.listTimeoutMs, () => this.#settle(backend.name, listen, noTasks));
  }

  #take(backend: BackendState, listen: Listen, message: Uint8Array): void {
    const view = MessageView.read(message);
    if (view?.method === "notifications/tasks") return this.tasks.tell(backend.name, message);
    if (view?.method !== "notifications/subscriptions/acknowledged")
      return this.#onNotification(backend, message);
    const promised = view.param("notifications");
    const ids =
      typeof promised === "object" && promised !== null && "taskIds" in promised ? promised.taskIds : [];
    this.#settle(
      backend.name,
      listen,
      new Set(Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : []),
    );
  }

  #settle(server: string, listen: Listen, agreed: ReadonlySet<string>): void {
    listen.agreed.resolve(agreed);
    const { former } = listen;
    listen.former = 0;
    // What it told last may still be on its way, and reach us behind the acknowledgement.
    if (former !== 0)
      this.#clock.after(limits.listenOverlapMs, () => this.#calls.cancel(former, "listened to anew"));
    if (listen.isSettled) return;
    listen.isSettled = true;
    if (listen.isStale) this.#renewSoon(server, listen);
  }

  #retry(backend: BackendState, listen: Listen): void {
    if (this.#byServer.get(backend.name) !== listen) return;
    const backoff = { minMs: limits.listRetryMsMin, maxMs: limits.listRetryMsMax, jitterRatio: 0.2 };
    const delayMs = backoffDelayMs(backoff, listen.attempt, Math.random());
    this.#log.debug("listen ended", { backend: backend.name, retry_ms: delayMs });
    listen.cancelTimer?.();
    listen.cancelTimer = this.#clock.after(delayMs, () => {
      const now = this.#mirror.byName(backend.name);
      if (this.#byServer.get(backend.name) !== listen || now?.epoch !== listen.epoch) return;
      this.#start(now, listen.attempt + 1, listen);
    });
  }

  #end(server: string, listen: Listen): void {
    this.#byServer.delete(server);
    this.#settle(server, listen, noTasks);
    listen.cancelTimer?.();
    listen.next.resolve(undefined);
    if (listen.call !== 0) this.#calls.cancel(listen.call, "listened to anew");
  }

  /** Only what the backend declared is asked for (2026-07-28, Subscriptions). */
  #filter(backend: BackendState): Readonly<Record<string, unknown>> {
    const capabilities = capabilitiesOf(backend);
    const declares = (name: string, part: string): boolean => {
      const capability = capabilities[name];
      return typeof capability === "object" && capability !== null && part in capability;
    };
    const uris = declares("resources", "subscribe") ? this.#watched(backend.name) : [];
    const taskIds = relaysTasks(backend) ? this.tasks.at(backend.name) : [];
    return {
      ...(declares("tools", "listChanged") ? { toolsListChanged: true } : {}),
      ...(declares("prompts", "listChanged") ? { promptsListChanged: true } : {}),
      ...(declares("resources", "listChanged") ? { resourcesListChanged: true } : {}),
      ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }),
      ...(taskIds.length === 0 ? {} : { taskIds }),
    };
  }
}
