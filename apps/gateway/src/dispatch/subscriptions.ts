/**
 * Resource subscriptions: many clients may watch one resource, the backend is asked once. They are asked
 * for again after the backend came back, and given up when the last client lets go.
 */
import type { BackendState } from "@mcp-gateway/contract";
import { type Log, limits } from "@mcp-gateway/kit";
import { MessageView, notificationMessage } from "@mcp-gateway/mcp";
import type { Calls } from "../link/calls.ts";
import type { Mirror } from "../link/mirror.ts";
import { inSlices } from "../sessions/in-slices.ts";
import type { SessionRegistry } from "../sessions/registry.ts";
import type { Session } from "../sessions/session.ts";
import { metaKeys } from "../stateless/meta-keys.ts";

interface Subscription {
  readonly server: string;
  readonly uri: string;
  /** Session id → the URI under which that client knows the resource. */
  readonly watchers: Map<string, string>;
}

const separator = "\0"; // Neither a server's name nor a URI can hold it.

export class Subscriptions {
  readonly #calls: Calls;
  readonly #mirror: Mirror;
  readonly #sessions: SessionRegistry;
  readonly #log: Log;
  readonly #byKey = new Map<string, Subscription>();

  constructor(options: { calls: Calls; mirror: Mirror; sessions: SessionRegistry; log: Log }) {
    this.#calls = options.calls;
    this.#mirror = options.mirror;
    this.#sessions = options.sessions;
    this.#log = options.log;
  }

  /** @returns true when the backend already tells of this resource, so that it need not be asked */
  isWatched(server: string, uri: string): boolean {
    return this.#byKey.has(server + separator + uri);
  }

  /** The backend agreed, or had agreed before. */
  add(session: Session, server: string, uri: string, exposedUri: string): void {
    const key = server + separator + uri;
    const subscription = this.#byKey.get(key) ?? { server, uri, watchers: new Map<string, string>() };
    this.#byKey.set(key, subscription);
    subscription.watchers.set(session.id, exposedUri);
    session.subscriptions.add(key);
  }

  /** @returns true when nobody watches any more and the backend should be told */
  remove(session: Session, server: string, uri: string): boolean {
    const key = server + separator + uri;
    session.subscriptions.delete(key);
    const subscription = this.#byKey.get(key);
    subscription?.watchers.delete(session.id);
    if (subscription === undefined || subscription.watchers.size > 0) return false;
    this.#byKey.delete(key);
    return true;
  }

  /** A session ended: what only it watched is given up. */
  removeAll(session: Session): void {
    for (const key of [...session.subscriptions]) {
      const subscription = this.#byKey.get(key);
      if (subscription === undefined || !this.remove(session, subscription.server, subscription.uri))
        continue;
      const backend = this.#mirror.byName(subscription.server);
      if (backend !== undefined) this.#ask(backend, "resources/unsubscribe", subscription.uri);
    }
  }

  /** A backend is ready again and knows nothing of what was watched. */
  restore(backend: BackendState): void {
    for (const { server, uri } of this.#byKey.values()) {
      if (server === backend.name) this.#ask(backend, "resources/subscribe", uri);
    }
  }

  onUpdated(server: string, update: MessageView): void {
    const uri = update.param("uri");
    if (typeof uri !== "string") return;
    const subscription = this.#byKey.get(server + separator + uri);
    // The request that a stateless backend answers with its news is one of the gateway's own.
    const meta = { drop: (key: string) => key === metaKeys.subscriptionId };
    const messages = new Map<string, Uint8Array | undefined>();
    inSlices(subscription?.watchers ?? [], ([sessionId, exposedUri]) => {
      if (!messages.has(exposedUri)) {
        const set = exposedUri === uri ? {} : { uri: JSON.stringify(exposedUri) };
        messages.set(exposedUri, update.with({ params: { set }, meta }));
      }
      const message = messages.get(exposedUri);
      if (message !== undefined) this.#sessions.byId(sessionId)?.tell(message, `updated ${exposedUri}`);
    });
  }

  /** The backend's own URIs that are watched. */
  watchedAt(server: string): readonly string[] {
    return [...this.#byKey.values()].filter((one) => one.server === server).map(({ uri }) => uri);
  }

  /** Set once where there are several workers: a backend was told that nobody here watches any more. */
  onReleased: (server: string, uri: string) => void = () => undefined;

  /**
   * Another worker's last watcher let go, and the shared backend believes that nobody watches. What was told
   * meanwhile would be missed, so those who watch here are told to look again.
   */
  reclaim(server: string, uri: string): void {
    const backend = this.#mirror.byName(server);
    if (!this.isWatched(server, uri) || backend?.phase !== "ready") return;
    this.#ask(backend, "resources/subscribe", uri);
    const update = MessageView.read(notificationMessage("notifications/resources/updated", { uri }));
    if (update !== undefined) this.onUpdated(server, update);
  }

  /** Set once: a stateless backend is told by listening to it anew. */
  onWatched: (server: string) => void = () => undefined;

  #ask(backend: BackendState, method: string, uri: string): void {
    if (backend.era === "stateless") return this.onWatched(backend.name);
    const done = (): void => {
      this.#log.debug("subscription", { backend: backend.name, method, uri });
      if (method === "resources/unsubscribe") this.onReleased(backend.name, uri);
    };
    try {
      this.#calls.start(
        { backend, method, params: () => ({ uri }), timeoutMs: limits.listTimeoutMs },
        { sessionId: undefined, onReply: done, onFailure: done },
      );
    } catch {
      done(); // The backend is away; `restore` asks again when it is back.
    }
  }
}
