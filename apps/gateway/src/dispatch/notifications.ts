/** Notifications on their way to clients: whose they are, under whose token, and those that are written here. */
import { type MessageView, notificationMessage } from "@mcp-gateway/mcp";
import { isMcpLogLevel, type McpLogLevel, mcpLogLevels, type Session } from "../sessions/session.ts";

/**
 * A log line as this session gets it; `undefined`: not at all. On the merged face the logger's name says which server
 * spoke: that is put in front of it, and nothing else of the line changes.
 */
export function relayLog(view: MessageView, session: Session, server: string): Uint8Array | undefined {
  if (!session.wantsLogs) return undefined;
  const level = view.param("level");
  if (isMcpLogLevel(level) && !passes(level, session.logLevel)) return undefined;
  if (session.server !== undefined) return view.bytes;
  const logger = view.params?.text("logger");
  const named = logger?.startsWith('"')
    ? `${JSON.stringify(`${server}/`).slice(0, -1)}${logger.slice(1)}`
    : JSON.stringify(server);
  return view.with({ params: { set: { logger: named } } });
}

/** A client that never set a level gets what the server chooses to send (MCP, Logging). */
function passes(level: McpLogLevel, threshold: McpLogLevel | undefined): boolean {
  return threshold === undefined || mcpLogLevels.indexOf(level) >= mcpLogLevels.indexOf(threshold);
}

/** The backend's report under the token of whoever asked for it. */
export function progressUnder(view: MessageView, token: string | number): Uint8Array | undefined {
  return view.with({ params: { set: { progressToken: JSON.stringify(token) } } });
}

export function listChangedMessage(kind: "tools" | "prompts" | "resources"): Uint8Array {
  return notificationMessage(`notifications/${kind}/list_changed`, {});
}

export function cancelledMessage(requestId: number, reason: string): Uint8Array {
  return notificationMessage("notifications/cancelled", { requestId, reason });
}

export function progressMessage(params: Readonly<Record<string, unknown>>): Uint8Array {
  return notificationMessage("notifications/progress", params);
}

export const rootsChangedMessage = notificationMessage("notifications/roots/list_changed", {});

export function progressTokenOf(
  params: Readonly<Record<string, unknown>> | undefined,
): string | number | undefined {
  const meta = params?.["_meta"];
  if (typeof meta !== "object" || meta === null || !("progressToken" in meta)) return undefined;
  const token = meta.progressToken;
  return typeof token === "string" || typeof token === "number" ? token : undefined;
}
