/** The table of backends: starts them, changes what a new configuration changes, and ends them in reverse order. */
import {
  type Config,
  type ConfigResult,
  diffServers,
  formatFault,
  type ServerConfig,
} from "@mcp-gateway/config";
import type { ConfigState, OperationRequest, Snapshot } from "@mcp-gateway/contract";
import { GatewayError, limits, messageOf } from "@mcp-gateway/kit";
import { Backend } from "./backend.ts";
import type { StateFeed } from "./rpc/state-feed.ts";
import { operateSignIn } from "./sign-in/operate-sign-in.ts";
import type { Services } from "./traffic.ts";

export interface SupervisorOptions {
  readonly services: Services;
  readonly feed: StateFeed;
  readonly config: Config;
  /** Reads the configuration file again. */
  readonly readConfig: () => Promise<ConfigResult>;
}

export class Supervisor {
  readonly #services: Services;
  readonly #feed: StateFeed;
  readonly #readConfig: () => Promise<ConfigResult>;
  #servers: readonly ServerConfig[] = [];
  readonly #byIndex = new Map<number, Backend>();
  readonly #byName = new Map<string, Backend>();
  /** Removed from the table, and not gone yet. */
  readonly #leaving = new Set<Backend>();
  #lastIndex = 0;
  #state: "held" | "running" | "stopping" = "held";
  #configState: ConfigState;
  #reloading: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#services = options.services;
    this.#feed = options.feed;
    this.#readConfig = options.readConfig;
    this.#configState = { path: options.config.path, revision: 1, loadedAt: Date.now(), faults: [] };
    this.#servers = options.config.servers;
    for (const server of options.config.servers) this.#add(server);
    options.feed.setSource(() => this.snapshot());
  }

  backend(index: number): Backend | undefined {
    return this.#byIndex.get(index);
  }

  get backends(): readonly Backend[] {
    return [...this.#byIndex.values()];
  }

  /** Starts every backend that waits. */
  startAll(): void {
    if (this.#state !== "held") return;
    this.#state = "running";
    for (const backend of this.#byIndex.values()) backend.start();
  }

  /**
   * Resolves when the operation was begun; how it goes is told by the state.
   * @returns what is to be opened in a browser, if anything
   * @throws GatewayError
   */
  async operate(
    request: Pick<OperationRequest, "operation" | "backend" | "input">,
  ): Promise<string | undefined> {
    const { operation, backend: name } = request;
    if (this.#state === "stopping") throw new GatewayError("shutting-down");
    if (operation === "reload") {
      await this.reload(true);
      return undefined;
    }
    const backend = this.#byName.get(name);
    if (backend === undefined)
      throw new GatewayError("backend-unknown", `No server "${name}" is configured.`);
    backend.checkRunnable();
    this.#services.log.info("operation", { operation, backend: name });
    switch (operation) {
      case "start":
        backend.start();
        return undefined;
      case "restart":
        backend.restart();
        return undefined;
      case "stop": {
        backend.stop();
        await backend.gone();
        return undefined;
      }
      case "login":
      case "finish-login":
      case "logout":
        return operateSignIn(
          operation,
          backend,
          this.#services.signIns.require(backend.server),
          request.input,
        );
      default:
        return operation satisfies never;
    }
  }

  /**
   * Reads the configuration and touches what changed. One at a time, in the order asked.
   * @param strict throw when the file has faults
   */
  reload(strict = false): Promise<void> {
    const reload = this.#reloading.then(() => this.#reload(strict));
    this.#reloading = reload.catch(() => undefined); // The caller has the error; the next reload starts anew.
    return reload;
  }

  async #reload(strict: boolean): Promise<void> {
    const { log } = this.#services;
    const result = await this.#readConfig().catch(
      (error): ConfigResult => ({
        ok: false,
        faults: [{ file: this.#configState.path, line: 0, column: 0, path: "", message: messageOf(error) }],
      }),
    );
    if (this.#state === "stopping") return;
    if (!result.ok) {
      const faults = result.faults.map((fault) => formatFault(fault));
      for (const fault of faults) log.error("configuration fault", { fault });
      this.#publishConfig({ ...this.#configState, faults });
      if (strict) throw new GatewayError("config-invalid", faults.join("\n"), { facts: { faults } });
      return;
    }
    for (const warning of result.warnings)
      log.warning("configuration warning", { warning: formatFault(warning) });
    const touched = this.#reconcile(result.config.servers);
    if (!touched && this.#configState.faults.length === 0 && !strict) return;
    const revision = this.#configState.revision + 1;
    log.info("configuration loaded", { revision, touched });
    this.#publishConfig({ ...this.#configState, revision, loadedAt: Date.now(), faults: [] });
  }

  /** @returns whether anything was touched */
  #reconcile(servers: readonly ServerConfig[]): boolean {
    const diff = diffServers(this.#servers, servers);
    this.#servers = servers;
    this.#services.signIns.keepOnly(servers);
    for (const server of diff.removed) this.#remove(server.name);
    for (const server of diff.reordered) this.#byName.get(server.name)?.reorder(server);
    for (const { after } of diff.changed) {
      const predecessor = this.#remove(after.name);
      const successor = this.#add(after);
      // Both may want the same port or file: the new one waits until nothing of the old one is left.
      void predecessor.then(() => this.#startIfRunning(successor));
    }
    for (const server of diff.added) this.#startIfRunning(this.#add(server));
    return diff.removed.length + diff.reordered.length + diff.changed.length + diff.added.length > 0;
  }

  /** Its turn may have passed while its predecessor ended. */
  #startIfRunning(backend: Backend): void {
    if (this.#state === "running" && this.#byIndex.get(backend.index) === backend) backend.start();
  }

  #add(server: ServerConfig): Backend {
    this.#lastIndex += 1;
    if (this.#lastIndex > indexMax)
      throw new GatewayError("internal", "This supervisor has had 65535 servers; restart it.");
    const backend = new Backend(this.#lastIndex, server, this.#services, {
      changed: () => {
        if (this.#byIndex.get(backend.index) === backend)
          this.#feed.publish({ type: "backend", backend: backend.state() });
      },
    });
    this.#byIndex.set(backend.index, backend);
    this.#byName.set(server.name, backend);
    const state = backend.state();
    this.#feed.publish({ type: "backend", backend: state });
    // It will have no change of phase to tell about.
    if (state.phase !== "waiting")
      this.#services.log.info("backend phase", {
        backend: server.name,
        phase: state.phase,
        note: state.note,
      });
    return backend;
  }

  /** Takes it out of the table at once; resolves when nothing of it is left. */
  async #remove(name: string): Promise<void> {
    const backend = this.#byName.get(name);
    if (backend === undefined) return;
    this.#byName.delete(name);
    this.#byIndex.delete(backend.index);
    this.#feed.publish({ type: "removed", index: backend.index, name });
    this.#leaving.add(backend);
    backend.remove();
    await backend.gone();
    this.#leaving.delete(backend);
  }

  /**
   * Ends all backends, the last of the file first, each without waiting for the other; those that are not
   * gone shortly before `shutdownMsMax` are killed. Idempotent.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#state = "stopping";
    const all = [...this.#byIndex.values(), ...this.#leaving].reverse();
    for (const backend of all) backend.stop();
    const gone = Promise.all(all.map((backend) => backend.gone()));
    const { promise, resolve } = Promise.withResolvers<"late">();
    const politeMs = limits.shutdownMsMax - limits.shutdownKillMs;
    const cancel = this.#services.clock.after(politeMs, () => resolve("late"));
    if ((await Promise.race([gone, promise])) === "late") {
      for (const backend of all) backend.hurry();
      await Promise.race([gone, Bun.sleep(limits.shutdownKillMs)]);
    }
    cancel();
  }

  /** For the last moment: no waiting. */
  killNow(): void {
    for (const backend of [...this.#byIndex.values(), ...this.#leaving]) backend.killNow();
  }

  #publishConfig(state: ConfigState): void {
    this.#configState = state;
    this.#feed.publish({ type: "config", config: state });
  }

  snapshot(): Snapshot {
    return {
      type: "snapshot",
      backends: this.backends.map((backend) => backend.state()),
      config: this.#configState,
    };
  }
}

/** What BackendState.index and the frame header hold. */
const indexMax = 65_535;
