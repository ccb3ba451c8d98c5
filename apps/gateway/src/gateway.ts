/** The gateway without its HTTP server: all parts, put together. */
import type { GatewaySettings } from "@mcp-gateway/config";
import { type Frame, FrameKind } from "@mcp-gateway/contract";
import { type Clock, GatewayError, type InstancePaths, type Log, limits } from "@mcp-gateway/kit";
import { Metrics } from "./admin/metrics.ts";
import { OwnView } from "./admin/own-view.ts";
import { keptToken } from "./auth/decide-auth.ts";
import { CatalogueKeeper } from "./catalogue/keeper.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import { FanOut } from "./dispatch/fan-out.ts";
import { LogLevels } from "./dispatch/log-levels.ts";
import { OwnWatches } from "./dispatch/own-watches.ts";
import { CallProgress } from "./dispatch/progress.ts";
import { ReverseRequests } from "./dispatch/reverse.ts";
import { Subscriptions } from "./dispatch/subscriptions.ts";
import { Tasks } from "./dispatch/tasks.ts";
import { UpstreamListens } from "./dispatch/upstream-listens.ts";
import { PostExchange } from "./fronts/post-exchange.ts";
import { Calls } from "./link/calls.ts";
import { Instances } from "./link/instances.ts";
import { Link } from "./link/link.ts";
import { Mirror } from "./link/mirror.ts";
import { beatStreams } from "./sessions/event-stream.ts";
import { SessionRegistry } from "./sessions/registry.ts";
import { Stateless } from "./stateless/stateless.ts";
import { TaskIds } from "./stateless/task-ids.ts";
import { markOf } from "./workers/owner.ts";

const shutdownReason = "the gateway is shutting down";

export interface GatewayOptions {
  readonly settings: GatewaySettings;
  readonly configPath: string;
  readonly paths: InstancePaths;
  readonly log: Log;
  readonly logFile: string;
  readonly clock: Clock;
  /** Which of several workers this is; undefined: it is alone. */
  readonly worker?: number;
  /** Something that people see has changed. */
  readonly onChange: () => void;
}

export class Gateway {
  readonly view: OwnView;
  readonly sessions: SessionRegistry;
  readonly dispatcher: Dispatcher;
  readonly stateless: Stateless;
  readonly clock: Clock;
  readonly #options: GatewayOptions;
  readonly #link: Link;
  readonly #mirror: Mirror;
  readonly #calls: Calls;
  readonly #keeper: CatalogueKeeper;
  readonly #fanOut: FanOut;
  readonly #reverse: ReverseRequests;
  readonly #instances: Instances;
  readonly #tasks = new Tasks();
  readonly #metrics = new Metrics();
  readonly logLevels: LogLevels;
  readonly subscriptions: Subscriptions;
  /** Tells one supervisor from the next. */
  #supervisorStartedAt = 0;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  readonly #firstLists = Promise.withResolvers<void>();

