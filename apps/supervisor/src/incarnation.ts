/** One start of one backend: its process and its connection, from launch until nothing of them is left. */
import type { ServerConfig } from "@mcp-gateway/config";
import { limits, messageOf, version } from "@mcp-gateway/kit";
import { type ClientCapabilities, Connection, type Era, type Handshake } from "./connections/index.ts";
import { planEras } from "./era-plan.ts";
import { exitFault, type Fault, faultOf, faultOfHandshake, silentAddressFault } from "./fault.ts";
import type { ExitFacts } from "./process/backend-process.ts";
import { type ChildProcess, spawnBackend } from "./process/spawn.ts";
import { sourceEvents } from "./source-events.ts";
import type { ReleaseSlot } from "./start-slots.ts";
import type { InstanceAddress, Services, Source } from "./traffic.ts";
import { aborted, cameWithin } from "./waiting.ts";

/** What happens to an incarnation. After a loss nothing but `released` comes, and that once. */
export interface IncarnationEvents {
  launched(): void;
  answered(): void;
  handshaken(handshake: Handshake): void;
  lost(type: "launchFailed" | "startupTimedOut" | "closed", fault: Fault): void;
  exited(fault: Fault, clean: boolean): void;
  released(): void;
}

export interface IncarnationOptions {
  readonly server: ServerConfig;
  /** BackendState.index */
  readonly index: number;
  readonly epoch: number;
  /** Undefined: the connection that all clients share. One of a session's own has epoch 0. */
  readonly instance: InstanceAddress | undefined;
  /** See `backendTag` and `instanceTag`. */
  readonly tag: string;
  /** What the backend is told that its client can do. */
  readonly capabilities: ClientCapabilities;
  /** Known already, from another connection to the same server. */
  readonly era: Era | undefined;
  readonly services: Services;
  readonly events: IncarnationEvents;
}

export class Incarnation {
  readonly #options: IncarnationOptions;
  readonly #server: ServerConfig;
  readonly #services: Services;
  readonly #events: IncarnationEvents;
  /** Aborted when it is lost or closed: whatever waits, stops waiting. */
  readonly #over = new AbortController();
  #process: ChildProcess | undefined;
  #source: Source | undefined;
  #releaseSlot: ReleaseSlot = () => undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #isReady = false;
  #lost: Fault | undefined;
  #closing: Promise<void> | undefined;
  /** Resolves when the connection has closed, by whichever side. */
  readonly #connectionClosed = Promise.withResolvers<void>();

