/**
 * Resource subscriptions: many clients may watch one resource, the backend is asked once. They are asked
 * for again after the backend came back, and given up when the last client lets go.
 */
import type { BackendState } from "@mcp-gateway/contract";
import { type Log, limits } from "@mcp-gateway/kit";
import { MessageView, notificationMessage } from "@mcp-gateway/mcp";
import type { Calls } from "../link/calls.ts";
import type { Instance } from "../link/instances.ts";
import type { Mirror } from "../link/mirror.ts";
import { inSlices } from "../sessions/in-slices.ts";
import type { SessionRegistry } from "../sessions/registry.ts";
import type { Session } from "../sessions/session.ts";
import { metaKeys } from "../stateless/meta-keys.ts";

interface Subscription {
  readonly server: string;
  readonly uri: string;
  readonly place: string;
  /** The backend has agreed. */
  isHeld: boolean;
  /** Session id → the URI under which that client knows the resource. */
  readonly watchers: Map<string, string>;
}

const separator = "\0"; // Neither a server's name nor a URI can hold it.

/** The connection that all clients share; one of a session's own is named by the session. */
const shared = "";

/**
 * Where the backend tells of what this session watches. A stateless one is listened to once for all, whoever has
 * a process of its own.
 */
function placeOf({ isolation, era }: BackendState, session: Session | undefined): string {
  return isolation === "session" && era !== "stateless" ? (session?.id ?? shared) : shared;
}

function keyOf(server: string, uri: string, place: string): string {
  return [server, uri, place].join(separator);
}

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

  /** @returns true when the backend already tells this session of the resource, so that it need not be asked */
  isWatched(session: Session, backend: BackendState, uri: string): boolean {
    return this.#byKey.has(keyOf(backend.name, uri, placeOf(backend, session)));
  }

  /** The backend agreed, or is asked now. */
  add(session: Session, backend: BackendState, uri: string, exposedUri: string): void {
    const place = placeOf(backend, session);
    const key = keyOf(backend.name, uri, place);
    const known = this.#byKey.get(key);
    const subscription = known ?? { server: backend.name, uri, place, isHeld: false, watchers: new Map() };
    this.#byKey.set(key, subscription);
    subscription.watchers.set(session.id, exposedUri);
    session.subscriptions.add(key);
  }

  /** The backend answered. */
  onAnswered(session: Session, backend: BackendState, uri: string, isError: boolean): void {
    const subscription = this.#byKey.get(keyOf(backend.name, uri, placeOf(backend, session)));
    if (subscription === undefined) return;
    if (isError) this.#removeWatcher(session, subscription);
    else subscription.isHeld = true;
  }

  /** @returns true when nobody watches any more and the backend should be told */
  remove(session: Session, backend: BackendState, uri: string): boolean {
    const subscription = this.#byKey.get(keyOf(backend.name, uri, placeOf(backend, session)));
    return subscription !== undefined && this.#removeWatcher(session, subscription);
  }

  #removeWatcher(session: Session, { server, uri, place, watchers }: Subscription): boolean {
    const key = keyOf(server, uri, place);
    session.subscriptions.delete(key);
    watchers.delete(session.id);
    if (watchers.size > 0) return false;
    this.#byKey.delete(key);
    return true;
  }

  /** A session ended: what only it watched is given up; what it watched on a connection of its own goes with that. */
  removeAll(session: Session): void {
    for (const key of [...session.subscriptions]) {
      const subscription = this.#byKey.get(key);
      if (subscription === undefined || !this.#removeWatcher(session, subscription)) continue;
      const backend = this.#mirror.byName(subscription.server);
      if (backend !== undefined && subscription.place === shared)
        this.#ask(backend, "resources/unsubscribe", subscription.uri);
    }
  }

  /** A backend is ready again and knows nothing of what was watched. */
  restore(backend: BackendState): void {
    for (const { server, uri, place } of this.#byKey.values()) {
      if (server === backend.name && place === shared) this.#ask(backend, "resources/subscribe", uri);
    }
  }

  /** True when this session watches something that only a connection of its own tells. */
  watchesOwn(session: Session, backend: BackendState): boolean {
    return this.#heldAt(backend, placeOf(backend, session)).length > 0;
  }

  #heldAt(backend: BackendState, place: string): readonly Subscription[] {
    if (place === shared) return [];
    return [...this.#byKey.values()].filter(
      (one) => one.server === backend.name && one.place === place && one.isHeld,
    );
  }

  /** A session has a new connection of its own, which knows nothing of what it watched on the one before. */
  restoreOwn({ session, backend, number }: Instance): void {
    for (const { uri } of this.#heldAt(backend, placeOf(backend, session)))
      this.#ask(backend, "resources/subscribe", uri, number);
  }

  /** @param session whose own connection told it; undefined: the shared one */
  onUpdated(backend: BackendState, update: MessageView, session: Session | undefined): void {
    const uri = update.param("uri");
    if (typeof uri !== "string") return;
    const subscription = this.#byKey.get(keyOf(backend.name, uri, placeOf(backend, session)));
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
    if (!this.#byKey.has(keyOf(server, uri, shared)) || backend?.phase !== "ready") return;
    this.#ask(backend, "resources/subscribe", uri);
    const update = MessageView.read(notificationMessage("notifications/resources/updated", { uri }));
    if (update !== undefined) this.onUpdated(backend, update, undefined);
  }

  /** Set once: a stateless backend is told by listening to it anew. */
  onWatched: (server: string) => void = () => undefined;

  #ask(backend: BackendState, method: string, uri: string, instance = 0): void {
    if (backend.era === "stateless") return this.onWatched(backend.name);
    const done = (): void => {
      this.#log.debug("subscription", { backend: backend.name, method, uri });
      if (method === "resources/unsubscribe") this.onReleased(backend.name, uri);
    };
    try {
      this.#calls.start(
        { backend, method, params: () => ({ uri }), timeoutMs: limits.listTimeoutMs, instance },
        { sessionId: undefined, onReply: done, onFailure: done },
      );
    } catch {
      done(); // The backend is away; `restore` asks again when it is back.
    }
  }
}
