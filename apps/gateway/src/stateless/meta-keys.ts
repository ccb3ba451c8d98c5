/** The `_meta` keys that revision 2026-07-28 reserves, and what of a client's `_meta` may travel on. Pure. */

import { Method } from "@mcp-gateway/mcp";

const prefix = "io.modelcontextprotocol/";

export const metaKeys = {
  protocolVersion: `${prefix}protocolVersion`,
  clientInfo: `${prefix}clientInfo`,
  clientCapabilities: `${prefix}clientCapabilities`,
  logLevel: `${prefix}logLevel`,
  serverInfo: `${prefix}serverInfo`,
  subscriptionId: `${prefix}subscriptionId`,
} as const;

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The `_meta` of a request's or notification's params. */
export function metaOf(params: JsonObject | undefined): JsonObject | undefined {
  const meta = params?.["_meta"];
  return isObject(meta) ? meta : undefined;
}

/**
 * Reserved keys speak of one hop only, and mean nothing to a backend with sessions. All others travel on:
 * trace context (`traceparent`, `tracestate`, `baggage`), `progressToken`, and what vendors add.
 */
export function withoutReserved(meta: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(meta).filter(([key]) => !isReserved(key)));
}

export function isReserved(key: string): boolean {
  return key.startsWith(prefix);
}

/** What a client says to the gateway alone. `task`: one begun so could never be asked about. */
const ownParams: readonly string[] = ["_meta", "requestState", "task"];

/** A client's params as its backend shall see them. */
export function backendParams(method: string, params: JsonObject = {}): JsonObject {
  const { _meta } = params;
  // Answers go on where they answer a task's questions; others are delivered to the call that waits for them.
  const taken = method === Method.tasksUpdate ? ownParams : [...ownParams, "inputResponses"];
  const rest = Object.fromEntries(Object.entries(params).filter(([name]) => !taken.includes(name)));
  const meta = isObject(_meta) ? withoutReserved(_meta) : {};
  return Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
}
