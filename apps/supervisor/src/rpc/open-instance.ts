/** The frame `open`: a gateway wants a connection of one client session's own. */
import { type Frame, readOpenInstance } from "@mcp-gateway/contract";
import { GatewayError, isGatewayError, limits } from "@mcp-gateway/kit";
import type { BackendTable } from "./router.ts";

/** @returns why it can't be; undefined when it is being opened, of which its gateway hears later */
export function openInstance(table: BackendTable, link: number, frame: Frame): GatewayError | undefined {
  const backend = table.backend(frame.backend);
  if (backend === undefined)
    return new GatewayError("backend-unknown", "The server is not configured any more.");
  const wish = readOpenInstance(frame.payload);
  if (wish === undefined)
    return new GatewayError("invalid-request", "The request for a connection is malformed.");
  const total = table.backends.reduce((sum, { instances }) => sum + instances.live, 0);
  if (total >= limits.instancesMax) {
    const detail = `There are ${total} connections of client sessions; ${limits.instancesMax} are the limit.`;
    return new GatewayError("too-many-instances", detail, { facts: { server: backend.name } });
  }
  try {
    backend.openInstance({ link, number: frame.instance }, wish.capabilities);
    return undefined;
  } catch (error) {
    if (isGatewayError(error)) return error;
    throw error;
  }
}
