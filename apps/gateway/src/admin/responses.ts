/** Failures as HTTP answers. Only what the error catalogue and a GatewayError say; nothing of unknown exceptions. */
import type { OperationReport } from "@mcp-gateway/contract";
import { GatewayError, isGatewayError, redact, toJsonRpcError } from "@mcp-gateway/kit";
import { allowedMethods } from "../guards/check-request.ts";

export type JsonRpcId = string | number | null;

/**
 * For MCP addresses. Without an id the member is left out: MCP's schema knows no null id, and its transport
 * section speaks of "a JSON-RPC error response that has no id".
 */
export function errorResponse(thrown: unknown, id?: JsonRpcId): Response {
  const error = toJsonRpcError(thrown);
  const shown = { ...error, message: redact(error.message) };
  const message = { jsonrpc: "2.0", ...(id === undefined ? {} : { id }), error: shown };
  const known = knownError(thrown);
  return json(message, known.kind.http, known);
}

/** For `/api/v1`, `/ready` and the like. */
export function adminErrorResponse(thrown: unknown): Response {
  const error = knownError(thrown);
  const report: OperationReport = {
    ok: false,
    code: error.code,
    message: redact(error.message),
    remedy: error.kind.remedy,
  };
  // A JSON-RPC error travels in a successful HTTP answer; here that would hide the failure from a script.
  return json(report, error.kind.http === 200 ? 503 : error.kind.http, error);
}

function knownError(thrown: unknown): GatewayError {
  return isGatewayError(thrown) ? thrown : new GatewayError("internal");
}

function json(body: unknown, status: number, error: GatewayError): Response {
  return Response.json(body, { status, headers: { ...plainHeaders, ...headersOf(error) } });
}

/** Answers are for the one who asked, now, and are never to be guessed into another type. */
export const plainHeaders = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

function headersOf(error: GatewayError): Record<string, string> {
  switch (error.code) {
    case "unauthorized":
      // RFC 6750 section 3. No resource metadata is named: clients would begin an OAuth dance that ends nowhere.
      return { "www-authenticate": "Bearer" };
    case "method-not-allowed": {
      const { allow } = error.facts;
      return { allow: typeof allow === "string" ? allow : allowedMethods.join(", ") };
    }
    case "too-many-calls":
    case "too-many-streams":
    case "too-many-sessions":
    case "shutting-down":
      return { "retry-after": "5" };
    case "too-many-connections":
      return { "retry-after": "5", connection: "close" };
    case "body-timeout":
    case "body-too-large":
      // The rest of the body may still be on its way and would be read as the next request.
      return { connection: "close" };
    default:
      return {};
  }
}
