/** One start of one backend: its process and its connection, from launch until nothing of them is left. */
import type { ServerConfig } from "@mcp-gateway/config";
import { limits, messageOf, version } from "@mcp-gateway/kit";
import { Connection, type ConnectionEvents } from "./connections/index.ts";
import { exitFault, type Fault, faultOf, faultOfHandshake, silentAddressFault } from "./fault.ts";
import type { ExitFacts } from "./process/backend-process.ts";
import { type ChildProcess, spawnBackend } from "./process/spawn.ts";
import { backendTag } from "./process/tag.ts";
import type { ReleaseSlot } from "./start-slots.ts";
import type { Services, Source } from "./traffic.ts";

/** What happens to an incarnation. After a loss nothing but `released` comes, and that once. */
export interface IncarnationEvents {
  launched(): void;
  answered(): void;
  handshaken(initializeResult: string): void;
  lost(type: "launchFailed" | "startupTimedOut" | "closed", fault: Fault): void;
  exited(fault: Fault, clean: boolean): void;
  released(): void;
}

export class Incarnation {
  readonly epoch: number;
  readonly #server: ServerConfig;
  readonly #index: number;
  readonly #services: Services;
  readonly #events: IncarnationEvents;
  /** Aborted when it is lost or closed: whatever waits, stops waiting. */
  readonly #over = new AbortController();
  #process: ChildProcess | undefined;
  #connection: Connection | undefined;
  #releaseSlot: ReleaseSlot = () => undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #isReady = false;
  #lost: Fault | undefined;
  #closing: Promise<void> | undefined;
  /** Resolves when the connection has closed, by whichever side. */
  readonly #connectionClosed = Promise.withResolvers<void>();

  constructor(options: {
    epoch: number;
    server: ServerConfig;
    index: number;
    services: Services;
    events: IncarnationEvents;
  }) {
    this.epoch = options.epoch;
    this.#server = options.server;
    this.#index = options.index;
    this.#services = options.services;
    this.#events = options.events;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Present from the beginning of the handshake. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  stderrTail(): readonly string[] {
    return this.#process?.stderrTail() ?? [];
  }

  launch(): void {
    this.#launch().catch((error) => this.#lose("launchFailed", faultOf("startup", error)));
  }

  connect(): void {
    this.#connect().catch((error) => this.#lose("closed", faultOfHandshake(error)));
  }

  /** Ends connection and process; `released` follows. With `now`, also when it is being closed politely. */
  close(now: boolean): void {
    this.#over.abort();
    if (now) void this.#process?.stop({ now });
    this.#closing ??= this.#close(now).finally(() => this.#events.released());
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
    const { log, clock, environment, scope, slots } = this.#services;
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
        tag: backendTag(scope, this.#index, this.epoch),
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
    log.info("backend launched", { backend: this.#server.name, pid, epoch: this.epoch });
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
    const { log, clock, openTransport } = this.#services;
    const connection: Connection = new Connection({
      transport: (events) => openTransport(this.#server, this.#process, events, log),
      backend: this.#server.name,
      log,
      clock,
      events: this.#connectionEvents(() => connection),
      version,
    });
    this.#connection = connection;
    const leftMs = Math.max(1, Math.ceil(this.#deadlineMs - clock.nowMs()));
    // A program may have to be installed first (npx); an address that answers has no such excuse.
    const timeoutMs =
      this.#server.transport === "stdio" ? leftMs : Math.min(leftMs, limits.handshakeTimeoutMs);
    try {
      const { initializeResult, protocolVersion } = await connection.handshake(timeoutMs);
      this.#releaseSlot();
      if (this.#over.signal.aborted) return;
      this.#isReady = true;
      log.info("backend ready", { backend: this.#server.name, epoch: this.epoch, protocol: protocolVersion });
      this.#events.handshaken(initializeResult);
    } catch (error) {
      await this.#afterConnection(faultOfHandshake(error));
    }
  }

  /** Events of the connection, under the name of this incarnation. */
  #connectionEvents(connection: () => Connection): ConnectionEvents {
    const { traffic } = this.#services;
    let source: Source | undefined;
    const from = (): Source => {
      source ??= { backend: this.#index, epoch: this.epoch, connection: connection() };
      return source;
    };
    return {
      onReply: (owner, message, idStart, idLength) =>
        traffic.reply(from(), owner, message, idStart, idLength),
      onFailure: (owner, error) => traffic.failure(from(), owner, error),
      onNotification: (message, owner) => traffic.notification(from(), message, owner),
      onReverse: (reference, message, idStart, idLength, owner) =>
        traffic.reverse(from(), reference, message, idStart, idLength, owner),
      onReverseCancel: (reference) => traffic.reverseCancel(from(), reference),
      onClosed: (fault) => {
        this.#connectionClosed.resolve();
        void this.#afterConnection(fault);
      },
    };
  }

  /**
   * The connection is gone. When that is because the program exited, `#afterExit` reports it, because the exit
   * says more. On stdio the transport has waited for the exit; over HTTP it may be a moment away.
   */
  async #afterConnection(fault: Fault): Promise<void> {
    const child = this.#process;
    if (child?.hasExited === true) return;
    if (child !== undefined && this.#server.transport !== "stdio") {
      if (await this.#within(limits.exitOutputGraceMs, child.exited)) return;
    }
    this.#lose("closed", fault);
  }

  /** The program has exited. What it wrote last is still to be read, unless somebody else holds its pipes open. */
  async #afterExit(facts: ExitFacts): Promise<void> {
    this.#releaseSlot();
    const outputs: Promise<unknown>[] = [this.#process?.stderrEnded ?? Promise.resolve()];
    if (this.#connection !== undefined) outputs.push(this.#connectionClosed.promise);
    await this.#within(limits.exitOutputGraceMs, Promise.all(outputs));
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

  async #close(now: boolean): Promise<void> {
    this.#releaseSlot();
    const connection = this.#connection;
    const child = this.#process;
    // A program on stdio is told by the end of its stdin, which `stop` brings about; over HTTP the session is
    // ended first, while there is somebody to tell.
    const isStdio = this.#server.transport === "stdio";
    const stopping = isStdio ? child?.stop({ now }) : undefined;
    try {
      if (connection !== undefined) {
        const reason = this.#lost?.message ?? "It is being stopped.";
        await Promise.race([connection.close(reason), Bun.sleep(limits.stopInputGraceMs)]);
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
    this.#services.traffic.ended(this.#index, this.epoch);
  }

  /** Sleeps, but not longer than this incarnation lives. */
  async #sleep(timeMs: number): Promise<void> {
    await this.#within(timeMs, aborted(this.#over.signal));
  }

  /** Whether the event came within the time. */
  async #within(timeMs: number, event: Promise<unknown>): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const cancel = this.#services.clock.after(timeMs, () => resolve(false));
    const came = await Promise.race([promise, event.then(() => true)]);
    cancel();
    return came;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
