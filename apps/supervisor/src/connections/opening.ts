/**
 * Carries out one opening: asks with `initialize` or `server/discover`, understands the answer, asks again
 * where that can help, and keeps the time.
 */
import { type Clock, limits } from "@mcp-gateway/kit";
import { latestSessionRevision } from "@mcp-gateway/mcp";
import { discoverBody, discoverHeaders, readDiscoverReply } from "./discover.ts";
import type { Era, EraPlan } from "./era.ts";
import { errorOfFault, fault, faultOfError } from "./fault.ts";
import { type ClientCapabilities, type Handshake, initializeBody, readInitializeReply } from "./handshake.ts";
import type { OwnRequest } from "./pending.ts";
import type { TransportFault } from "./transport.ts";

export interface OpeningParts {
  readonly clock: Clock;
  /** The backend's name. */
  readonly backend: string;
  readonly version: string;
  readonly capabilities: ClientCapabilities;
  readonly plan: EraPlan;
  /** Sends a request of the connection's own. */
  ask(
    body: Uint8Array,
    request: OwnRequest,
    headers?: Readonly<Record<string, string>>,
  ): "sent" | "stalled" | "closed";
  /** What the server said that was no message, as a sentence to be added; empty when it said nothing else. */
  noise(): string;
  /** The server agreed; what follows in the protocol is sent here, before the promise resolves. */
  agreed(handshake: Handshake): void;
  /** The connection must end; it calls `fail`. */
  end(closed: TransportFault): void;
}

export class Opening {
  readonly #parts: OpeningParts;
  readonly #outcome = Promise.withResolvers<Handshake>();
  #cancelTimer: () => void = () => undefined;
  #cancelProbe: () => void = () => undefined;
  #isSettled = false;
  #asked: "initialize" | "server/discover" = "initialize";
  /** Counts the questions: an answer to an earlier one is too late. */
  #question = 0;
  /** Eras still to be tried. */
  #left: Era[];
  /** What the first era tried came to; it says most when no era works. */
  #firstFault: TransportFault | undefined;

  constructor(parts: OpeningParts) {
    this.#parts = parts;
    this.#left = parts.plan.filter((era) => era !== undefined);
  }

  /** @throws GatewayError `backend-not-ready` */
  run(timeoutMs: number): Promise<Handshake> {
    this.#cancelTimer = this.#parts.clock.after(timeoutMs, () => {
      // What is left of the time after the launch differs a little each time, and would be news each time.
      const seconds = timeoutMs < 2_000 ? Math.round(timeoutMs / 100) / 10 : Math.round(timeoutMs / 1_000);
      const message = `The server did not answer \`${this.#asked}\` within ${seconds} s.${this.#parts.noise()}`;
      const remedy = "Check that the command or address is an MCP server, or raise `startupTimeoutMs`.";
      this.#parts.end(fault("handshake", message, remedy));
    });
    this.#next();
    return this.#outcome.promise;
  }

  /** The connection ended before the server agreed. */
  fail(closed: TransportFault): void {
    if (!this.#settle()) return;
    // Whoever waits is told by the rejection; if nobody waits, that is no fault of its own.
    this.#outcome.promise.catch(() => undefined);
    this.#outcome.reject(errorOfFault(closed));
  }

  /** Tries the next era of the plan. */
  #next(): void {
    const era = this.#left.shift();
    if (era === "stateless") this.#discover();
    else if (era === "session") this.#initialize(latestSessionRevision, true);
  }

  /** This era was refused; the other may be what the server speaks. */
  #refused(closed: TransportFault): void {
    this.#firstFault ??= closed;
    if (this.#left.length > 0) this.#next();
    else this.#parts.end(this.#firstFault);
  }

  #initialize(protocolVersion: string, mayAskAgain: boolean): void {
    const { capabilities, version } = this.#parts;
    this.#asked = "initialize";
    this.#ask(initializeBody(protocolVersion, capabilities, version), undefined, (message) =>
      this.#takeInitialize(message, protocolVersion, mayAskAgain),
    );
  }

  #discover(): void {
    const { clock, version } = this.#parts;
    this.#asked = "server/discover";
    // A server of the session era may ignore what it does not know (stdio, "Backward Compatibility").
    const isQuestionOfEra = this.#left.length > 0 || this.#firstFault !== undefined;
    if (isQuestionOfEra) {
      this.#cancelProbe = clock.after(limits.eraProbeTimeoutMs, () => {
        this.#question += 1;
        const message = "The server did not answer `server/discover`.";
        this.#refused(fault("handshake", message, "Check that the command is an MCP server."));
      });
    }
    this.#ask(discoverBody(version, {}), discoverHeaders, (message) => this.#takeDiscover(message));
  }

  #ask(
    body: Uint8Array,
    headers: Readonly<Record<string, string>> | undefined,
    take: (message: Uint8Array) => void,
  ): void {
    this.#question += 1;
    const question = this.#question;
    const isCurrent = (): boolean => !this.#isSettled && question === this.#question;
    const outcome = this.#parts.ask(
      body,
      {
        onReply: (message) => {
          if (isCurrent()) take(message);
        },
        onFailed: (error) => {
          if (!isCurrent()) return;
          const isItsAnswer = error.code === "backend-malformed" || error.code === "backend-oversized";
          this.#parts.end(faultOfError(isItsAnswer ? "handshake" : "connect", error));
        },
      },
      headers,
    );
    if (outcome === "sent") return;
    this.#parts.end(
      fault("connect", "The server took no input.", "Check that it is an MCP server, and its log."),
    );
  }

  #takeInitialize(message: Uint8Array, asked: string, mayAskAgain: boolean): void {
    const outcome = readInitializeReply(message, asked);
    switch (outcome.kind) {
      case "done":
        this.#agree(outcome);
        return;
      case "ask-again":
        if (mayAskAgain) this.#initialize(outcome.protocolVersion, false);
        else
          this.#parts.end(
            fault("handshake", "The server refuses every revision it names.", "Check the server's version."),
          );
        return;
      case "fault":
        if (outcome.otherEra) this.#refused(outcome.fault);
        else this.#parts.end(outcome.fault);
        return;
      default:
        outcome satisfies never;
    }
  }

  #takeDiscover(message: Uint8Array): void {
    this.#cancelProbe();
    const outcome = readDiscoverReply(message, this.#parts.backend);
    switch (outcome.kind) {
      case "done":
        this.#agree(outcome);
        return;
      case "legacy":
        this.#refused(outcome.fault);
        return;
      case "fault":
        this.#parts.end(outcome.fault);
        return;
      default:
        outcome satisfies never;
    }
  }

  #agree({ initializeResult, protocolVersion, era }: Handshake): void {
    if (!this.#settle()) return;
    this.#parts.agreed({ initializeResult, protocolVersion, era });
    this.#outcome.resolve({ initializeResult, protocolVersion, era });
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#cancelTimer();
    this.#cancelProbe();
    return true;
  }
}
