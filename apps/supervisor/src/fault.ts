/** Faults of a backend, as the supervisor's parts hand them on; the time and the stderr tail come with the state. */
import type { ServerConfig } from "@mcp-gateway/config";
import { GatewayError, isGatewayError, messageOf } from "@mcp-gateway/kit";
import type { ExitFacts } from "./process/backend-process.ts";

export interface Fault {
  /** `config` · `spawn` · `startup` · `connect` · `sign-in` · `handshake` · `lists` · `running`, see BackendFault.stage. */
  readonly stage: string;
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
  /** The server is there and only forgot the session: nothing is gained by waiting, the first time. */
  readonly reconnect?: "at-once";
}

/** A fault that travels as an exception. */
export class FaultError extends Error {
  override readonly name = "FaultError";
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** What was thrown, as a fault of the given stage. */
export function faultOf(stage: string, thrown: unknown): Fault {
  if (thrown instanceof FaultError) return thrown.fault;
  const error = isGatewayError(thrown) ? thrown : new GatewayError("internal", messageOf(thrown));
  return { stage, message: error.message, remedy: error.kind.remedy };
}

/** @param url Host and port of it are shown: the rest of a URL may be a secret. */
export function silentAddressFault({
  url,
  startupTimeoutMs,
}: Pick<ServerConfig, "url" | "startupTimeoutMs">): Fault {
  const address = url !== undefined && URL.canParse(url) ? new URL(url).host : "its address";
  return {
    stage: "startup",
    message: `Nothing answered at ${address} within ${startupTimeoutMs / 1000} s of its start.`,
    remedy: "Check that the program listens on the address in `url`, or raise `startupTimeoutMs`.",
  };
}

export function exitFault(facts: ExitFacts, wasReady: boolean): Fault {
  const how =
    facts.signal === null
      ? `exited with code ${facts.exitCode ?? "unknown"}`
      : `was ended by ${facts.signal}`;
  return wasReady
    ? {
        stage: "running",
        message: `The program ${how}.`,
        remedy: "It is restarted by itself; its stderr usually says why it ended.",
      }
    : {
        stage: "startup",
        message: `The program ${how} before it was ready.`,
        remedy: "Its stderr usually says why; check `command`, `args` and `env`.",
      };
}

/** A connection puts the exact stage and remedy among the facts of what it throws. */
export function faultOfHandshake(error: unknown): Fault {
  const plain = faultOf("handshake", error);
  if (!isGatewayError(error)) return plain;
  const { stage, remedy } = error.facts;
  return {
    ...plain,
    stage: typeof stage === "string" ? stage : plain.stage,
    remedy: typeof remedy === "string" ? remedy : plain.remedy,
  };
}
