/**
 * A connection of one client session's own, from its opening to its end. It is opened once: when it is lost it
 * is closed for good, and the gateway opens another where the session still needs one.
 */
import type { ServerConfig } from "@mcp-gateway/config";
import { GatewayError, limits } from "@mcp-gateway/kit";
import type { ClientCapabilities, Era } from "./connections/index.ts";
import type { Fault } from "./fault.ts";
import { Incarnation } from "./incarnation.ts";
import { instanceTag } from "./process/tag.ts";
import { instanceCapabilities } from "./told-capabilities.ts";
import type { InstanceAddress, Services, Source } from "./traffic.ts";

export interface InstanceOptions {
  readonly address: InstanceAddress;
  /** BackendState.index */
  readonly index: number;
  readonly server: ServerConfig;
  /** What the client said it can do. */
  readonly declared: ClientCapabilities;
  /** What the shared connection was found to speak. */
  readonly era: Era | undefined;
  /** Counts those that this backend has had. */
  readonly serial: number;
  readonly services: Services;
  /** It takes no messages any more; once. */
  readonly onClosed: () => void;
  /** Nothing of it is left; once, after `onClosed`. */
  readonly onGone: () => void;
}

export class Instance {
  readonly address: InstanceAddress;
  readonly #options: InstanceOptions;
  readonly #incarnation: Incarnation;
  #phase: "opening" | "open" | "closed" = "opening";
  #usedMs: number;
  #cancelCheck: () => void = () => undefined;

  constructor(options: InstanceOptions) {
    const { address, index, server, declared, era, serial, services } = options;
    this.address = address;
    this.#options = options;
    this.#usedMs = services.clock.nowMs();
    this.#incarnation = new Incarnation({
      // A server behind an address runs once; sessions have their own connections to it.
      server: server.transport === "stdio" ? server : { ...server, command: undefined },
      index,
      epoch: 0,
      instance: address,
      tag: instanceTag(services.scope, index, serial),
      capabilities: instanceCapabilities(declared),
      era,
      services,
      events: {
        launched: () => undefined,
        answered: () => this.#incarnation.connect(),
        handshaken: ({ initializeResult }) => this.#opened(initializeResult),
        lost: (_type, fault) => this.#lost(fault, false),
        exited: (fault) => this.#lost(fault, true),
        released: () => options.onGone(),
      },
    });
  }

  /** For messages; undefined unless it is open. */
  get source(): Source | undefined {
    if (this.#phase !== "open") return undefined;
    this.#usedMs = this.#options.services.clock.nowMs();
    return this.#incarnation.source;
  }

  open(): void {
    this.#incarnation.launch();
  }

  /** Its gateway asked for it, and is not told. */
  close(): void {
    this.#close("Its client session has ended.", false);
  }

  /** Ends it for a reason of ours. */
  end(error: GatewayError): void {
    if (this.#close(error.message, false)) this.#tell(error);
  }

  hurry(): void {
    this.#incarnation.close(true);
  }

  killNow(): void {
    this.#incarnation.killNow();
  }

  #opened(initializeResult: string): void {
    if (this.#phase !== "opening") return;
    this.#phase = "open";
    this.#checkLater();
    this.#options.services.traffic.instanceOpened(this.#options.index, this.address, initializeResult);
  }

  #lost(fault: Fault, hasExited: boolean): void {
    const wasOpen = this.#phase === "open";
    if (this.#close(fault.message, hasExited)) this.#tell(this.#errorOf(fault, wasOpen));
  }

  #errorOf({ message, remedy, reconnect }: Fault, wasOpen: boolean): GatewayError {
    const { name } = this.#options.server;
    // Every call that was sent has failed by now; those that still come for it never left.
    if (wasOpen && reconnect === "at-once")
      return new GatewayError("backend-renewing", undefined, { facts: { server: name } });
    const detail = wasOpen
      ? `The client's own connection to the server "${name}" is gone: ${message}`
      : `The server "${name}" can't be connected for this client: ${message} ${remedy}`.trimEnd();
    return new GatewayError(wasOpen ? "backend-lost" : "backend-not-ready", detail, {
      facts: { server: name },
    });
  }

  /** Its calls fail before anything else is told. @returns false when it was closed before */
  #close(reason: string, now: boolean): boolean {
    if (this.#phase === "closed") return false;
    this.#phase = "closed";
    this.#cancelCheck();
    this.#incarnation.close(now, reason);
    this.#options.onClosed();
    return true;
  }

  #tell(error: GatewayError): void {
    this.#options.services.traffic.instanceClosed(this.#options.index, this.address, error);
  }

  #checkLater(): void {
    const { clock } = this.#options.services;
    this.#cancelCheck = clock.after(limits.instanceIdleCheckMs, () => {
      const nowMs = clock.nowMs();
      const isBusy = (this.#incarnation.source?.connection.inFlight() ?? 0) > 0;
      if (isBusy) this.#usedMs = nowMs;
      if (nowMs - this.#usedMs < limits.instanceIdleMs) return this.#checkLater();
      const minutes = Math.round(limits.instanceIdleMs / 60_000);
      const detail = `The client's own connection to the server "${this.#options.server.name}" was not used for ${minutes} min.`;
      this.end(new GatewayError("instance-closed", detail, { facts: { server: this.#options.server.name } }));
    });
  }
}
