/** Headers that decide something: read strictly, and never when sent twice. */
import { GatewayError, limits } from "@mcp-gateway/kit";

/**
 * Bun joins repeated headers with `, `. In these a comma is never right, and two readers of the same request
 * (a proxy in front and this gateway) could pick different ones.
 */
export const singleHeaders = [
  "authorization",
  "mcp-session-id",
  "mcp-protocol-version",
  "last-event-id",
] as const;

/** @returns the reason to refuse; undefined: go on */
export function checkSingleHeaders(headers: Headers): GatewayError | undefined {
  for (const name of singleHeaders) {
    const value = headers.get(name);
    if (value === null) continue;
    // The value itself is never repeated in the error: it may be a token.
    if (value.includes(","))
      return new GatewayError("header-invalid", `The header ${name} was sent more than once.`);
    if (value.length > limits.headerValueBytesMax) {
      return new GatewayError(
        "header-invalid",
        `The header ${name} is longer than ${limits.headerValueBytesMax} bytes.`,
      );
    }
  }
  return undefined;
}

/** The credential of `Bearer <credential>` (RFC 6750 section 2.1); a list of them is none. */
export function bearerOf(header: string | null): string | undefined {
  return header === null ? undefined : /^Bearer +([\x21-\x2b\x2d-\x7e]+)$/i.exec(header)?.[1];
}
