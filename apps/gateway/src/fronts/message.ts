/** Reading what a client posted: once, within the limits, into one JSON-RPC message. */
import { GatewayError, limits } from "@mcp-gateway/kit";
import { classifyMessage, jsonDepthWithin } from "@mcp-gateway/mcp";
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
  if (!Array.isArray(value)) return checked(value);
  if (value.length === 0 || value.length > limits.batchMessagesMax) {
    throw new GatewayError("invalid-request", `A batch holds 1 to ${limits.batchMessagesMax} messages.`);
  }
  return value.map(checked);
}

function checked(value: unknown): ClientMessage {
  const message = classifyMessage(value);
  if (message.kind === "invalid") throw new GatewayError("invalid-request", message.reason);
  return message;
}
