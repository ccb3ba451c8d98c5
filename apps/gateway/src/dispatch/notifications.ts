/** Notifications of backends on their way to clients: whose they are, and under whose token. */
import { isMcpLogLevel, type McpLogLevel, mcpLogLevels, type Session } from "../sessions/session.ts";
import { textOf } from "./bytes.ts";

const encoder = new TextEncoder();

interface Notification {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export function readNotification(message: Uint8Array): Notification | undefined {
  const value: unknown = JSON.parse(textOf(message));
  if (typeof value !== "object" || value === null || !("method" in value) || typeof value.method !== "string")
    return undefined;
  const params =
    "params" in value && typeof value.params === "object" && value.params !== null ? value.params : {};
  return { method: value.method, params: params as Record<string, unknown> }; // An object; its members stay unknown.
}

/** On the merged face the logger's name says which server spoke. */
export function relayLog(
  message: Uint8Array,
  notification: Notification,
  session: Session,
  server: string,
): Uint8Array | undefined {
  if (!session.wantsLogs) return undefined;
  const level = notification.params["level"];
  if (isMcpLogLevel(level) && !passes(level, session.logLevel)) return undefined;
  if (session.server !== undefined) return message;
  const logger = notification.params["logger"];
  return encode({
    ...notification,
    params: { ...notification.params, logger: typeof logger === "string" ? `${server}/${logger}` : server },
  });
}

/** A client that never set a level gets what the server chooses to send (MCP, Logging). */
function passes(level: McpLogLevel, threshold: McpLogLevel | undefined): boolean {
  return threshold === undefined || mcpLogLevels.indexOf(level) >= mcpLogLevels.indexOf(threshold);
}

function encode(notification: Notification): Uint8Array {
  return encoder.encode(JSON.stringify({ jsonrpc: "2.0", ...notification }));
}

export function listChangedMessage(kind: "tools" | "prompts" | "resources"): Uint8Array {
  return encode({ method: `notifications/${kind}/list_changed`, params: {} });
}

export function resourceUpdatedMessage(params: Readonly<Record<string, unknown>>): Uint8Array {
  return encode({ method: "notifications/resources/updated", params });
}

export function cancelledMessage(requestId: number, reason: string): Uint8Array {
  return encode({ method: "notifications/cancelled", params: { requestId, reason } });
}

export function progressMessage(params: Readonly<Record<string, unknown>>): Uint8Array {
  return encode({ method: "notifications/progress", params });
}

export const rootsChangedMessage = encode({ method: "notifications/roots/list_changed", params: {} });

export function progressTokenOf(
  params: Readonly<Record<string, unknown>> | undefined,
): string | number | undefined {
  const meta = params?.["_meta"];
  if (typeof meta !== "object" || meta === null || !("progressToken" in meta)) return undefined;
  const token = meta.progressToken;
  return typeof token === "string" || typeof token === "number" ? token : undefined;
}
