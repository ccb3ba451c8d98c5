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
  if (!Array.isArray(value)) return withExactArguments(checked(value), text);
  if (value.length === 0 || value.length > limits.batchMessagesMax) {
    throw new GatewayError("invalid-request", `A batch holds 1 to ${limits.batchMessagesMax} messages.`);
  }
  return value.map(checked);
}

/**
 * Arguments are the backend's business: their numbers go on as the client wrote them. What the gateway itself
 * decides on stays as parsed.
 */
function withExactArguments(message: ClientMessage, text: string): ClientMessage {
  if (message.kind !== "request" || message.params?.["arguments"] === undefined) return message;
  if (!mayHoldInexactNumbers(text)) return message;
  // The same text was parsed before: it is an object with `params.arguments`.
  const exact = parseExact(text) as { readonly params: { readonly arguments: unknown } };
  return { ...message, params: { ...message.params, arguments: exact.params.arguments } };
}

function checked(value: unknown): ClientMessage {
  const message = classifyMessage(value);
  if (message.kind === "invalid") throw new GatewayError("invalid-request", message.reason);
  return message;
}
