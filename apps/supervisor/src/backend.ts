/** A backend of the configuration: drives the lifecycle machine, carries out its effects, and shows its state. */
import type { ServerConfig } from "@mcp-gateway/config";
import type { BackendFault, BackendState } from "@mcp-gateway/contract";
import { GatewayError, limits } from "@mcp-gateway/kit";
import type { ClientCapabilities, Connection, Era } from "./connections/index.ts";
import { Incarnation } from "./incarnation.ts";
import { Instances } from "./instances.ts";
import {
  advance,
  type Effect,
  initialLifecycle,
  isLive,
  type Lifecycle,
  type LifecycleEvent,
  visiblePhase,
} from "./lifecycle.ts";
import { noteOf, platformNote } from "./note.ts";
import { backendTag } from "./process/tag.ts";
import { sharedCapabilities } from "./told-capabilities.ts";
import type { InstanceAddress, Services, Source } from "./traffic.ts";

export interface BackendEvents {
  /** Something that `state()` shows has changed. */
  changed(backend: Backend): void;
}

export class Backend {
  readonly index: number;
  readonly #services: Services;
  readonly #events: BackendEvents;
  #server: ServerConfig;
  #lifecycle: Lifecycle;
  #incarnation: Incarnation | undefined;
  readonly #instances: Instances;
  #era: Era | undefined;
  #initializeResult: string | null = null;
  #fault: BackendFault | null = null;
  #since = Date.now();
  #nextTryAt: number | null = null;
  #cancelRetry: () => void = () => undefined;
  #cancelHealth: () => void = () => undefined;
  readonly #queue: LifecycleEvent[] = [];
  #isDraining = false;
  #whenGone: (() => void)[] = [];

  constructor(index: number, server: ServerConfig, services: Services, events: BackendEvents) {
    this.index = index;
    this.#server = server;
    this.#services = services;
    this.#events = events;
    this.#instances = new Instances(index, services, () => events.changed(this));
    this.#lifecycle = initialLifecycle(initialPhase(server));
  }

  get name(): string {
    return this.#server.name;
  }

  get server(): ServerConfig {
    return this.#server;
  }

  get epoch(): number {
    return this.#lifecycle.epoch;
  }

  /** The shared connection, for a message that names this epoch. */
  sourceAt(epoch: number): Source | undefined {
    return this.#lifecycle.phase === "ready" && this.#lifecycle.epoch === epoch
      ? this.#incarnation?.source
      : undefined;
  }

  connectionAt(epoch: number): Connection | undefined {
    return this.sourceAt(epoch)?.connection;
  }

  /** The server is there and forgot the session, or there is a new connection already. */
  get isRenewing(): boolean {
    const { phase, fault } = this.#lifecycle;
    return phase === "ready" || (phase !== "failed" && fault?.reconnect === "at-once");
  }

  /** Connections of client sessions' own. */
  get instances(): Pick<Instances, "live" | "has" | "sourceAt" | "close" | "closeAllOf"> {
    return this.#instances;
  }

