/** The `_meta` keys that revision 2026-07-28 reserves, and what of a client's `_meta` may travel on. Pure. */

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

/** A client's params as a backend with sessions shall see them; a task it might begin could never be asked about. */
export function backendParams(params: JsonObject | undefined): JsonObject {
  const { _meta, inputResponses: _responses, requestState: _state, task: _task, ...rest } = params ?? {};
  const meta = isObject(_meta) ? withoutReserved(_meta) : {};
  return Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
}
