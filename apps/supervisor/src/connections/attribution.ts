/**
 * Whose progress it is: tokens sent upstream are `"<gateway number>.<call>"`, so that a backend's report
 * finds its way back without a table.
 */
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
export function ownerOfProgress(message: Uint8Array): CallOwner | undefined {
  return ownerOfToken(parameterOf(message, "progressToken"));
}

/** The request id that a notification of a subscription carries (MCP 2026-07-28, "Subscriptions"). */
export function subscriptionOf(message: Uint8Array): number | undefined {
  const id = memberOf(parameterOf(message, "_meta"), "io.modelcontextprotocol/subscriptionId");
  return typeof id === "number" ? id : undefined;
}

/** A member of a message's `params`; for small messages that the connection itself must understand. */
export function parameterOf(message: Uint8Array, name: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(message));
  } catch {
    return undefined; // Not JSON: it names nothing.
  }
  const params = memberOf(value, "params");
  return memberOf(params, name);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  // An object that has the member, as checked above; JSON gives no other kind.
  return (value as Readonly<Record<string, unknown>>)[name];
}

const decoder = new TextDecoder();
