/**
 * Which eras of the protocol are tried with a server. On stdio `initialize` comes first, because it costs a server
 * of sessions nothing, and some of them end at any other first request; a stateless one refuses it with an error.
 * Over HTTP no request is lost by asking, and a server that speaks both is better spoken to without sessions.
 */
import type { ServerConfig } from "@mcp-gateway/config";
import type { GatewayError } from "@mcp-gateway/kit";
import { stageOf } from "./connections/fault.ts";
import type { EraPlan, EraProbe } from "./connections/index.ts";
import type { EraMemory } from "./era-memory.ts";
import { FaultError } from "./fault.ts";

export interface PlannedEras {
  readonly plan: EraPlan;
  /** How it goes is worth remembering. */
  readonly remember: boolean;
}

export interface EraSources {
  readonly eras: EraMemory;
  readonly probeEra: EraProbe;
}

/** @throws FaultError when the server could not be asked */
export async function planEras(
  server: ServerConfig,
  { eras, probeEra }: EraSources,
  signal: AbortSignal,
): Promise<PlannedEras> {
  if (server.transport === "sse") return { plan: ["session"], remember: false };
  if (server.protocol !== "auto") return { plan: [server.protocol], remember: false };
  const known = eras.recall(server);
  if (server.transport === "stdio") {
    const plan: EraPlan = known === "stateless" ? ["stateless", "session"] : ["session", "stateless"];
    return { plan, remember: true };
  }
  if (known !== undefined) return { plan: [known], remember: true };
  const evidence = await probeEra(server, signal);
  if (evidence.kind === "none") throw new FaultError(faultOfProbe(evidence.error));
  return { plan: [evidence.era], remember: evidence.certain };
}

function faultOfProbe(error: GatewayError) {
  const { stage, remedy } = error.facts;
  return {
    stage: typeof stage === "string" ? stage : (stageOf(error) ?? "connect"),
    message: error.message,
    remedy: typeof remedy === "string" ? remedy : error.kind.remedy,
  };
}
