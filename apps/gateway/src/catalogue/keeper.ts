/**
 * Keeps the catalogue true: reads the lists of each backend that becomes ready or says that they changed,
 * tries again when that fails, and lets go of those that stay away. Changes within a short time make one
 * new catalogue.
 */
import type { BackendFault, BackendState } from "@mcp-gateway/contract";
import {
  backoffDelayMs,
  type Clock,
  GatewayError,
  isGatewayError,
  type Log,
  limits,
  messageOf,
} from "@mcp-gateway/kit";
import type { Calls } from "../link/calls.ts";
import type { Mirror } from "../link/mirror.ts";
import { Catalogue } from "./catalogue.ts";
import { KnownLists } from "./known-lists.ts";
import { emptyListing, type Listing, type ListKind, listingKeeping, listKindNames } from "./listing.ts";
import { declaredKinds, fetchListing } from "./refresh.ts";

interface Kept {
  listing: Listing;
  /** The incarnation whose lists these are; 0: none was read. */
  listedEpoch: number;
  /** While the lists are those of an earlier start: what the backend said of itself then. */
  known: string | undefined;
  /** Counts requests to read; an answer to an older one is dropped. */
  ticket: number;
  attempt: number;
  fault: BackendFault | undefined;
  cancelTimer: (() => void) | undefined;
  /** Set while the backend is away and its lists are kept for a grace. */
  cancelGrace: (() => void) | undefined;
}

export interface KeeperEvents {
  onCatalogue(now: Catalogue, before: Catalogue): void;
  /** A backend's lists were loaded, or could not be. */
  onListed(backend: string): void;
}

export class CatalogueKeeper {
  readonly #calls: Calls;
  readonly #mirror: Mirror;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #events: KeeperEvents;
  readonly #separator: "__" | "/";
  readonly #knownLists: KnownLists;
  readonly #kept = new Map<string, Kept>();
  #catalogue = Catalogue.empty;
  #cancelPublish: (() => void) | undefined;
  #publishBeforeMs = 0;

  constructor(options: {
    calls: Calls;
    mirror: Mirror;
    log: Log;
    clock: Clock;
    events: KeeperEvents;
    separator: "__" | "/";
    /** Of several processes, one writes. */
    knownLists: { readonly path: string; readonly writes: boolean };
  }) {
    this.#calls = options.calls;
    this.#mirror = options.mirror;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#separator = options.separator;
    this.#knownLists = new KnownLists(options.knownLists.path, options.knownLists.writes, options);
  }

  get catalogue(): Catalogue {
    return this.#catalogue;
  }

  listing(server: string): Listing {
    return this.#kept.get(server)?.listing ?? emptyListing;
  }

  /** True when the lists of the backend's present incarnation are loaded. */
  isListed(backend: BackendState): boolean {
    return this.#kept.get(backend.name)?.listedEpoch === backend.epoch;
  }

  fault(server: string): BackendFault | undefined {
    return this.#kept.get(server)?.fault;
  }

  /** What is shown of it are the lists of an earlier start. */
  isKnownOnly(server: string): boolean {
    return this.#kept.get(server)?.known !== undefined;
  }

  /** The backend with what it said of itself when its lists were last read, until it says so again. */
  asKnown(backend: BackendState): BackendState {
    const known = this.#kept.get(backend.name)?.known;
    return backend.initializeResult !== null || known === undefined
      ? backend
      : { ...backend, initializeResult: known };
  }

  onBackend(backend: BackendState): void {
    const kept = this.#kept.get(backend.name) ?? this.#firstSight(backend);
    switch (backend.phase) {
      case "ready":
        kept.cancelGrace?.();
        kept.cancelGrace = undefined;
        if (kept.listedEpoch !== backend.epoch) this.#read(backend, kept);
        else this.#schedulePublish(); // Its position or isolation may have changed.
        return;
      case "failed":
      case "stopped":
      case "disabled":
      case "skipped":
        return this.#letGo(kept);
      case "waiting":
      case "starting":
      case "connecting":
      case "stopping":
      case "backing-off":
        // A first start takes as long as it takes, as long as it has not failed.
        if (kept.known !== undefined && backend.phase !== "backing-off") return;
        // A quick restart is not worth two list changes at every client.
        if (kept.listing !== emptyListing)
          kept.cancelGrace ??= this.#clock.after(limits.listGoneGraceMs, () => this.#letGo(kept));
        return;
      default:
        backend.phase satisfies never;
    }
  }

