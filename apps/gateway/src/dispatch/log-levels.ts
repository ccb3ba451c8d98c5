/** Each client has its own log level; a shared backend is asked for the most talkative of them. */
import type { BackendState } from "@mcp-gateway/contract";
import { type Log, limits } from "@mcp-gateway/kit";
import { capabilitiesOf } from "../catalogue/refresh.ts";
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

  /** A client's level changed, a client went, or a backend came back. */
  apply(): void {
    for (const backend of this.#mirror.all()) this.applyTo(backend);
  }

  /** Another supervisor has asked nobody yet. */
  forgetEpochs(): void {
    this.#asked.clear();
  }

  applyTo(backend: BackendState): void {
    // A stateless backend is told the level with each request.
    if (backend.phase !== "ready" || backend.initializeResult === null || backend.era === "stateless") return;
    const level = this.#mostTalkative(backend.name);
    const asked = this.#asked.get(backend.name);
    if (level === undefined || (asked?.epoch === backend.epoch && asked.level === level)) return;
    if (capabilitiesOf(backend.initializeResult)["logging"] === undefined) return;
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

  #mostTalkative(server: string): McpLogLevel | undefined {
    let lowest: number | undefined;
    for (const session of this.#sessions.all()) {
      if (session.logLevel === undefined || (session.server !== undefined && session.server !== server))
        continue;
      const rank = mcpLogLevels.indexOf(session.logLevel);
      lowest = lowest === undefined ? rank : Math.min(lowest, rank);
    }
    return lowest === undefined ? undefined : mcpLogLevels[lowest];
  }
}
