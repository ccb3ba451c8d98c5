/** How the failures of a connection are said: as a fault for the status page, as an error for a call. */
import { GatewayError } from "@mcp-gateway/kit";
import type { TransportFault } from "./transport.ts";

export type FaultStage = "connect" | "handshake" | "running" | typeof signInStage;

/** A person is needed: nothing is gained by trying again soon. */
export const signInStage = "sign-in";

export function fault(stage: FaultStage, message: string, remedy: string): TransportFault {
  return { stage, message, remedy };
}

/** The fault as the rejection of a promise; `facts` carry what a `catch` can't get from `onClosed`. */
export function errorOfFault(closed: TransportFault): GatewayError {
  return new GatewayError("backend-not-ready", closed.message, {
    facts: { stage: closed.stage, remedy: closed.remedy },
  });
}

/** A failed request as a fault; a remedy among the error's facts is more exact than the catalogue's. */
export function faultOfError(stage: FaultStage, error: GatewayError): TransportFault {
  const remedy = error.facts["remedy"];
  return fault(
    stageOf(error) ?? stage,
    error.message,
    typeof remedy === "string" ? remedy : error.kind.remedy,
  );
}

/** The stage that the error itself is about, whenever it comes. */
export function stageOf({ code }: GatewayError): typeof signInStage | undefined {
  return code === "sign-in-required" || code === "sign-in-scope" ? signInStage : undefined;
}

/** The server takes nothing from us any more, whatever the request. */
export function isSignedOut({ code }: GatewayError): boolean {
  return code === "sign-in-required";
}

/** What every call in flight is told when its connection ends. */
export function lostError(backend: string, why: string): GatewayError {
  return new GatewayError(
    "backend-lost",
    `The server "${backend}" went away before it answered: ${why} The call may have run.`,
    {
      facts: { server: backend },
    },
  );
}