  /** Makes a connection for one client session; how it goes is told to its gateway. @throws GatewayError */
  openInstance(instance: InstanceAddress, declared: ClientCapabilities): void {
    if (this.#lifecycle.phase !== "ready")
      throw new GatewayError(
        "backend-not-ready",
        `The server "${this.name}" is ${visiblePhase(this.#lifecycle)}.`,
      );
    this.#instances.open(instance, { server: this.#server, declared, era: this.#era });
  }

  start(): void {
    this.dispatch({ type: "start" });
  }

  stop(): void {
    this.#instances.endAll("It is being stopped.");
    this.dispatch({ type: "stop" });
  }

  restart(): void {
    this.#instances.endAll("It is being restarted.");
    this.dispatch({ type: "restart" });
  }

  remove(): void {
    this.#instances.endAll("Its entry in the configuration was changed or removed.");
    this.dispatch({ type: "remove" });
  }

  /** @throws GatewayError `operation-invalid` when the configuration keeps it from running */
  checkRunnable(): void {
    const { phase } = this.#lifecycle;
    if (phase === "disabled")
      throw new GatewayError(
        "operation-invalid",
        `The server "${this.name}" is disabled in the configuration: set "enabled" to true there.`,
      );
    if (phase === "skipped") {
      throw new GatewayError("operation-invalid", `The server "${this.name}" ${platformNote(this.#server)}.`);
    }
  }

  /** Its place in the file has changed, and nothing else. */
  reorder(server: ServerConfig): void {
    this.#server = server;
    this.#events.changed(this);
  }

  /** Resolves when no process and no connection of it is left. */
  async gone(): Promise<void> {
    if (isLive(this.#lifecycle)) await new Promise<void>((resolve) => this.#whenGone.push(resolve));
    await this.#instances.gone();
  }

  /** Ends its processes at once; the orderly end may be under way. */
  hurry(): void {
    this.#incarnation?.close(true);
    this.#instances.hurry();
  }

  killNow(): void {
    this.#incarnation?.killNow();
    this.#instances.killNow();
  }

  state(): BackendState {
    const { name, order, transport, command, isolation, names, timeoutMs } = this.#server;
    return {
      ...{ name, order, transport, isolation },
      index: this.index,
      local: command !== undefined,
      ...(names === "own" ? { names } : {}),
      phase: visiblePhase(this.#lifecycle),
      note: noteOf(this.#lifecycle, this.#server),
      epoch: this.#lifecycle.epoch,
      pid: isLive(this.#lifecycle) ? (this.#incarnation?.pid ?? null) : null,
      since: this.#since,
      nextTryAt: this.#nextTryAt,
      restarts: Math.max(0, this.#lifecycle.epoch - 1),
      callTimeoutMs: timeoutMs,
      fault: this.#fault,
      ...(this.#era === undefined ? {} : { era: this.#era }),
      ...(this.#instances.live === 0 ? {} : { instances: this.#instances.live }),
      fingerprint: this.#services.fingerprint(this.#server),
      initializeResult: this.#initializeResult,
    };
  }

  /** Events may come while one is being worked on; each is worked on to its end, in order. */
  dispatch(event: LifecycleEvent): void {
    this.#queue.push(event);
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#isDraining = false;
    }
  }

  #step(event: LifecycleEvent): void {
    const { clock, random } = this.#services;
    const before = this.#lifecycle;
    const { state, effects } = advance(before, event, {
      policy: { mode: this.#server.restart, local: this.#server.command !== undefined },
      nowMs: clock.nowMs(),
      random: random(),
    });
    if (state === before) return;
    this.#lifecycle = state;
    this.#follow(before, state);
    for (const effect of effects) this.#perform(effect);
    if (!isLive(state)) {
      for (const resolve of this.#whenGone.splice(0)) resolve();
    }
    this.#events.changed(this);
  }

  /** What the state shows besides the phase. */
  #follow(before: Lifecycle, state: Lifecycle): void {
    if (state.phase !== before.phase || state.epoch !== before.epoch) {
      this.#since = Date.now();
      this.#services.log.info("backend phase", {
        backend: this.name,
        phase: state.phase,
        epoch: state.epoch,
      });
    }
    if (state.phase !== "ready") {
      this.#initializeResult = null;
      this.#cancelHealth();
    }
    // One that does not come back by itself has no use for the connections that sessions have to it.
    const isLeft = state.phase === "stopping" || (state.phase === "failed" && state.delayMs === null);
    if (isLeft) this.#instances.endAll("The server has ended.");
    if (state.phase !== "backing-off" && state.phase !== "failed") {
      this.#cancelRetry();
      this.#nextTryAt = null;
    }
    if (state.fault === null) this.#fault = null;
    else if (state.fault !== before.fault) {
      this.#fault = {
        ...state.fault,
        at: Date.now(),
        stderrTail: [...(this.#incarnation?.stderrTail() ?? [])],
      };
      const { stage, message } = state.fault;
      this.#services.log.warning("backend fault", { backend: this.name, epoch: state.epoch, stage, message });
    }
  }

  #perform(effect: Effect): void {
    const { clock } = this.#services;
    const { epoch } = effect;
    switch (effect.type) {
      case "launch":
        this.#incarnation = this.#incarnate(epoch);
        this.#incarnation.launch();
        return;
      case "connect":
        this.#incarnation?.connect();
        return;
      case "watchHealth":
        this.#cancelHealth = clock.after(limits.restartHealthyMs, () =>
          this.dispatch({ type: "healthy", epoch }),
        );
        return;
      case "close":
        this.#incarnation?.close(effect.now);
        return;
      case "retry":
        this.#nextTryAt = Date.now() + effect.delayMs;
        this.#cancelRetry = clock.after(effect.delayMs, () => this.dispatch({ type: "retryDue", epoch }));
        return;
      default:
        return effect satisfies never;
    }
  }

  #incarnate(epoch: number): Incarnation {
    return new Incarnation({
      epoch,
      server: this.#server,
      index: this.index,
      instance: undefined,
      tag: backendTag(this.#services.scope, this.index, epoch),
      capabilities: sharedCapabilities,
      era: undefined,
      services: this.#services,
      events: {
        launched: () => this.dispatch({ type: "launched", epoch }),
        answered: () => this.dispatch({ type: "answered", epoch }),
        handshaken: ({ initializeResult, era }) => {
          this.#initializeResult = initializeResult;
          this.#era = era;
          this.dispatch({ type: "handshaken", epoch });
        },
        lost: (type, fault) => this.dispatch({ type, epoch, fault }),
        exited: (fault, clean) => this.dispatch({ type: "exited", epoch, fault, clean }),
        released: () => this.dispatch({ type: "released", epoch }),
      },
    });
  }
}

function initialPhase(server: ServerConfig): "waiting" | "disabled" | "skipped" {
  if (!server.enabled) return "disabled";
  return server.platforms === undefined || server.platforms.includes(process.platform)
    ? "waiting"
    : "skipped";
}
