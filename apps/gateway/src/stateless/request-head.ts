/**
 * What every request of the stateless revision carries instead of a session: version, capabilities and log
 * level in `_meta`, and headers that repeat parts of the body. Checked in the order in which the specification
 * makes them matter; the first thing wrong is told. Pure.
 */
import { GatewayError } from "@mcp-gateway/kit";
import { methodExistsIn, statelessRevision } from "@mcp-gateway/mcp";
import type { ClientRequest } from "../dispatch/context.ts";
import { namedBy } from "../link/stateless-call.ts";
import { isMcpLogLevel, type McpLogLevel, type Session } from "../sessions/session.ts";
import { decodeHeaderValue } from "./header-value.ts";
import { isObject, type JsonObject, metaKeys, metaOf } from "./meta-keys.ts";

export interface RequestHead {
  readonly capabilities: JsonObject;
  /** `name version` of the client, for the log. */
  readonly client: string;
  /** Undefined: no log lines are wanted. */
  readonly logLevel: McpLogLevel | undefined;
}

/** Versions that can be claimed in `_meta`; those with sessions begin with `initialize` instead. */
export const claimableVersions: readonly string[] = [statelessRevision];

/** @throws GatewayError */
export function readHead(headers: Headers, request: ClientRequest): RequestHead {
  const meta = metaOf(request.params);
  if (meta === undefined) throw missing("_meta");
  checkVersion(headers, meta);
  const capabilities = meta[metaKeys.clientCapabilities];
  if (!isObject(capabilities)) throw missing(`_meta["${metaKeys.clientCapabilities}"]`);
  checkMethod(headers, request);
  checkName(headers, request);
  return { capabilities, client: clientOf(meta[metaKeys.clientInfo]), logLevel: logLevelOf(meta) };
}

/** Each request speaks for itself, also one that goes on with an earlier one. */
export function describeClient(session: Session, head: RequestHead): void {
  session.capabilities = head.capabilities;
  session.client = head.client;
  session.logLevel = head.logLevel;
  session.wantsLogs = head.logLevel !== undefined;
}

function checkVersion(headers: Headers, meta: JsonObject): void {
  const claimed = meta[metaKeys.protocolVersion];
  if (typeof claimed !== "string") throw missing(`_meta["${metaKeys.protocolVersion}"]`);
  const header = headers.get("mcp-protocol-version")?.trim();
  if (header === undefined) throw mismatch("The header MCP-Protocol-Version is missing.");
  if (header !== claimed)
    throw mismatch("The header MCP-Protocol-Version differs from the version in `_meta`.");
  if (claimableVersions.includes(claimed)) return;
  throw new GatewayError("revision-unsupported", undefined, {
    facts: { supported: [...claimableVersions], requested: claimed.slice(0, 100) },
  });
}

function checkMethod(headers: Headers, { method }: ClientRequest): void {
  const header = headers.get("mcp-method")?.trim();
  if (header === undefined) throw mismatch("The header Mcp-Method is missing.");
  if (header !== method) throw mismatch("The header Mcp-Method differs from the body's method.");
  if (!methodExistsIn(method, statelessRevision))
    throw new GatewayError("method-not-found", `Unknown method in ${statelessRevision}: ${method}`);
}

function checkName(headers: Headers, { method, params }: ClientRequest): void {
  const member = namedBy.get(method);
  const value = member === undefined ? undefined : params?.[member];
  if (typeof value !== "string") return; // What is missing in the body is told by who needs it.
  const header = headers.get("mcp-name");
  if (header === null) throw mismatch("The header Mcp-Name is missing.");
  const decoded = decodeHeaderValue(header);
  if (decoded === undefined)
    throw mismatch("The header Mcp-Name has characters or Base64 that are not allowed.");
  if (decoded !== value) throw mismatch(`The header Mcp-Name differs from the body's params.${member}.`);
}

function logLevelOf(meta: JsonObject): McpLogLevel | undefined {
  const level = meta[metaKeys.logLevel];
  if (level === undefined) return undefined;
  if (!isMcpLogLevel(level))
    throw new GatewayError("invalid-params", `_meta["${metaKeys.logLevel}"] is no log level.`);
  return level;
}

function clientOf(info: unknown): string {
  if (!isObject(info)) return "";
  const { name, version } = info;
  const isBoth = typeof name === "string" && typeof version === "string";
  const said = isBoth ? `${name} ${version}` : [name, version].find((part) => typeof part === "string");
  return typeof said === "string" ? said.trim().slice(0, 100) : "";
}

function missing(what: string): GatewayError {
  return new GatewayError("request-meta-invalid", `The request needs ${what}.`);
}

export function mismatch(detail: string): GatewayError {
  return new GatewayError("header-mismatch", detail);
}
