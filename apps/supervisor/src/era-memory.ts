/**
 * Which era of the protocol each server was found to speak, kept across restarts (MCP 2026-07-28,
 * "Versioning": a client may persist it for the same server configuration, and asks again when it fails).
 * The file holds hashes and dates, no command and no address. Losing it costs one question per server.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ServerConfig } from "@mcp-gateway/config";
import { type Log, limits, messageOf } from "@mcp-gateway/kit";
import { type Static, Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";
import type { Era } from "./connections/index.ts";

const EraFile = Type.Object({
  verdicts: Type.Record(
    Type.String(),
    Type.Object({
      era: Type.Union([Type.Literal("session"), Type.Literal("stateless")]),
      /** Unix milliseconds. */
      at: Type.Number(),
    }),
  ),
});
type Verdict = Static<typeof EraFile>["verdicts"][string];

type ServerAddress = Pick<ServerConfig, "transport" | "command" | "args" | "url">;

export class EraMemory {
  readonly #path: string | undefined;
  readonly #log: Log;
  readonly #nowMs: () => number;
  /** Oldest first. */
  readonly #verdicts: Map<string, Verdict>;

  /**
   * @param path undefined: nothing is kept
   * @param nowMs wall clock: verdicts outlive the process
   */
  constructor(path: string | undefined, log: Log, nowMs: () => number = Date.now) {
    this.#path = path;
    this.#log = log;
    this.#nowMs = nowMs;
    this.#verdicts = readVerdicts(path);
  }

  recall(server: ServerAddress): Era | undefined {
    const verdict = this.#verdicts.get(keyOf(server));
    if (verdict === undefined) return undefined;
    const ageMs = this.#nowMs() - verdict.at;
    return ageMs >= 0 && ageMs < limits.eraVerdictMsMax ? verdict.era : undefined;
  }

  remember(server: ServerAddress, era: Era): void {
    if (this.recall(server) === era) return;
    const key = keyOf(server);
    this.#verdicts.delete(key);
    this.#verdicts.set(key, { era, at: this.#nowMs() });
    for (const oldest of this.#verdicts.keys()) {
      if (this.#verdicts.size <= limits.eraVerdictsMax) break;
      this.#verdicts.delete(oldest);
    }
    this.#save();
  }

  /** It did not hold. */
  forget(server: ServerAddress): void {
    if (this.#verdicts.delete(keyOf(server))) this.#save();
  }

  #save(): void {
    if (this.#path === undefined) return;
    const fresh = `${this.#path}.new`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      const content: Static<typeof EraFile> = { verdicts: Object.fromEntries(this.#verdicts) };
      writeFileSync(fresh, JSON.stringify(content), { mode: 0o600 });
      renameSync(fresh, this.#path);
    } catch (error) {
      this.#log.warning("eras of servers not kept", { error: messageOf(error) });
    }
  }
}

function keyOf({ transport, command, args, url }: ServerAddress): string {
  return new Bun.CryptoHasher("sha256")
    .update(JSON.stringify([transport, command ?? "", args, url ?? ""]))
    .digest("hex");
}

function readVerdicts(path: string | undefined): Map<string, Verdict> {
  if (path === undefined) return new Map();
  try {
    if (statSync(path).size > limits.eraFileBytesMax) return new Map();
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return Check(EraFile, value) ? new Map(Object.entries(value.verdicts)) : new Map();
  } catch {
    return new Map(); // Absent or damaged: the servers are asked again.
  }
}
