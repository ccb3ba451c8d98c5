/**
 * Errors on their way to a client of the stateless revision: codes that it took back get their successors, and
 * some have an HTTP status of their own. Pure.
 */
import type { JsonRpcErrorObject } from "@mcp-gateway/kit";
import { JsonRpcCode, Method } from "@mcp-gateway/mcp";
import { isObject, type JsonObject } from "./meta-keys.ts";

/**
 * The status of an answer whose error came up while the request was served (2026-07-28, Streamable HTTP,
 * "Protocol Version Header"; Overview, "Per-request protocol fields"). The error itself is the answer, so
 * all others have 200.
 */
export function statusOf(code: number): number {
  switch (code) {
    case JsonRpcCode.methodNotFound:
      return 404;
    case JsonRpcCode.missingClientCapability:
      return 400;
    default:
      return 200;
  }
}

/** What of a backend's error becomes another in this revision; everything else stays as it came. */
export interface Translation {
  readonly code: number;
  /** Where the error has none of its own. */
  readonly data?: JsonObject;
}

export function translationOf(
  error: JsonRpcErrorObject,
  method: string,
  params: JsonObject | undefined,
): Translation | undefined {
  const { code } = error;
  const data = method === Method.resourcesRead ? { data: { uri: params?.["uri"] } } : {};
  if (code === JsonRpcCode.resourceNotFound) return { code: JsonRpcCode.invalidParams, ...data };
  // The reserved codes are the specification's own, and tell of the hop on which they are sent.
  const isForeign = code <= reservedFirst && code >= reservedLast && !namesCapabilities(error);
  const isGone = code === JsonRpcCode.urlElicitationRequired;
  return isForeign || isGone ? { code: JsonRpcCode.internalError } : undefined;
}

/** It speaks of the client, which is the same one on both hops. */
function namesCapabilities({ code, data }: JsonRpcErrorObject): boolean {
  return (
    code === JsonRpcCode.missingClientCapability && isObject(data) && isObject(data["requiredCapabilities"])
  );
}

const reservedFirst = -32020;
const reservedLast = -32099;

/** A capability the backend needed and the client had not declared. */
export function missingCapabilityError(requiredCapabilities: JsonObject): JsonRpcErrorObject {
  return {
    code: JsonRpcCode.missingClientCapability,
    message: `The server needs the client's ${Object.keys(requiredCapabilities).join(", ")}, which the request did not declare.`,
    data: { reason: "client-capability-missing", requiredCapabilities },
  };
}

/** One page the user must open, as `URLElicitationRequiredError` of 2025-11-25 lists them. */
export interface UrlToOpen {
  readonly message: string;
  readonly url: string;
}

/** What is to be opened first; empty for any other error. */
export function urlsToOpen(error: JsonRpcErrorObject): readonly UrlToOpen[] {
  if (error.code !== JsonRpcCode.urlElicitationRequired || !isObject(error.data)) return [];
  const { elicitations } = error.data;
  if (!Array.isArray(elicitations)) return [];
  return elicitations.flatMap((item: unknown) =>
    isObject(item) && typeof item["url"] === "string"
      ? [{ url: item["url"], message: typeof item["message"] === "string" ? item["message"] : error.message }]
      : [],
  );
}
