/** Reading what a client posted: once, within the limits, into one JSON-RPC message. */
import { GatewayError, limits } from "@mcp-gateway/kit";
import { classifyMessage, jsonDepthWithin } from "@mcp-gateway/mcp";
import type { ClientMessage } from "../dispatch/context.ts";

/** @throws GatewayError */
export function readMessage(text: string): ClientMessage {
  if (!jsonDepthWithin(text, limits.jsonDepthMax)) throw new GatewayError("json-too-deep");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError("parse-error", undefined, { cause });
  }
  if (Array.isArray(value)) {
    throw new GatewayError(
      "invalid-request",
      "JSON-RPC batches exist only in revision 2025-03-26 and are not taken here: send the messages one by one.",
    );
  }
  const message = classifyMessage(value);
  if (message.kind === "invalid") throw new GatewayError("invalid-request", message.reason);
  return message;
}
