/** What a backend's error response says, without reading more of it than that. */
import { ObjectView } from "@mcp-gateway/mcp";

/** Error codes by which a server says that a resource is not its own: -32002 (until 2025-11-25), -32602. */
const notMineCodes: readonly unknown[] = [-32002, -32602, -32601];

/** @param message an error response */
export function isNotMine(message: Uint8Array): boolean {
  return notMineCodes.includes(ObjectView.at(message, 0)?.object("error")?.value("code"));
}
