/**
 * The last known lists of each backend, on disk: with them the first client after a start is served before any
 * backend is up. An entry belongs to one configuration of a backend (its fingerprint), so a changed entry never shows
 * what another one offered. There is nothing of a secret in it. Losing the file costs one wait.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { BackendState } from "@mcp-gateway/contract";
import { type Clock, type Log, limits, messageOf, systemCodeOf } from "@mcp-gateway/kit";
import { type Static, Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";
import { type ListItem, type Listing, type ListKind, type Naming, readItem } from "./listing.ts";

/** The items as the backend sent them. */
const Texts = Type.Array(Type.String());
const KnownServer = Type.Object({
  /** Unix milliseconds. */
  at: Type.Number(),
  initializeResult: Type.String(),
  tools: Texts,
  prompts: Texts,
  resources: Texts,
  resourceTemplates: Texts,
});
type KnownServer = Static<typeof KnownServer>;

const KnownFile = Type.Object({
  format: Type.Literal(1),
  /** By fingerprint. */
  servers: Type.Record(Type.String(), KnownServer),
});

export interface Known {
  readonly listing: Listing;
  /** As the backend sent it, for its own face. */
  readonly initializeResult: string;
}

export class KnownLists {
  readonly #path: string;
  readonly #writes: boolean;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #wallMs: () => number;
  /** Oldest first. */
  readonly #servers: Map<string, KnownServer>;
  #cancelSave: (() => void) | undefined;

  /**
   * @param writes false for all but one of several processes: they would write the same
   * @param wallMs wall clock: the file outlives the process
   */
  constructor(
    path: string,
    writes: boolean,
    { log, clock }: { readonly log: Log; readonly clock: Clock },
    wallMs: () => number = Date.now,
  ) {
    this.#path = path;
    this.#writes = writes;
    this.#log = log;
    this.#clock = clock;
    this.#wallMs = wallMs;
    this.#servers = readServers(path, log);
  }

  recall({ name, names, fingerprint }: BackendState, separator: Naming["separator"]): Known | undefined {
    const server = fingerprint === undefined ? undefined : this.#servers.get(fingerprint);
    if (server === undefined) return undefined;
    const ageMs = this.#wallMs() - server.at;
    if (ageMs < 0 || ageMs > limits.knownListsMsMax) return undefined;
    const naming = { server: name, separator, showsOwn: names === "own" };
    const items = (kind: ListKind): readonly ListItem[] =>
      server[kind].map((text) => readItem(text, kind, naming)).filter((item) => typeof item !== "string");
    return {
      initializeResult: server.initializeResult,
      listing: {
        tools: items("tools"),
        prompts: items("prompts"),
        resources: items("resources"),
        resourceTemplates: items("resourceTemplates"),
        warnings: [],
      },
    };
  }

  remember({ fingerprint, initializeResult }: BackendState, listing: Listing): void {
    if (fingerprint === undefined || initializeResult === null || !this.#writes) return;
    const texts = (kind: ListKind): string[] => listing[kind].map(({ ownText }) => ownText);
    this.#servers.delete(fingerprint);
    this.#servers.set(fingerprint, {
      at: this.#wallMs(),
      initializeResult,
      tools: texts("tools"),
      prompts: texts("prompts"),
      resources: texts("resources"),
      resourceTemplates: texts("resourceTemplates"),
    });
    // Lists come in bursts, at the start above all.
    this.#cancelSave ??= this.#clock.after(limits.knownListsSaveMs, () => this.flush());
  }

  /** Writes what waits to be written. */
  flush(): void {
    if (this.#cancelSave === undefined) return;
    this.#cancelSave();
    this.#cancelSave = undefined;
    const fresh = `${this.#path}.new`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      writeFileSync(fresh, this.#content(), { mode: 0o600 });
      renameSync(fresh, this.#path);
    } catch (error) {
      this.#log.warning("known lists not kept", { path: this.#path, error: messageOf(error) });
    }
  }

  /** The newest that fit. Each is made to text by itself, so that what does not fit costs nothing more. */
  #content(): string {
    const kept: string[] = [];
    let bytes = 0;
    for (const [fingerprint, server] of [...this.#servers].reverse()) {
      const text = `${JSON.stringify(fingerprint)}:${JSON.stringify(server)}`;
      bytes += Buffer.byteLength(text) + 1;
      if (bytes > limits.knownListsBytesMax - 100 || kept.length >= limits.backendsMax) break;
      kept.push(text);
    }
    return `{"format":1,"servers":{${kept.reverse().join(",")}}}`;
  }
}

function readServers(path: string, log: Log): Map<string, KnownServer> {
  try {
    const why = faultOf(path);
    const value: unknown = why === undefined ? JSON.parse(readFileSync(path, "utf8")) : undefined;
    if (why === undefined && Check(KnownFile, value)) return new Map(Object.entries(value.servers));
    log.warning("known lists ignored", { path, reason: why ?? "it is not of this version" });
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT")
      log.warning("known lists ignored", { path, reason: messageOf(error) });
  }
  return new Map();
}

function faultOf(path: string): string | undefined {
  const { size, uid, mode } = statSync(path);
  if (size > limits.knownListsBytesMax) return `it is larger than ${limits.knownListsBytesMax} bytes`;
  if (process.platform !== "win32" && (uid !== process.getuid?.() || (mode & 0o022) !== 0))
    return "others can write to it";
  return undefined;
}
