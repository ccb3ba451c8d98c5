/**
 * What a backend of revision 2026-07-28 tells without being called: it tells only on a `subscriptions/listen`
 * that somebody keeps open. The gateway keeps one for each such backend and opens it again when it ends.
 */
import type { BackendState } from "@mcp-gateway/contract";
import { backoffDelayMs, type Clock, type Log, limits } from "@mcp-gateway/kit";
import { capabilitiesOf } from "../catalogue/refresh.ts";
import type { Calls } from "../link/calls.ts";
import type { Mirror } from "../link/mirror.ts";

interface Listen {
  readonly epoch: number;
  call: number;
  attempt: number;
  cancelRetry: (() => void) | undefined;
}

export class UpstreamListens {
  readonly #calls: Calls;
  readonly #mirror: Mirror;
  readonly #log: Log;
  readonly #clock: Clock;
  /** URIs of the backend that clients watch. */
  readonly #watched: (server: string) => readonly string[];
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
    const backend = this.#mirror.byName(server);
    const listen = this.#byServer.get(server);
    if (backend === undefined || listen === undefined) return;
    this.#end(server, listen);
    this.onBackend(backend);
  }

  #start(backend: BackendState, attempt: number): void {
    const listen: Listen = { epoch: backend.epoch, call: 0, attempt, cancelRetry: undefined };
    this.#byServer.set(backend.name, listen);
    const notifications = this.#filter(backend);
    if (Object.keys(notifications).length === 0) return; // It has nothing to tell.
    const ended = (): void => this.#retry(backend, listen);
    try {
      listen.call = this.#calls.start(
        {
          backend,
          method: "subscriptions/listen",
          params: () => ({ notifications }),
          timeoutMs: limits.callTimeoutMsMax,
        },
        {
          sessionId: undefined,
          onReply: ended,
          onFailure: ended,
          onNotification: (message) => {
            listen.attempt = 0;
            this.#onNotification(backend, message);
          },
        },
      );
    } catch {
      this.#byServer.delete(backend.name); // It is away; it is listened to when it is back.
    }
  }

  #retry(backend: BackendState, listen: Listen): void {
    if (this.#byServer.get(backend.name) !== listen) return;
    const backoff = { minMs: limits.listRetryMsMin, maxMs: limits.listRetryMsMax, jitterRatio: 0.2 };
    const delayMs = backoffDelayMs(backoff, listen.attempt, Math.random());
    this.#log.debug("listen ended", { backend: backend.name, retry_ms: delayMs });
    listen.cancelRetry = this.#clock.after(delayMs, () => {
      const now = this.#mirror.byName(backend.name);
      if (this.#byServer.get(backend.name) !== listen || now?.epoch !== listen.epoch) return;
      this.#start(now, listen.attempt + 1);
    });
  }

  #end(server: string, listen: Listen): void {
    this.#byServer.delete(server);
    listen.cancelRetry?.();
    if (listen.call !== 0) this.#calls.cancel(listen.call, "listened to anew");
  }

  /** Only what the backend declared is asked for (2026-07-28, Subscriptions). */
  #filter(backend: BackendState): Readonly<Record<string, unknown>> {
    const capabilities = backend.initializeResult === null ? {} : capabilitiesOf(backend.initializeResult);
    const declares = (name: string, part: string): boolean => {
      const capability = capabilities[name];
      return typeof capability === "object" && capability !== null && part in capability;
    };
    const uris = declares("resources", "subscribe") ? this.#watched(backend.name) : [];
    return {
      ...(declares("tools", "listChanged") ? { toolsListChanged: true } : {}),
      ...(declares("prompts", "listChanged") ? { promptsListChanged: true } : {}),
      ...(declares("resources", "listChanged") ? { resourcesListChanged: true } : {}),
      ...(uris.length === 0 ? {} : { resourceSubscriptions: uris }),
    };
  }
}
