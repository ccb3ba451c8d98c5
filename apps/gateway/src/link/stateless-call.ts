/**
 * What a request to a backend of revision 2026-07-28 says about itself: in that revision nothing is remembered
 * between requests, so each one names the revision, the client and what the client can do, and repeats
 * method and name in HTTP headers ("Per-request metadata", "Streamable HTTP: Mirrored headers"). Pure.
 */
import { version } from "@mcp-gateway/kit";
import { statelessRevision } from "@mcp-gateway/mcp";

type JsonObject = Readonly<Record<string, unknown>>;

export interface StatelessFacts {
  /** What the backend is told that the client behind the request can do. */
  readonly capabilities: JsonObject;
  /** Log messages are sent only where a level is asked for. */
  readonly logLevel: string | undefined;
  /** `Mcp-Param-…` headers of the tool's definition. */
  readonly paramHeaders: Readonly<Record<string, string>>;
}

export const noFacts: StatelessFacts = { capabilities: {}, logLevel: undefined, paramHeaders: {} };

const prefix = "io.modelcontextprotocol/";

export function statelessParams(params: unknown, { capabilities, logLevel }: StatelessFacts): JsonObject {
  const given = isObject(params) ? params : {};
  const meta = isObject(given["_meta"]) ? given["_meta"] : {};
  return {
    ...given,
    _meta: {
      ...meta,
      [`${prefix}protocolVersion`]: statelessRevision,
      [`${prefix}clientInfo`]: { name: "mcp-gateway", version },
      [`${prefix}clientCapabilities`]: capabilities,
      ...(logLevel === undefined ? {} : { [`${prefix}logLevel`]: logLevel }),
    },
  };
}

export function statelessHeaders(
  method: string,
  params: JsonObject,
  { paramHeaders }: StatelessFacts,
): Record<string, string> {
  const headers: Record<string, string> = { "Mcp-Method": method };
  const member = namedBy.get(method);
  const name = member === undefined ? undefined : params[member];
  if (typeof name === "string") headers["Mcp-Name"] = encodeHeaderValue(name);
  for (const [header, value] of Object.entries(paramHeaders)) headers[header] = encodeHeaderValue(value);
  return headers;
}

/** The member of `params` that `Mcp-Name` repeats, by method. */
export const namedBy: ReadonlyMap<string, "name" | "uri" | "taskId"> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
  ["tasks/get", "taskId"],
  ["tasks/update", "taskId"],
  ["tasks/cancel", "taskId"],
]);

/** Plain where a header can hold the value as it is, Base64 otherwise ("Value Encoding"). */
export function encodeHeaderValue(value: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !value.startsWith("=?base64?");
  return isPlain ? value : `=?base64?${Buffer.from(value).toString("base64")}?=`;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
