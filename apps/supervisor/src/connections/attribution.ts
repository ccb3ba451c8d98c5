/**
 * Whose progress it is: tokens sent upstream are `"<gateway number>.<call>"`, so that a backend's report
 * finds its way back without a table.
 */
import type { MessageView } from "@mcp-gateway/mcp";
import type { CallOwner } from "./pending.ts";

const tokenPattern = /^(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,9})$/;
const callMax = 2 ** 32 - 1;

export function progressToken(owner: CallOwner): string {
  return `${owner.link}.${owner.call}`;
}

/** The owner a token names; undefined when it was not made here. */
export function ownerOfToken(token: unknown): CallOwner | undefined {
  if (typeof token !== "string") return undefined;
  const match = tokenPattern.exec(token);
  if (match === null) return undefined;
  const owner = { link: Number(match[1]), call: Number(match[2]) };
  return owner.link <= 0xffff && owner.call <= callMax ? owner : undefined;
}

/** The owner that a `notifications/progress` names in `params.progressToken`. */
export function ownerOfProgress(message: MessageView): CallOwner | undefined {
  return ownerOfToken(message.param("progressToken"));
}

/** The request id that a notification of a subscription carries (MCP 2026-07-28, "Subscriptions"). */
export function subscriptionOf(message: MessageView): number | undefined {
  const id = message.meta?.value("io.modelcontextprotocol/subscriptionId");
  return typeof id === "number" ? id : undefined;
}
