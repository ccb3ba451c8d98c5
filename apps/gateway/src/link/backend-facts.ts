/**
 * What a backend said of itself in its handshake, read once for each state it is in: with hundreds of backends, reading
 * all of them again for each client would be most of what a session costs.
 */
import type { BackendState } from "@mcp-gateway/contract";

type JsonObject = Readonly<Record<string, unknown>>;

const nothing: JsonObject = {};
const read = new WeakMap<BackendState, JsonObject>();

/** Its `initialize` result, or what stands for it; empty while it has never been connected. */
export function handshakeOf(backend: BackendState): JsonObject {
  if (backend.initializeResult === null) return nothing;
  let result = read.get(backend);
  if (result === undefined) {
    const value: unknown = JSON.parse(backend.initializeResult);
    result = objectOr(value, nothing);
    read.set(backend, result);
  }
  return result;
}

export function capabilitiesOf(backend: BackendState): JsonObject {
  return objectOr(handshakeOf(backend)["capabilities"], nothing);
}

function objectOr(value: unknown, otherwise: JsonObject): JsonObject {
  // Checked to be an object; its members stay unknown.
  return typeof value === "object" && value !== null ? (value as JsonObject) : otherwise;
}
