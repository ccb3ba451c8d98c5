/**
 * Which kind of conversation a message belongs to, when one address serves both (2026-07-28, Versioning,
 * "Backward Compatibility"): with sessions, or every request for itself. Pure.
 */
import { statelessRevision } from "@mcp-gateway/mcp";
import type { ClientMessage } from "../dispatch/context.ts";
import { isObject, type JsonObject, metaKeys, metaOf } from "./meta-keys.ts";

export type Era = "session" | "stateless";

/**
 * A claim in `_meta` decides; without one the header does. `initialize` begins a session, unless it claims the
 * stateless revision, which has no such method.
 */
export function eraOf(versionHeader: string | null, message: ClientMessage): Era {
  const isHeaderStateless = versionHeader === statelessRevision;
  if (message.kind === "response") return isHeaderStateless ? "stateless" : "session";
  const claim = claimOf(message.params);
  if (message.kind === "request" && message.method === "initialize")
    return claim?.version === statelessRevision ? "stateless" : "session";
  return claim !== undefined || isHeaderStateless ? "stateless" : "session";
}

function claimOf(params: JsonObject | undefined): { readonly version: unknown } | undefined {
  const meta = metaOf(params);
  return isObject(meta) && Object.hasOwn(meta, metaKeys.protocolVersion)
    ? { version: meta[metaKeys.protocolVersion] }
    : undefined;
}
