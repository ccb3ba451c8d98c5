/** All sessions, with their bound, their expiry, and ids that can't be guessed. */
import { type Clock, GatewayError, type Log, limits, randomToken } from "@mcp-gateway/kit";
import { Session } from "./session.ts";

export interface SessionLimits {
  readonly sessions: number;
  readonly sessionIdleMs: number;
}

export class SessionRegistry {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onEnded: (session: Session) => void;
  readonly #sessions = new Map<string, Session>();
  readonly #mark: string;
  limits: SessionLimits;
  #singles = 0;
  #adoptedMs = Number.NEGATIVE_INFINITY;

  constructor(options: {
    clock: Clock;
    log: Log;
    limits: SessionLimits;
    onEnded: (session: Session) => void;
    /** Stands before each id, so that every worker sees whose session it is; empty where there is one process. */
    mark?: string;
  }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.limits = options.limits;
    this.#onEnded = options.onEnded;
    this.#mark = options.mark ?? "";
  }

  /** @throws GatewayError `too-many-sessions` */
  open(front: "streamable" | "sse", server: string | undefined): Session {
    if (this.#sessions.size >= this.limits.sessions && !this.#endLongestIdle())
      throw new GatewayError("too-many-sessions");
    const session = new Session({
      id: this.#mark + randomToken(24),
      front,
      server,
      nowMs: this.#clock.nowMs(),
    });
    this.#sessions.set(session.id, session);
    return session;
  }

  /** One request of a client that names no session: never registered, nothing to expire. */
  single(server: string | undefined): Session {
    const session = new Session({
      id: `single-${++this.#singles}`,
      front: "single",
      server,
      nowMs: this.#clock.nowMs(),
    });
    session.isInitialized = true;
    return session;
  }

  /**
   * Takes in a session that a front made for one request or stream, so that whatever belongs to it finds it.
   * @throws GatewayError `too-many-sessions`
   */
  adopt(session: Session): void {
    if (this.#sessions.size >= this.limits.sessions && !this.#endLongestIdle())
      throw new GatewayError("too-many-sessions");
    this.#sessions.set(session.id, session);
    this.#adoptedMs = this.#clock.nowMs();
  }

  /**
   * Whether there were others lately than the sessions that are known here: clients without one, or those of
   * other workers. What comes late may be about their requests.
   */
  get hadOthers(): boolean {
    return this.#mark !== "" || this.#clock.nowMs() - this.#adoptedMs < this.limits.sessionIdleMs;
  }

  /** Lets go of an adopted session that is over; nothing of it is left to be ended. */
  release(session: Session): void {
    if (this.#sessions.delete(session.id)) this.#onEnded(session);
  }

  /**
   * The session, if this face of the gateway may use it: an id is bound to the route it was made on.
   * Not found and not allowed look the same.
   */
  find(id: string, front: Session["front"], server: string | undefined): Session | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined || session.front !== front || session.server !== server) return undefined;
    session.lastSeenMs = this.#clock.nowMs();
    return session;
  }

  byId(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  end(session: Session, reason: string): void {
    if (!this.#sessions.delete(session.id)) return;
    session.end(reason);
    this.#onEnded(session);
    this.#log.info("session ended", { session: session.shortId, front: session.front, reason });
  }

  all(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  get size(): number {
    return this.#sessions.size;
  }

  count(front: Session["front"]): number {
    let count = 0;
    for (const session of this.#sessions.values()) if (session.front === front) count += 1;
    return count;
  }

  /** Ends what nobody uses: no open stream, nothing in flight, nothing heard for the idle time. */
  sweep(): void {
    const nowMs = this.#clock.nowMs();
    for (const session of this.#sessions.values()) {
      session.sweep(nowMs);
      if (isBusy(session)) continue;
      const idleMsMax = session.isInitialized
        ? this.limits.sessionIdleMs
        : Math.min(limits.sessionUnusedMs, this.limits.sessionIdleMs);
      if (nowMs - session.lastSeenMs > idleMsMax) this.end(session, "idle");
    }
  }

  endAll(reason: string): void {
    for (const session of [...this.#sessions.values()]) this.end(session, reason);
  }

  /** A full table makes room by ending the session that has been idle longest. */
  #endLongestIdle(): boolean {
    let longest: Session | undefined;
    for (const session of this.#sessions.values()) {
      if (isBusy(session)) continue;
      if (longest === undefined || session.lastSeenMs < longest.lastSeenMs) longest = session;
    }
    if (longest === undefined || this.#clock.nowMs() - longest.lastSeenMs < limits.sessionSweepMs)
      return false;
    this.end(longest, "room for a new session");
    return true;
  }
}

function isBusy(session: Session): boolean {
  return session.inFlight.size > 0 || session.openChannels > 0;
}