  constructor(options: GatewayOptions) {
    const { log, clock, settings, paths } = options;
    const mark = options.worker === undefined ? "" : markOf(options.worker);
    this.#options = options;
    this.clock = clock;
    this.#mirror = new Mirror({
      onBackend: (now, before) => {
        const cameBack = now.phase === "ready" && before?.epoch !== now.epoch;
        this.#keeper.onBackend(now);
        listens.onBackend(now);
        if (cameBack || (now.phase === "ready" && before?.phase !== "ready")) {
          subscriptions.restore(now);
          logLevels.applyTo(now);
        }
        this.#changed(now.name);
      },
      onRemoved: (backend) => {
        this.#keeper.onRemoved(backend.name);
        listens.onRemoved(backend.name);
        this.#metrics.forget(backend.name);
        this.#changed(backend.name);
      },
    });
    this.#link = new Link({ paths, log, clock, events: this.#linkEvents() });
    this.#calls = new Calls(this.#link, clock, {
      onStarted: (backend) => this.#metrics.callStarted(backend),
      onEnded: (backend, durationMs, outcome) => this.#metrics.callEnded(backend, durationMs, outcome),
    });
    this.sessions = new SessionRegistry({
      clock,
      log,
      limits: settings.limits,
      mark,
      onEnded: (session) => {
        subscriptions.removeAll(session);
        this.#instances.closeAll(session);
        tasks.onSessionEnded(session);
        if (session.logLevel !== undefined) logLevels.apply();
      },
    });
    const parts = { calls: this.#calls, mirror: this.#mirror, sessions: this.sessions, log, clock };
    this.logLevels = new LogLevels(parts);
    this.subscriptions = new Subscriptions(parts);
    const [logLevels, subscriptions, tasks] = [this.logLevels, this.subscriptions, this.#tasks];
    this.#instances = new Instances({ ...parts, link: this.#link });
    const owners = { ...parts, instances: this.#instances, tasks };
    this.#reverse = new ReverseRequests({ ...owners, link: this.#link });
    this.#fanOut = new FanOut({ ...owners, subscriptions, reverse: this.#reverse });
    this.#keeper = new CatalogueKeeper({
      ...parts,
      separator: settings.separator,
      knownLists: { path: paths.knownListsPath, writes: (options.worker ?? 1) === 1 },
      events: {
        onCatalogue: (now, before) => {
          this.#fanOut.onCatalogue(now, before);
          this.#changed();
        },
        onListed: (server) => this.#changed(server),
      },
    });
    this.view = new OwnView({
      ...parts,
      link: this.#link,
      keeper: this.#keeper,
      metrics: this.#metrics,
      logFile: options.logFile,
      configPath: options.configPath,
    });
    const listens = new UpstreamListens({
      ...parts,
      watched: (server) => subscriptions.watchedAt(server),
      onNotification: (backend, message) => this.#fanOut.onNews(backend, message, 0),
    });
    new OwnWatches({ ...owners, subscriptions });
    subscriptions.onWatched = (server) => listens.onWatched(server);
    this.#fanOut.keeper = this.#keeper;
    const context = {
      ...owners,
      keeper: this.#keeper,
      logLevels,
      subscriptions,
      reverse: this.#reverse,
      taskIds: new TaskIds(keptToken(paths.stateDirectory, paths.taskKeyPath)),
      listens,
      settings,
      firstLists: this.#firstLists.promise,
      onBackendNews: this.#fanOut.onNews.bind(this.#fanOut),
    };
    this.dispatcher = new Dispatcher(context);
    this.stateless = new Stateless(context, this.dispatcher, mark);
  }

  start(): void {
    this.#link.start();
    this.clock.after(limits.firstListsWaitMs, () => this.#firstLists.resolve());
    this.#timers.push(
      setInterval(() => {
        this.#calls.sweep();
        PostExchange.sweep(this.clock.nowMs());
        this.stateless.sweep(this.clock.nowMs());
        CallProgress.sweep(this.clock.nowMs());
      }, limits.callSweepMs),
      setInterval(() => beatStreams(), limits.streamHeartbeatMs),
      setInterval(() => this.sessions.sweep(), limits.sessionSweepMs),
    );
  }

  /** Waits, bounded, for calls in flight; then ends every session and lets go of the supervisor. */
  async stop(drainMs: number): Promise<void> {
    this.stateless.stop(shutdownReason);
    const untilMs = this.clock.nowMs() + drainMs;
    while (this.#calls.inFlight > 0 && this.clock.nowMs() < untilMs) {
      await new Promise<void>((resolve) => void this.clock.after(limits.initializePollMs, resolve));
    }
    for (const timer of this.#timers) clearInterval(timer);
    this.#keeper.flush();
    this.sessions.endAll(shutdownReason);
    this.#link.stop();
  }

  #linkEvents(): ConstructorParameters<typeof Link>[0]["events"] {
    const { log } = this.#options;
    return {
      onUp: ({ backends, config }) => {
        log.info("supervisor attached", { pid: this.#link.supervisor?.pid, backends: backends.length });
        const { startedAt } = this.#link.supervisor ?? { startedAt: 0 };
        const isNew = this.#supervisorStartedAt !== startedAt;
        this.#supervisorStartedAt = startedAt;
        if (isNew) for (const part of [this.#keeper, this.logLevels, this.#tasks]) part.forgetEpochs();
        this.view.expect(backends);
        this.#mirror.replaceAll(backends, config, isNew);
        this.#changed();
      },
      onDown: (reason) => {
        log.warning("supervisor lost", { reason });
        this.#reverse.forgetAll();
        this.#instances.forgetAll();
        this.#calls.failAll(new GatewayError("supervisor-lost"));
        this.#changed();
      },
      onBackend: (backend) => {
        log.info("backend state", {
          backend: backend.name,
          phase: backend.phase,
          pid: backend.pid,
          epoch: backend.epoch,
        });
        this.#mirror.set(backend);
      },
      onRemoved: (index) => this.#mirror.remove(index),
      onConfig: (config) => {
        this.#mirror.setConfig(config);
        this.#changed();
      },
      onDrops: (drops) => this.#mirror.setDrops(drops),
      onFrame: (frame) => this.#onFrame(frame),
    };
  }

  #onFrame(frame: Frame): void {
    switch (frame.kind) {
      case FrameKind.notification:
        return this.#fanOut.onFrame(frame);
      case FrameKind.reverse:
      case FrameKind.reverseCancel:
      case FrameKind.doubt:
        return this.#reverse.onFrame(frame);
      case FrameKind.opened:
      case FrameKind.closed:
        return this.#instances.onFrame(frame);
      default:
        return this.#calls.onFrame(frame);
    }
  }

  /** @param server the one it is about */
  #changed(server?: string): void {
    if (server !== undefined) this.view.observe(server);
    if (this.view.isReady().waitingFor.every((name) => this.#keeper.isKnownOnly(name))) {
      if (this.#keeper.isStale) this.#keeper.publish();
      this.#firstLists.resolve();
    }
    this.#options.onChange();
  }
}
