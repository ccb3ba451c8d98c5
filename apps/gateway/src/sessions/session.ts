/** A client's MCP conversation with the gateway. */
import { limits } from "@mcp-gateway/kit";
import { type JsonRpcId, latestSessionRevision, type SessionRevision } from "@mcp-gateway/mcp";
import { Channel } from "./channel.ts";

/** Log levels of MCP (RFC 5424), least to most severe. */
export const mcpLogLevels = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency",
] as const;
export type McpLogLevel = (typeof mcpLogLevels)[number];

export function isMcpLogLevel(value: unknown): value is McpLogLevel {
  return mcpLogLevels.some((level) => level === value);
}

/** A request of the client that has not been answered. */
export interface InFlight {
  /** The client does not want the answer any more; nothing may be sent after it. */
  cancel(reason: string): void;
  /** From now on it has its backend's time for a call, and this much more. */
  allow?(extraMs: number): void;
}

export class Session {
  readonly id: string;
  /**
   * `streamable` and `sse` are conversations; `single` serves one request of a client that names no session,
   * `stateless` one of a client that has none, and `listen` one stream of such a client.
   */
  readonly front: "streamable" | "sse" | "single" | "stateless" | "listen";
  /** The server whose own face this is; undefined: all servers merged. */
  readonly server: string | undefined;
  revision: SessionRevision = latestSessionRevision;
  isInitialized = false;
  /** `name version`, for the log and the status. */
  client = "";
  /** What the client declared in `initialize`. */
  capabilities: Readonly<Record<string, unknown>> = {};
  /** What backends asked of the client and it had not declared. */
  readonly missingCapabilities = new Set<string>();
  /** Digest of the credential, where requests speak for themselves; what is kept for a client is bound to it. */
  principal = "";
  /** The one request was answered with a task of the tasks extension. */
  hasTask = false;
  logLevel: McpLogLevel | undefined;
  /** False: the client gets no log lines, whatever the server chooses to send. */
  wantsLogs = true;
  /** Over HTTP+SSE: its last request was answered within `limits.acceptanceWaitMs`. */
  answersSoon = false;
  lastSeenMs: number;
  /** Of its answers; see `unread.ts`. */
  unreadBytes = 0;
  readonly inFlight = new Map<JsonRpcId, InFlight>();
  /** Resource subscriptions: `server`, NUL, the backend's own URI. */
  readonly subscriptions = new Set<string>();
  /** Messages that belong to no request: GET stream of Streamable HTTP, the one stream of HTTP+SSE. */
  readonly listen: Channel;
  // Ten thousand quiet sessions have neither of these.
  /** Streams for single requests, by number. */
  #channels: Map<number, Channel> | undefined;
  #nextChannel = 1;
  #pending: Map<string, Uint8Array> | undefined;

  constructor(options: { id: string; front: Session["front"]; server: string | undefined; nowMs: number }) {
    this.id = options.id;
    this.front = options.front;
    this.server = options.server;
    this.lastSeenMs = options.nowMs;
    this.listen = new Channel(0, options.front === "streamable");
  }

  /** Enough of the id to find it in the log, too little to use it. */
  get shortId(): string {
    return this.id.slice(0, 8);
  }

  channel(number: number): Channel | undefined {
    return number === 0 ? this.listen : this.#channels?.get(number);
  }

  get openChannels(): number {
    let count = this.listen.isAttached ? 1 : 0;
    for (const channel of this.#channels?.values() ?? []) if (channel.isAttached) count += 1;
    return count;
  }

  /** A stream for one request. The oldest finished ones are forgotten. */
  addChannel(): Channel {
    const channel = new Channel(this.#nextChannel++, this.front === "streamable");
    this.#channels ??= new Map();
    this.#channels.set(channel.number, channel);
    for (const [number, old] of this.#channels) {
      if (this.#channels.size < limits.streamsPerSessionMax) break;
      if (old.isFinished) this.#drop(number, old);
    }
    return channel;
  }

  /**
   * Sends a notification that belongs to no request. `coalesceKey`: while nobody listens, the newest one
   * of each key waits (a change of a list is worth telling later, once).
   */
  tell(message: Uint8Array, coalesceKey?: string): void {
    if (this.listen.isAttached) this.listen.send(message, true);
    else if (coalesceKey !== undefined) {
      this.#pending ??= new Map();
      this.#pending.set(coalesceKey, message);
    }
  }

  /** A request to the client that belongs to no request of its own. @returns false when nobody listens */
  ask(message: Uint8Array): boolean {
    return this.listen.isAttached && this.listen.send(message, false);
  }

  /** Somebody listens now. */
  tellPending(): void {
    for (const message of this.#pending?.values() ?? []) this.listen.send(message, true);
    this.#pending = undefined;
  }

  /** Cancels what is in flight and closes every stream. */
  end(reason: string): void {
    for (const inFlight of [...this.inFlight.values()]) inFlight.cancel(reason);
    this.inFlight.clear();
    for (const channel of [this.listen, ...(this.#channels?.values() ?? [])]) {
      channel.finish();
      channel.forget();
    }
    this.#channels = undefined;
  }

  /** Every now and then: streams that ended long ago are forgotten. */
  sweep(nowMs: number): void {
    for (const [number, channel] of this.#channels ?? [])
      if (channel.isOver(nowMs)) this.#drop(number, channel);
    if (this.#channels?.size === 0) this.#channels = undefined;
  }

  #drop(number: number, channel: Channel): void {
    channel.forget();
    this.#channels?.delete(number);
  }
}
