/** Reading what a client posted: once, within the limits, into one JSON-RPC message. */
import { GatewayError, limits } from "@mcp-gateway/kit";
import { classifyMessage, jsonDepthWithin, mayHoldInexactNumbers, parseExact } from "@mcp-gateway/mcp";
import type { ClientMessage } from "../dispatch/context.ts";

/** One message. @throws GatewayError */
export function readMessage(text: string): ClientMessage {
  const message = readMessages(text);
  if ("kind" in message) return message;
  throw new GatewayError(
    "invalid-request",
    "JSON-RPC batches exist only in sessions of revision 2025-03-26 over Streamable HTTP: send the messages one by one.",
  );
}

/** One message, or a batch. @throws GatewayError */
export function readMessages(text: string): ClientMessage | readonly ClientMessage[] {
  if (!jsonDepthWithin(text, limits.jsonDepthMax)) throw new GatewayError("json-too-deep");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError("parse-error", undefined, { cause });
  }
  const exact = mayHoldInexactNumbers(text) ? parseExact(text) : undefined;
  if (!Array.isArray(value)) return withExactNumbers(checked(value), exact);
  if (value.length === 0 || value.length > limits.batchMessagesMax) {
    throw new GatewayError("invalid-request", `A batch holds 1 to ${limits.batchMessagesMax} messages.`);
  }
  return value.map((one: unknown, index) =>
    withExactNumbers(checked(one), Array.isArray(exact) ? exact[index] : undefined),
  );
}

/**
 * What a client says to a backend is the backend's business: its numbers go on as the client wrote them. What the
 * gateway itself decides by stays as parsed.
 * @param exact the same message with its exact numbers; undefined: it has none
 */
function withExactNumbers(message: ClientMessage, exact: unknown): ClientMessage {
  if (!isObject(exact)) return message;
  if (message.kind === "response") {
    if (!message.isError) return { ...message, result: exact["result"] };
    return isObject(exact["error"]) ? { ...message, error: exact["error"] } : message;
  }
  const { params } = exact;
  if (message.params === undefined || !isObject(params)) return message;
  const { _meta: meta } = message.params;
  const ownMeta = isObject(meta) ? { _meta: { ...asObject(params["_meta"]), ...tokensIn(meta) } } : {};
  return { ...message, params: { ...params, ...tokensIn(message.params), ...ownMeta } };
}

/** Numbers by which the gateway finds a call. */
function tokensIn(members: JsonObject): JsonObject {
  const numbers = ["progressToken", "requestId"].filter((name) => typeof members[name] === "number");
  return Object.fromEntries(numbers.map((name) => [name, members[name]]));
}

function checked(value: unknown): ClientMessage {
  const message = classifyMessage(value);
  if (message.kind === "invalid") throw new GatewayError("invalid-request", message.reason);
  return message;
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
