/**
 * The two eras of the protocol: sessions that begin with `initialize` (until 2025-11-25), and requests that
 * each stand alone (2026-07-28).
 */
import type { ServerConfig } from "@mcp-gateway/config";
import type { GatewayError } from "@mcp-gateway/kit";

export type Era = "session" | "stateless";

/** What is tried, in this order; the second only when the first was refused as a server of the other era would. */
export type EraPlan = readonly [first: Era, second?: Era];

export type EraEvidence =
  /** `certain`: worth remembering. */
  | { readonly kind: "found"; readonly era: Era; readonly certain: boolean }
  /** The server could not be asked. */
  | { readonly kind: "none"; readonly error: GatewayError };

export type EraProbe = (server: ServerConfig, signal: AbortSignal) => Promise<EraEvidence>;
