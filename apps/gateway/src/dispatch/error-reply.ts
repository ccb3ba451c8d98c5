/** What a backend's error response says, without reading more of it than that. */
import { ObjectView, readProvenEnvelope } from "@mcp-gateway/mcp";

/** Error codes by which a server says that a resource is not its own: -32002 (until 2025-11-25), -32602. */
const notMineCodes: readonly unknown[] = [-32002, -32602, -32601];

export function isNotMine(message: Uint8Array): boolean {
  return isErrorReply(message) && notMineCodes.includes(errorCodeIn(message));
}

/** By the envelope's own members, not by what a result may say of errors. */
export function isErrorReply(message: Uint8Array): boolean {
  const envelope = readProvenEnvelope(message);
  return envelope?.kind === "response" && envelope.isError;
}

function errorCodeIn(message: Uint8Array): unknown {
  return ObjectView.at(message, 0)?.object("error")?.value("code");
}
