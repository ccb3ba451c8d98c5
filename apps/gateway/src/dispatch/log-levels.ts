/** Each client has its own log level; a shared backend is asked for the most talkative of them. */
import type { BackendState } from "@mcp-gateway/contract";
import { type Log, limits } from "@mcp-gateway/kit";
import { capabilitiesOf } from "../link/backend-facts.ts";
import type { Calls } from "../link/calls.ts";
import type { Mirror } from "../link/mirror.ts";
import type { SessionRegistry } from "../sessions/registry.ts";
import { type McpLogLevel, mcpLogLevels } from "../sessions/session.ts";

export class LogLevels {
  readonly #calls: Calls;
  readonly #mirror: Mirror;
  readonly #sessions: SessionRegistry;
  readonly #log: Log;
  /** What each incarnation was last asked for. */
  readonly #asked = new Map<string, { readonly epoch: number; readonly level: McpLogLevel }>();

  constructor(options: { calls: Calls; mirror: Mirror; sessions: SessionRegistry; log: Log }) {
    this.#calls = options.calls;
    this.#mirror = options.mirror;
    this.#sessions = options.sessions;
    this.#log = options.log;
  }

  /** Of the other workers' clients, who share the backends. */
  #others: McpLogLevel | undefined;
  /** Set once where there are several workers: told the most talkative level of all clients here. */
  onOwn: (level: McpLogLevel | undefined) => void = () => undefined;

  /** A client's level changed, or a client went. */
  apply(): void {
    const levels = this.#levels();
    this.onOwn(mostTalkative(levels.values()));
    for (const backend of this.#mirror.all()) this.#applyTo(backend, levels);
  }

  /** What clients of other workers want has changed. */
  applyOthers(level: McpLogLevel | undefined): void {
    if (this.#others === level) return;
    this.#others = level;
    this.apply();
  }

  /** Another supervisor has asked nobody yet. */
  forgetEpochs(): void {
    this.#asked.clear();
  }

  /** A backend came back. */
  applyTo(backend: BackendState): void {
    this.#applyTo(backend, this.#levels());
  }

  #applyTo(backend: BackendState, levels: Levels): void {
    // A stateless backend is told the level with each request.
    if (backend.phase !== "ready" || backend.initializeResult === null || backend.era === "stateless") return;
    const level = mostTalkative([levels.get(undefined), levels.get(backend.name), this.#others]);
    const asked = this.#asked.get(backend.name);
    if (level === undefined || (asked?.epoch === backend.epoch && asked.level === level)) return;
    if (capabilitiesOf(backend)["logging"] === undefined) return;
    this.#asked.set(backend.name, { epoch: backend.epoch, level });
    const ignore = (): void => this.#log.debug("log level set", { backend: backend.name, level });
    try {
      this.#calls.start(
        { backend, method: "logging/setLevel", params: () => ({ level }), timeoutMs: limits.listTimeoutMs },
        { sessionId: undefined, isHousekeeping: true, onReply: ignore, onFailure: ignore },
      );
    } catch {
      this.#asked.delete(backend.name); // It went away just now; it is asked when it is back.
    }
  }

  /** In one look at all sessions, whatever the number of backends. */
  #levels(): Levels {
    const levels = new Map<string | undefined, McpLogLevel>();
    for (const { server, logLevel } of this.#sessions.all()) {
      const level = logLevel === undefined ? undefined : mostTalkative([levels.get(server), logLevel]);
      if (level !== undefined) levels.set(server, level);
    }
    return levels;
  }
}

/** The most talkative level asked for on each face. */
type Levels = ReadonlyMap<string | undefined, McpLogLevel>;

function mostTalkative(levels: Iterable<McpLogLevel | undefined>): McpLogLevel | undefined {
  let lowest: number | undefined;
  for (const level of levels) {
    if (level === undefined) continue;
    const rank = mcpLogLevels.indexOf(level);
    lowest = lowest === undefined ? rank : Math.min(lowest, rank);
  }
  return lowest === undefined ? undefined : mcpLogLevels[lowest];
}
