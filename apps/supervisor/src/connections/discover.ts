/**
 * `server/discover` (MCP 2026-07-28) as pure functions: what is asked, and what an answer means. It is how a
 * stateless server is recognised, and where its capabilities come from.
 */
import {
  idlessBody,
  isInitializeResult,
  isSessionRevision,
  JsonRpcCode,
  memberSpans,
  statelessRevision,
} from "@mcp-gateway/mcp";
import { type Static, Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";
import { fault } from "./fault.ts";
import type { ClientCapabilities, Handshake } from "./handshake.ts";
import type { TransportFault } from "./transport.ts";

export type DiscoverOutcome =
  | ({ readonly kind: "done" } & Handshake)
  /** The answer of a server that does not know the question. */
  | { readonly kind: "legacy"; readonly fault: TransportFault }
  /** A stateless server that can't be used. */
  | { readonly kind: "fault"; readonly fault: TransportFault };

/** The id-less body. The capabilities are those of this one request: discovering needs none. */
export function discoverBody(version: string, capabilities: ClientCapabilities): Uint8Array {
  return idlessBody("server/discover", {
    _meta: {
      "io.modelcontextprotocol/protocolVersion": statelessRevision,
      "io.modelcontextprotocol/clientInfo": { name: "mcp-gateway", version },
      "io.modelcontextprotocol/clientCapabilities": capabilities,
    },
  });
}

export const discoverHeaders = { "mcp-method": "server/discover" } as const;

const ErrorReply = Type.Object({
  error: Type.Object({ code: Type.Number(), message: Type.String(), data: Type.Optional(Type.Unknown()) }),
});
const Supported = Type.Object({ supported: Type.Array(Type.String()) });
const DiscoverReply = Type.Object({
  result: Type.Object({
    supportedVersions: Type.Array(Type.String()),
    capabilities: Type.Record(Type.String(), Type.Unknown()),
    instructions: Type.Optional(Type.String()),
  }),
});

/** Errors that only servers of the stateless revision send. */
const statelessErrors: readonly number[] = [
  JsonRpcCode.headerMismatch,
  JsonRpcCode.missingClientCapability,
  JsonRpcCode.unsupportedProtocolVersion,
];

/** @param backend its name, for a server that does not say its own */
export function readDiscoverReply(message: Uint8Array, backend: string): DiscoverOutcome {
  const text = decoder.decode(message);
  let reply: unknown;
  try {
    reply = JSON.parse(text);
  } catch {
    return legacy("The server's answer to `server/discover` is not JSON.");
  }
  if (Check(ErrorReply, reply)) return readError(reply.error);
  if (!Check(DiscoverReply, reply))
    return legacy("The server's `server/discover` result is not what MCP has.");
  const { supportedVersions } = reply.result;
  if (!supportedVersions.includes(statelessRevision)) return otherVersions(supportedVersions);
  return {
    kind: "done",
    era: "stateless",
    protocolVersion: statelessRevision,
    initializeResult: initializeResultOf(text, backend),
  };
}

function readError({ code, message, data }: Static<typeof ErrorReply>["error"]): DiscoverOutcome {
  const said = `The server refused \`server/discover\` with error ${code}: ${shortened(message)}`;
  if (!statelessErrors.includes(code)) return legacy(said);
  if (code === JsonRpcCode.unsupportedProtocolVersion && Check(Supported, data))
    return otherVersions(data.supported);
  return refused(said);
}

/** It named its revisions, and the one we asked for is not among them. */
function otherVersions(supported: readonly string[]): DiscoverOutcome {
  const message = `The server speaks MCP ${shortened(supported.join(", "))} only.`;
  return supported.some(isSessionRevision) ? legacy(message) : refused(message);
}

function legacy(message: string): DiscoverOutcome {
  return { kind: "legacy", fault: fault("handshake", message, remedy) };
}

function refused(message: string): DiscoverOutcome {
  return { kind: "fault", fault: fault("handshake", message, remedy) };
}

const remedy =
  'Check the server\'s version and its log, and `protocol` of its entry: it must be "auto" or what the server speaks.';

const serverInfoKey = "io.modelcontextprotocol/serverInfo";

/** What `initialize` would have returned, of the pieces that came, each as the text it came in. */
function initializeResultOf(text: string, backend: string): string {
  const result = memberOf(text, "result") ?? "{}";
  // Optional in the released revision; drafts of it had it in the result itself.
  const said = memberOf(memberOf(result, "_meta") ?? "{}", serverInfoKey) ?? memberOf(result, "serverInfo");
  const instructions = memberOf(result, "instructions");
  const withServerInfo = (serverInfo: string): string => {
    const members = [
      `"protocolVersion":${JSON.stringify(statelessRevision)}`,
      `"capabilities":${memberOf(result, "capabilities") ?? "{}"}`,
      `"serverInfo":${serverInfo}`,
      ...(instructions === undefined ? [] : [`"instructions":${instructions}`]),
    ];
    return `{${members.join(",")}}`;
  };
  const nameless = JSON.stringify({ name: backend, version: "unknown" });
  const initializeResult = withServerInfo(said ?? nameless);
  return isInitializeResult(JSON.parse(initializeResult)) ? initializeResult : withServerInfo(nameless);
}

function memberOf(object: string, name: string): string | undefined {
  const span = memberSpans(object)?.get(name);
  return span === undefined ? undefined : object.slice(span.start, span.end);
}

/** A server's words in our sentence: bounded, on one line. */
function shortened(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, 300);
}

const decoder = new TextDecoder();
