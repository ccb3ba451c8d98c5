/**
 * HTTP headers of one call (frame kind `call`): a JSON object behind the body, for stateless servers, whose
 * revision repeats parts of a request in headers. Only such headers pass: the link can't set any other.
 */
import { limits } from "@mcp-gateway/kit";
import type { Frame } from "./frame.ts";

export type CallHeaders = Readonly<Record<string, string>>;

/** MCP 2026-07-28, Streamable HTTP, "Request Metadata"; the revision's own header is the supervisor's to set. */
const allowedName = /^mcp-(?:method|name|param-[!#$%&'*+.^_`|~0-9a-z-]+)$/i;
/** Visible ASCII with spaces and tabs inside (RFC 9110 section 5.5); anything else is sent as base64. */
const allowedValue = /^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/;

export function bodyOfCall({ payload, idStart, idLength }: Frame): Uint8Array {
  return idLength === 0 ? payload : payload.subarray(0, idStart);
}

/** @returns undefined when there is something that no header of a call may be */
export function headersOfCall({ payload, idStart, idLength }: Frame): CallHeaders | undefined {
  if (idLength === 0) return {};
  if (idLength > limits.callHeadersBytesMax) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload.subarray(idStart, idStart + idLength)).toString());
  } catch {
    return undefined; // Not JSON: as good as headers that may not be.
  }
  if (typeof value !== "object" || value === null) return undefined;
  const entries = Object.entries(value);
  if (entries.length > limits.callHeadersMax) return undefined;
  const isAllowed = entries.every(
    ([name, text]) => allowedName.test(name) && typeof text === "string" && allowedValue.test(text),
  );
  // Each value was just seen to be a string.
  return isAllowed ? (value as CallHeaders) : undefined;
}
