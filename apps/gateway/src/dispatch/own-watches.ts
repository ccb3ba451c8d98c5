/**
 * What a session watches on a connection of its own. When that connection is lost nothing may be called for long, and
 * changes would be missed silently: it is opened anew, more and more rarely, and the server is asked again.
 */
import { backoffDelayMs, type Clock, limits } from "@mcp-gateway/kit";
import type { Instances } from "../link/instances.ts";
import type { Mirror } from "../link/mirror.ts";
import type { SessionRegistry } from "../sessions/registry.ts";
import type { Session } from "../sessions/session.ts";
import type { Subscriptions } from "./subscriptions.ts";

interface OwnWatchesParts {
  readonly instances: Instances;
  readonly subscriptions: Subscriptions;
  readonly mirror: Mirror;
  readonly sessions: SessionRegistry;
  readonly clock: Clock;
}

const backoff = { minMs: limits.listRetryMsMin, maxMs: limits.listRetryMsMax, jitterRatio: 0.2 };

export class OwnWatches {
  readonly #parts: OwnWatchesParts;
  /** How often each session's connection to a server was opened for this. */
  readonly #attempts = new WeakMap<Session, Map<string, number>>();

  constructor(parts: OwnWatchesParts) {
    this.#parts = parts;
    parts.instances.onOpened = (instance) => parts.subscriptions.restoreOwn(instance);
    parts.instances.onLost = ({ session, backend }) => this.#openLater(session, backend.name);
  }

  #openLater(session: Session, server: string): void {
    const { clock } = this.#parts;
    if (!this.#isWanted(session, server)) return;
    const attempts = this.#attempts.get(session) ?? new Map<string, number>();
    const attempt = attempts.get(server) ?? 0;
    this.#attempts.set(session, attempts.set(server, attempt + 1));
    clock.after(backoffDelayMs(backoff, attempt, Math.random()), () => this.#open(session, server));
  }

  #open(session: Session, server: string): void {
    const { instances, mirror } = this.#parts;
    if (!this.#isWanted(session, server)) return;
    const backend = mirror.byName(server);
    if (backend?.phase !== "ready") return this.#openLater(session, server);
    // The session's next call may have opened it meanwhile: then this is the same one.
    instances.open(session, backend).catch((_error: unknown) => this.#openLater(session, server));
  }

  #isWanted(session: Session, server: string): boolean {
    const { sessions, subscriptions, mirror } = this.#parts;
    const backend = mirror.byName(server);
    return (
      backend !== undefined &&
      sessions.byId(session.id) === session &&
      subscriptions.watchesOwn(session, backend)
    );
  }
}
