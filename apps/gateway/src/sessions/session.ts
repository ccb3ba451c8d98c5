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
  lastSeenMs: number;
  readonly inFlight = new Map<JsonRpcId, InFlight>();
  /** Resource subscriptions: `server`, NUL, the backend's own URI. */
  readonly subscriptions = new Set<string>();
  /** Messages that belong to no request: GET stream of Streamable HTTP, the one stream of HTTP+SSE. */
  readonly listen: Channel;
  readonly #channels = new Map<number, Channel>();
  #nextChannel = 1;
  readonly #pending = new Map<string, Uint8Array>();

  constructor(options: { id: string; front: Session["front"]; server: string | undefined; nowMs: number }) {
    this.id = options.id;
    this.front = options.front;
    this.server = options.server;
    this.lastSeenMs = options.nowMs;
    this.listen = new Channel(0, options.front === "streamable");
    this.#channels.set(0, this.listen);
  }

  /** Enough of the id to find it in the log, too little to use it. */
  get shortId(): string {
    return this.id.slice(0, 8);
  }

  channel(number: number): Channel | undefined {
    return this.#channels.get(number);
  }

  get openChannels(): number {
    let count = 0;
    for (const channel of this.#channels.values()) if (channel.isAttached) count += 1;
    return count;
  }

  /** A stream for one request. The oldest finished ones are forgotten. */
  addChannel(): Channel {
    const channel = new Channel(this.#nextChannel++, this.front === "streamable");
    this.#channels.set(channel.number, channel);
    for (const [number, old] of this.#channels) {
      if (this.#channels.size <= limits.streamsPerSessionMax) break;
      if (number !== 0 && old.isFinished) this.#channels.delete(number);
    }
    return channel;
  }

  /**
   * Sends a notification that belongs to no request. `coalesceKey`: while nobody listens, the newest one
   * of each key waits (a change of a list is worth telling later, once).
   */
  tell(message: Uint8Array, coalesceKey?: string): void {
    if (this.listen.isAttached) this.listen.send(message, true);
    else if (coalesceKey !== undefined) this.#pending.set(coalesceKey, message);
  }

  /** A request to the client that belongs to no request of its own. @returns false when nobody listens */
  ask(message: Uint8Array): boolean {
    return this.listen.isAttached && this.listen.send(message, false);
  }

  /** Somebody listens now. */
  tellPending(): void {
    for (const message of this.#pending.values()) this.listen.send(message, true);
    this.#pending.clear();
  }

  /** Cancels what is in flight and closes every stream. */
  end(reason: string): void {
    for (const inFlight of [...this.inFlight.values()]) inFlight.cancel(reason);
    this.inFlight.clear();
    for (const channel of this.#channels.values()) channel.finish();
    this.#channels.clear();
  }
}