  /** Another supervisor counts anew: what is listed stays shown, and everything is read again. */
  forgetEpochs(): void {
    for (const kept of this.#kept.values()) kept.listedEpoch = 0;
  }

  onRemoved(server: string): void {
    const kept = this.#kept.get(server);
    if (kept === undefined) return;
    this.#letGo(kept);
    this.#kept.delete(server);
    this.#schedulePublish();
  }

  /** The backend said that one of its lists changed. */
  onListChanged(server: string): void {
    const backend = this.#mirror.byName(server);
    const kept = this.#kept.get(server);
    if (backend?.phase !== "ready" || kept === undefined) return;
    kept.cancelTimer?.();
    kept.cancelTimer = this.#clock.after(limits.listChangedDebounceMs, () => this.#read(backend, kept));
  }

  #firstSight(backend: BackendState): Kept {
    const known = this.#knownLists.recall(backend, this.#separator);
    const kept: Kept = {
      listing: known?.listing ?? emptyListing,
      listedEpoch: 0,
      known: known?.initializeResult,
      ticket: 0,
      attempt: 0,
      fault: undefined,
      cancelTimer: undefined,
      cancelGrace: undefined,
    };
    this.#kept.set(backend.name, kept);
    if (known !== undefined) this.#schedulePublish();
    return kept;
  }

  #letGo(kept: Kept): void {
    kept.cancelTimer?.();
    kept.cancelGrace?.();
    kept.cancelGrace = undefined;
    kept.ticket += 1;
    kept.listedEpoch = 0;
    kept.fault = undefined;
    kept.known = undefined;
    if (kept.listing === emptyListing) return;
    kept.listing = emptyListing;
    this.#schedulePublish();
  }

  #read(backend: BackendState, kept: Kept): void {
    const ticket = ++kept.ticket;
    kept.cancelTimer?.();
    kept.cancelTimer = undefined;
    this.#fetch(backend).then(
      (listing) => {
        if (kept.ticket !== ticket) return;
        kept.listing = listingKeeping(kept.listing, listing);
        kept.listedEpoch = backend.epoch;
        kept.known = undefined;
        this.#knownLists.remember(backend, listing);
        kept.attempt = 0;
        kept.fault = undefined;
        this.#log.info("backend listed", { backend: backend.name, ...countsOf(listing) });
        for (const warning of listing.warnings)
          this.#log.warning("list warning", { backend: backend.name, warning });
        this.#schedulePublish();
        this.#events.onListed(backend.name);
      },
      (error: unknown) => {
        if (kept.ticket === ticket) this.#retry(backend, kept, error);
      },
    );
  }

  async #fetch(backend: BackendState): Promise<Listing> {
    const kinds = backend.initializeResult === null ? [] : declaredKinds(backend.initializeResult);
    return await fetchListing(this.#calls, backend, kinds, this.#separator);
  }

  #retry(backend: BackendState, kept: Kept, error: unknown): void {
    const isAway =
      isGatewayError(error) && (error.code === "supervisor-lost" || error.code === "backend-not-ready");
    if (isAway) return; // It is read again when it is back.
    const delayMs = backoffDelayMs(
      { minMs: limits.listRetryMsMin, maxMs: limits.listRetryMsMax, jitterRatio: 0.2 },
      kept.attempt++,
      Math.random(),
    );
    kept.fault = {
      stage: "lists",
      message: messageOf(error),
      remedy: isGatewayError(error) ? error.kind.remedy : new GatewayError("internal").kind.remedy,
      at: Date.now(),
      stderrTail: [],
    };
    this.#log.warning("lists not loaded", {
      backend: backend.name,
      reason: messageOf(error),
      retry_ms: delayMs,
    });
    kept.cancelTimer = this.#clock.after(delayMs, () => this.#read(backend, kept));
    this.#events.onListed(backend.name);
  }

  /** Waits a little for more changes, but not for ever. */
  #schedulePublish(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#cancelPublish === undefined) this.#publishBeforeMs = nowMs + limits.listChangedDelayMsMax;
    this.#cancelPublish?.();
    const delayMs = Math.max(0, Math.min(limits.listChangedDebounceMs, this.#publishBeforeMs - nowMs));
    this.#cancelPublish = this.#clock.after(delayMs, () => this.publish());
  }

  /** Nothing read is lost. */
  flush(): void {
    this.#knownLists.flush();
  }

  /** Makes the new catalogue now. */
  publish(): void {
    this.#cancelPublish?.();
    this.#cancelPublish = undefined;
    const before = this.#catalogue;
    this.#catalogue = before.next(
      this.#mirror.all().map(({ name }) => ({ server: name, listing: this.listing(name) })),
    );
    if (this.#catalogue !== before) this.#events.onCatalogue(this.#catalogue, before);
  }

  /** True while a change waits to be published. */
  get isStale(): boolean {
    return this.#cancelPublish !== undefined;
  }
}

function countsOf(listing: Listing): Record<ListKind, number> {
  const counts = listKindNames.map((kind) => [kind, listing[kind].length] as const);
  return Object.fromEntries(counts) as Record<ListKind, number>; // One entry for each kind, by construction.
}