  constructor(options: IncarnationOptions) {
    this.#options = options;
    this.#server = options.server;
    this.#services = options.services;
    this.#events = options.events;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Present from the beginning of the handshake. */
  get source(): Source | undefined {
    return this.#source;
  }

  stderrTail(): readonly string[] {
    return this.#process?.stderrTail() ?? [];
  }

  launch(): void {
    this.#launch().catch((error) => this.#lose("launchFailed", faultOf("startup", error)));
  }

  connect(): void {
    this.#connect().catch((error) => this.#afterConnection(faultOfHandshake(error)));
  }

  /**
   * Ends connection and process; `released` follows. With `now`, also when it is being closed politely.
   * Calls in flight have failed when this returns.
   */
  close(now: boolean, reason = "It is being stopped."): void {
    this.#over.abort();
    if (now) void this.#process?.stop({ now });
    this.#closing ??= this.#close(now, reason).finally(() => this.#events.released());
  }

  /** For the last moment of the supervisor. */
  killNow(): void {
    this.#process?.killNow();
  }

  async #launch(): Promise<void> {
    const { startupDelayMs, startupTimeoutMs, command, transport } = this.#server;
    if (command !== undefined && !(await this.#startProgram())) return;
    this.#deadlineMs = this.#services.clock.nowMs() + startupDelayMs + startupTimeoutMs;
    // A remote address is asked at once: the handshake tells better than a probe what is wrong with it.
    if (command !== undefined && startupDelayMs > 0) await this.#sleep(startupDelayMs);
    if (command !== undefined && transport !== "stdio" && !(await this.#waitForAddress())) return;
    if (!this.#over.signal.aborted) this.#events.answered();
  }

  /** @returns false when it did not start, or is no longer wanted */
  async #startProgram(): Promise<boolean> {
    const { log, clock, environment, slots } = this.#services;
    const release = await slots.acquire(this.#over.signal);
    if (release === undefined) return false;
    this.#releaseSlot = release;
    if (this.#over.signal.aborted) {
      release(); // Closed between its turn and now.
      return false;
    }
    try {
      this.#process = spawnBackend({
        server: this.#server,
        tag: this.#options.tag,
        log,
        clock,
        environment,
        onFirstOutput: release,
      });
    } catch (error) {
      release();
      this.#lose("launchFailed", faultOf("spawn", error));
      return false;
    }
    const { pid, exited } = this.#process;
    log.info("backend launched", { ...this.#names(), pid });
    void exited.then((facts) => this.#afterExit(facts));
    this.#events.launched();
    return true;
  }

  async #waitForAddress(): Promise<boolean> {
    const { clock } = this.#services;
    for (;;) {
      const leftMs = this.#deadlineMs - clock.nowMs();
      if (leftMs <= 0) {
        this.#lose("startupTimedOut", silentAddressFault(this.#server));
        return false;
      }
      const timeout = AbortSignal.timeout(Math.ceil(Math.min(leftMs, limits.startupProbeTimeoutMs)));
      const answers = await this.#services
        .probeAddress(this.#server, AbortSignal.any([timeout, this.#over.signal]))
        .catch(() => false); // Whatever it says, it is no answer yet.
      if (this.#over.signal.aborted) return false;
      if (answers) return true;
      await this.#sleep(limits.startupProbeEveryMs);
      if (this.#over.signal.aborted) return false;
    }
  }

  async #connect(): Promise<void> {
    const { log, clock, openTransport, eras, traffic } = this.#services;
    const { era: known, capabilities } = this.#options;
    const { plan, remember } =
      known === undefined
        ? await planEras(this.#server, this.#services, this.#over.signal)
        : { plan: [known] as const, remember: false };
    if (this.#over.signal.aborted) return;
    const connection: Connection = new Connection({
      transport: (events) => openTransport(this.#server, this.#process, events, log, plan[0]),
      backend: this.#server.name,
      log,
      clock,
      events: sourceEvents({
        source: () => this.#sourceOf(connection),
        traffic,
        told: capabilities,
        onClosed: (fault) => {
          this.#connectionClosed.resolve();
          void this.#afterConnection(fault);
        },
      }),
      version,
      capabilities,
      eras: plan,
      reverse: true,
      onDropped: (kind) => traffic.dropped(this.#options.index, kind),
    });
    this.#sourceOf(connection);
    const leftMs = Math.max(1, Math.ceil(this.#deadlineMs - clock.nowMs()));
    // A program may have to be installed first (npx); an address that answers has no such excuse.
    const timeoutMs =
      this.#server.transport === "stdio" ? leftMs : Math.min(leftMs, limits.handshakeTimeoutMs);
    try {
      const handshake = await connection.handshake(timeoutMs);
      this.#releaseSlot();
      if (remember) eras.remember(this.#server, handshake.era);
      if (this.#over.signal.aborted) return;
      this.#isReady = true;
      log.info("backend ready", { ...this.#names(), protocol: handshake.protocolVersion });
      this.#events.handshaken(handshake);
    } catch (error) {
      // What was found before may not hold any more; the next start asks again. A stop proves nothing.
      const wasStopped = this.#over.signal.aborted && this.#lost === undefined;
      if (remember && !wasStopped) eras.forget(this.#server);
      await this.#afterConnection(faultOfHandshake(error));
    }
  }

  #sourceOf(connection: Connection): Source {
    const { index, epoch, instance } = this.#options;
    this.#source ??= { backend: index, epoch, instance, connection };
    return this.#source;
  }

  /**
   * The connection is gone. When that is because the program exited, `#afterExit` reports it, because the exit
   * says more. On stdio the transport has waited for the exit; over HTTP it may be a moment away.
   */
  async #afterConnection(fault: Fault): Promise<void> {
    const child = this.#process;
    if (child?.hasExited === true) return;
    if (child !== undefined && this.#server.transport !== "stdio") {
      if (await cameWithin(this.#services.clock, limits.exitOutputGraceMs, child.exited)) return;
    }
    this.#lose("closed", fault);
  }

  /** The program has exited. What it wrote last is still to be read, unless somebody else holds its pipes open. */
  async #afterExit(facts: ExitFacts): Promise<void> {
    this.#releaseSlot();
    const outputs: Promise<unknown>[] = [this.#process?.stderrEnded ?? Promise.resolve()];
    if (this.#source !== undefined) outputs.push(this.#connectionClosed.promise);
    await cameWithin(this.#services.clock, limits.exitOutputGraceMs, Promise.all(outputs));
    if (this.#over.signal.aborted) return;
    this.#lost = exitFault(facts, this.#isReady);
    this.#over.abort();
    this.#events.exited(this.#lost, facts.exitCode === 0);
  }

  #lose(type: "launchFailed" | "startupTimedOut" | "closed", fault: Fault): void {
    if (this.#over.signal.aborted) return;
    this.#lost = fault;
    this.#over.abort();
    this.#releaseSlot();
    this.#events.lost(type, fault);
  }

  async #close(now: boolean, reason: string): Promise<void> {
    this.#releaseSlot();
    const source = this.#source;
    const child = this.#process;
    // A program on stdio is told by the end of its stdin, which `stop` brings about; over HTTP the session is
    // ended first, while there is somebody to tell.
    const isStdio = this.#server.transport === "stdio";
    const stopping = isStdio ? child?.stop({ now }) : undefined;
    try {
      if (source !== undefined) {
        const closed = source.connection.close(this.#lost?.message ?? reason);
        await Promise.race([closed, Bun.sleep(limits.stopInputGraceMs)]);
      }
    } catch (error) {
      this.#services.log.warning("backend connection not closed", {
        backend: this.#server.name,
        error: messageOf(error),
      });
    }
    this.#connectionClosed.resolve();
    try {
      await (stopping ?? child?.stop({ now }));
    } catch (error) {
      this.#services.log.error("backend process not stopped", {
        backend: this.#server.name,
        error: messageOf(error),
      });
    }
    if (source !== undefined) this.#services.traffic.ended(source);
  }

  /** Which one it is, for the log. */
  #names() {
    const { epoch, instance } = this.#options;
    const backend = this.#server.name;
    return instance === undefined
      ? { backend, epoch }
      : { backend, gateway: instance.link, instance: instance.number };
  }

  /** Sleeps, but not longer than this incarnation lives. */
  async #sleep(timeMs: number): Promise<void> {
    await cameWithin(this.#services.clock, timeMs, aborted(this.#over.signal));
  }
}
