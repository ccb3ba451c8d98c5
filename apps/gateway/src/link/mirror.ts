/** What the gateway knows of the backends: a copy of the supervisor's table, kept while the supervisor is away. */
import type { BackendDrops, BackendState, ConfigState, DropCounts } from "@mcp-gateway/contract";

export interface MirrorEvents {
  /** A backend appeared or changed; `before` is undefined when it is new. */
  onBackend(now: BackendState, before: BackendState | undefined): void;
  onRemoved(backend: BackendState): void;
}

export class Mirror {
  readonly #events: MirrorEvents;
  readonly #byName = new Map<string, BackendState>();
  readonly #byIndex = new Map<number, BackendState>();
  /** In the order of the configuration file; undefined: a backend has changed since. */
  #sorted: readonly BackendState[] | undefined;
  #config: ConfigState | undefined;
  #drops: ReadonlyMap<number, DropCounts> = new Map();
  #hasSnapshot = false;

  constructor(events: MirrorEvents) {
    this.#events = events;
  }

  /** True once a supervisor has told everything. */
  get hasSnapshot(): boolean {
    return this.#hasSnapshot;
  }

  get config(): ConfigState | undefined {
    return this.#config;
  }

  byName(name: string): BackendState | undefined {
    return this.#byName.get(name);
  }

  byIndex(index: number): BackendState | undefined {
    return this.#byIndex.get(index);
  }

  /** In the order of the configuration file. The same array until a backend changes. */
  all(): readonly BackendState[] {
    this.#sorted ??= [...this.#byName.values()].sort((a, b) => a.order - b.order);
    return this.#sorted;
  }

  /**
   * A snapshot replaces everything. Indexes and epochs of another supervisor mean nothing: then every backend
   * counts as new.
   */
  replaceAll(backends: readonly BackendState[], config: ConfigState, isNewSupervisor: boolean): void {
    this.#hasSnapshot = true;
    this.#config = config;
    const before = new Map(this.#byName);
    this.#sorted = undefined;
    this.#byName.clear();
    this.#byIndex.clear();
    for (const backend of backends) {
      this.#byName.set(backend.name, backend);
      this.#byIndex.set(backend.index, backend);
    }
    for (const backend of backends)
      this.#events.onBackend(backend, isNewSupervisor ? undefined : before.get(backend.name));
    for (const [name, backend] of before) if (!this.#byName.has(name)) this.#events.onRemoved(backend);
  }

  set(backend: BackendState): void {
    this.#sorted = undefined;
    const before = this.#byName.get(backend.name);
    if (before !== undefined && before.index !== backend.index) this.#byIndex.delete(before.index);
    this.#byName.set(backend.name, backend);
    this.#byIndex.set(backend.index, backend);
    this.#events.onBackend(backend, before);
  }

  remove(index: number): void {
    const backend = this.#byIndex.get(index);
    if (backend === undefined) return;
    this.#byIndex.delete(index);
    this.#sorted = undefined;
    if (this.#byName.get(backend.name)?.index !== index) return;
    this.#byName.delete(backend.name);
    this.#events.onRemoved(backend);
  }

  /** Messages of the backend that were of no use to anybody; undefined: none. */
  drops(index: number): DropCounts | undefined {
    return this.#drops.get(index);
  }

  setDrops(drops: readonly BackendDrops[]): void {
    this.#drops = new Map(drops.map(({ index, counts }) => [index, counts]));
  }

  setConfig(config: ConfigState): void {
    this.#config = config;
  }
}
