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

/**
 * A client's params as its backend shall see them, less what a client says to the gateway alone. With `task` a task
 * would begin that could never be asked about.
 */
export function backendParams(method: string, params: JsonObject = {}): JsonObject {
  const { _meta, requestState: _state, task: _task, ...own } = params;
  const rest = method === Method.tasksUpdate ? own : withoutResponses(own);
  if (!isObject(_meta) || Object.keys(_meta).every(isReserved)) return rest;
  return { ...rest, _meta: withoutReserved(_meta) };
}

/** They answer a task's questions, or were delivered to the call that waits for them. */
function withoutResponses(params: JsonObject): JsonObject {
  if (!Object.hasOwn(params, "inputResponses")) return params;
  const { inputResponses: _responses, ...rest } = params;
  return rest;
}
