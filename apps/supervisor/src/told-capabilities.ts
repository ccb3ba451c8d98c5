/**
 * What backends are told that a client can do, and which of their requests that excludes. Pure.
 *
 * A connection that all clients share is told what the gateway can honour for any client that has it; each
 * request is then put to one client, or refused. Roots are a session's own state, so it is not told those.
 */
import { GatewayError } from "@mcp-gateway/kit";
import { Extension, relayedExtensions } from "@mcp-gateway/mcp";
import type { ClientCapabilities } from "./connections/index.ts";

export const sharedCapabilities: ClientCapabilities = {
  sampling: { tools: {} },
  elicitation: { form: {}, url: {} },
};

/** What the client itself declared, less what is not relayed: tasks of its own, and extensions nobody here knows. */
export function instanceCapabilities(declared: ClientCapabilities): ClientCapabilities {
  const { tasks: _, extensions: _all, ...others } = declared;
  return { ...others, ...relayedExtensions(declared, [Extension.ui]) };
}

/** The capability that each request of a backend needs (MCP, "Capability Negotiation"). */
const capabilityOf = new Map([
  ["sampling/createMessage", "sampling"],
  ["elicitation/create", "elicitation"],
  ["roots/list", "roots"],
]);

export interface BackendRequest {
  readonly method: string;
  /** What this backend was told on this connection. */
  readonly told: ClientCapabilities;
  /** The connection is one client session's own. */
  readonly isOwn: boolean;
  /** The wire names the call that caused it. */
  readonly hasOwner: boolean;
}

/** Why a request must not be put to anybody; undefined when a gateway may decide. */
export function refusalOf({ method, told, isOwn, hasOwner }: BackendRequest): GatewayError | undefined {
  const capability = capabilityOf.get(method);
  if (capability === undefined || Object.hasOwn(told, capability)) return undefined;
  // Its gateway knows what that session declared, and has to tell a stateless client what was missing.
  if (isOwn || hasOwner) return undefined;
  return new GatewayError(
    "client-request-unattributed",
    `"${method}" asks for something of one client, and this connection is shared by all; give the server \`"isolation": "session"\`.`,
  );
}
