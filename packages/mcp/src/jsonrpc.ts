/**
 * JSON-RPC 2.0 as MCP uses it: codes, types, and what a client's parsed message is.
 *
 * Only own properties with exactly these names count. What can't be answered unambiguously (an id that a
 * number type would round, two meanings in one message) is invalid, with the reason.
 */
import { type JsonRpcErrorObject, limits } from "@mcp-gateway/kit";
import { errorBody, resultBody, withIdBytes } from "./splice.ts";

export const JsonRpcCode = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** MCP 2024-11-05 to 2025-11-25; the stateless revision uses invalidParams. */
  resourceNotFound: -32002,
  /** MCP 2025-11-25: the user must open a URL first. */
  urlElicitationRequired: -32042,
  /** MCP 2026-07-28. */
  headerMismatch: -32020,
  missingClientCapability: -32021,
  unsupportedProtocolVersion: -32022,
} as const;

export type JsonRpcId = string | number;
export type JsonRpcParams = Readonly<Record<string, unknown>>;

export interface JsonRpcRequest {
  readonly jsonrpc: "2.0";
  readonly id: JsonRpcId;
  readonly method: string;
  readonly params?: JsonRpcParams;
}

export interface JsonRpcNotification {
  readonly jsonrpc: "2.0";
  readonly method: string;
  readonly params?: JsonRpcParams;
}

export interface JsonRpcResult {
  readonly jsonrpc: "2.0";
  readonly id: JsonRpcId;
  readonly result: unknown;
}

export interface JsonRpcError {
  readonly jsonrpc: "2.0";
  readonly id: JsonRpcId | null;
  readonly error: JsonRpcErrorObject;
}

export type JsonRpcMessage = JsonRpcRequest | JsonRpcNotification | JsonRpcResult | JsonRpcError;

export type ClassifiedMessage =
  | {
      readonly kind: "request";
      readonly id: JsonRpcId;
      readonly method: string;
      readonly params: JsonRpcParams | undefined;
    }
  | { readonly kind: "notification"; readonly method: string; readonly params: JsonRpcParams | undefined }
  | { readonly kind: "response"; readonly id: JsonRpcId; readonly isError: false; readonly result: unknown }
  | {
      readonly kind: "response";
      readonly id: JsonRpcId;
      readonly isError: true;
      readonly error: JsonRpcParams;
    }
  /** `id` is present when the error reply can carry it. */
  | { readonly kind: "invalid"; readonly reason: string; readonly id: JsonRpcId | undefined };

/** What a parsed message of a client is. */
export function classifyMessage(value: unknown): ClassifiedMessage {
  if (!isObject(value)) return invalid("A message must be a JSON object.", undefined);
  const rawId = own(value, "id");
  const idReason = rawId === undefined ? undefined : idFault(rawId);
  // The fault was just ruled out, so it is a string or a number.
  const id = rawId === undefined || idReason !== undefined ? undefined : (rawId as JsonRpcId);
  if (own(value, "jsonrpc") !== "2.0") return invalid('`jsonrpc` must be "2.0".', id);
  const hasMethod = Object.hasOwn(value, "method");
  const hasResult = Object.hasOwn(value, "result");
  const hasError = Object.hasOwn(value, "error");
  if (hasMethod && (hasResult || hasError)) {
    return invalid("A message can't be both a request and a response.", id);
  }
  if (idReason !== undefined) return invalid(idReason, undefined);
  if (hasMethod) return classifyCall(value, id);
  if (hasResult && hasError) return invalid("A response has either `result` or `error`.", id);
  if (!hasResult && !hasError) return invalid("`method` is missing.", id);
  if (id === undefined) return invalid("A response must have the `id` of its request.", undefined);
  if (hasResult) return { kind: "response", id, isError: false, result: own(value, "result") };
  const error = own(value, "error");
  if (!isObject(error)) return invalid("`error` must be an object.", id);
  return { kind: "response", id, isError: true, error };
}

function classifyCall(message: JsonRpcParams, id: JsonRpcId | undefined): ClassifiedMessage {
  const method = own(message, "method");
  if (typeof method !== "string" || method === "") return invalid("`method` must be a string.", id);
  const params = own(message, "params");
  if (params !== undefined && !isObject(params)) return invalid("`params` must be an object.", id);
  return id === undefined
    ? { kind: "notification", method, params }
    : { kind: "request", id, method, params };
}

function idFault(id: unknown): string | undefined {
  if (typeof id === "string") {
    // It is kept for as long as the call runs, and sent back with every answer.
    return Buffer.byteLength(id) > limits.requestIdBytesMax ? "`id` is too long." : undefined;
  }
  if (typeof id !== "number") return "`id` must be a string or a number.";
  if (!Number.isFinite(id)) return "`id` is beyond what a number can hold.";
  // JSON.parse has already rounded it, so it could not be returned as it was sent.
  if (Number.isInteger(id) && !Number.isSafeInteger(id)) return "`id` is beyond 2^53 and would be rounded.";
  return undefined;
}

function invalid(reason: string, id: JsonRpcId | undefined): ClassifiedMessage {
  return { kind: "invalid", reason, id };
}

function isObject(value: unknown): value is JsonRpcParams {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own(object: JsonRpcParams, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const nullBytes = Buffer.from("null");

/** An id as it stands on the wire. */
export function idBytes(id: JsonRpcId): Uint8Array {
  return Buffer.from(JSON.stringify(id));
}

/** A complete error reply. `null`: the request's id could not be read. */
export function errorReply(id: Uint8Array | null, error: JsonRpcErrorObject): Uint8Array {
  return withIdBytes(errorBody(error), id ?? nullBytes);
}

/** A complete reply with a result of our own. */
export function resultReply(id: Uint8Array, result: unknown): Uint8Array {
  return withIdBytes(resultBody(JSON.stringify(result ?? {})), id);
}

/** A complete notification. */
export function notificationMessage(method: string, params?: unknown): Uint8Array {
  const message = params === undefined ? { jsonrpc: "2.0", method } : { jsonrpc: "2.0", method, params };
  return Buffer.from(JSON.stringify(message));
}
