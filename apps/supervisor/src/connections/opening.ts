/** Carries out one handshake: asks, understands the answer, asks again at most once, and keeps the time. */
import type { Clock } from "@mcp-gateway/kit";
import { latestSessionRevision } from "@mcp-gateway/mcp";
import { errorOfFault, fault, faultOfError } from "./fault.ts";
import { type ClientCapabilities, type Handshake, initializeBody, readInitializeReply } from "./handshake.ts";
import type { OwnRequest } from "./pending.ts";
import type { TransportFault } from "./transport.ts";

export interface OpeningParts {
  readonly clock: Clock;
  readonly version: string;
  readonly capabilities: ClientCapabilities;
  /** Sends a request of the connection's own. */
  ask(body: Uint8Array, request: OwnRequest): "sent" | "stalled" | "closed";
  /** The server agreed; what follows in the protocol is sent here, before the promise resolves. */
  agreed(handshake: Handshake): void;
  /** The connection must end; it calls `fail`. */
  end(closed: TransportFault): void;
}

export class Opening {
  readonly #parts: OpeningParts;
  readonly #outcome = Promise.withResolvers<Handshake>();
  #cancelTimer: () => void = () => undefined;
  #isSettled = false;

  constructor(parts: OpeningParts) {
    this.#parts = parts;
  }

  /** @throws GatewayError `backend-not-ready` */
  run(timeoutMs: number): Promise<Handshake> {
    this.#cancelTimer = this.#parts.clock.after(timeoutMs, () => {
      const message = `The server did not answer \`initialize\` within ${Math.round(timeoutMs / 100) / 10} s.`;
      const remedy = "Check that the command or address is an MCP server, or raise `startupTimeoutMs`.";
      this.#parts.end(fault("handshake", message, remedy));
    });
    this.#ask(latestSessionRevision, true);
    return this.#outcome.promise;
  }

  /** The connection ended before the server agreed. */
  fail(closed: TransportFault): void {
    if (!this.#settle()) return;
    // Whoever waits is told by the rejection; if nobody waits, that is no fault of its own.
    this.#outcome.promise.catch(() => undefined);
    this.#outcome.reject(errorOfFault(closed));
  }

  #ask(protocolVersion: string, mayAskAgain: boolean): void {
    const { capabilities, version } = this.#parts;
    const outcome = this.#parts.ask(initializeBody(protocolVersion, capabilities, version), {
      onReply: (message) => this.#takeReply(message, protocolVersion, mayAskAgain),
      onFailed: (error) => {
        const stage =
          error.code === "backend-malformed" || error.code === "backend-oversized" ? "handshake" : "connect";
        this.#parts.end(faultOfError(stage, error));
      },
    });
    if (outcome === "sent") return;
    this.#parts.end(
      fault("connect", "The server took no input.", "Check that it is an MCP server, and its log."),
    );
  }

  #takeReply(message: Uint8Array, asked: string, mayAskAgain: boolean): void {
    const outcome = readInitializeReply(message, asked);
    switch (outcome.kind) {
      case "done": {
        if (!this.#settle()) return;
        const { initializeResult, protocolVersion } = outcome;
        this.#parts.agreed({ initializeResult, protocolVersion });
        this.#outcome.resolve({ initializeResult, protocolVersion });
        return;
      }
      case "ask-again":
        if (mayAskAgain) this.#ask(outcome.protocolVersion, false);
        else
          this.#parts.end(
            fault("handshake", "The server refuses every revision it names.", "Check the server's version."),
          );
        return;
      case "fault":
        this.#parts.end(outcome.fault);
        return;
      default:
        outcome satisfies never;
    }
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#cancelTimer();
    return true;
  }
}
