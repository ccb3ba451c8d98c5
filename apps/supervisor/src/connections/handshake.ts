/**
 * The opening of a session (MCP lifecycle, revisions 2024-10-07 to 2025-11-25) as pure functions: what is
 * asked, and what an answer means. The answer's `result` is kept as the bytes that came.
 */
import {
  idlessBody,
  initializeResultFault,
  isInitializeResult,
  isSessionRevision,
  memberSpans,
  notificationMessage,
  sessionRevisions,
  statelessRevision,
} from "@mcp-gateway/mcp";
import { type Static, Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";
import type { Era } from "./era.ts";
import { fault } from "./fault.ts";
import type { TransportFault } from "./transport.ts";

export type ClientCapabilities = Readonly<Record<string, unknown>>;

export interface Handshake {
  /** The `result` value of the answer, exactly as it came; of a stateless server, made of what it said of itself. */
  readonly initializeResult: string;
  readonly protocolVersion: string;
  readonly era: Era;
}

export type HandshakeOutcome =
  | ({ readonly kind: "done" } & Handshake)
  /** The server refused the revision and named one that we speak too. */
  | { readonly kind: "ask-again"; readonly protocolVersion: string }
  /** `otherEra`: a server without sessions answers so; which error it takes is its own choice. */
  | { readonly kind: "fault"; readonly fault: TransportFault; readonly otherEra: boolean };

/** The id-less body of `initialize`. */
export function initializeBody(
  protocolVersion: string,
  capabilities: ClientCapabilities,
  version: string,
): Uint8Array {
  return idlessBody("initialize", {
    protocolVersion,
    capabilities,
    clientInfo: { name: "mcp-gateway", version },
  });
}

export const initializedNotification = notificationMessage("notifications/initialized");

const ErrorReply = Type.Object({
  error: Type.Object({
    code: Type.Number(),
    message: Type.String(),
    data: Type.Optional(Type.Unknown()),
  }),
});
type ErrorReply = Static<typeof ErrorReply>;

const SupportedVersions = Type.Object({ supported: Type.Array(Type.String()) });

/** What the answer to `initialize` means. `asked`: the revision it was asked for. */
export function readInitializeReply(message: Uint8Array, asked: string): HandshakeOutcome {
  const text = decoder.decode(message);
  let reply: unknown;
  try {
    reply = JSON.parse(text);
  } catch {
    return refused("The server's answer to `initialize` is not JSON.", remedyOfBroken);
  }
  if (Check(ErrorReply, reply)) return readRefusal(reply.error, asked);
  const span = memberSpans(text)?.get("result");
  if (span === undefined)
    return refused("The server's answer to `initialize` has neither result nor error.", remedyOfBroken);
  const initializeResult = text.slice(span.start, span.end);
  const result: unknown = JSON.parse(initializeResult);
  if (!isInitializeResult(result)) {
    const what = shortened(initializeResultFault(result));
    return refused(`The server's \`initialize\` result is not what MCP has: ${what}`, remedyOfBroken);
  }
  const { protocolVersion } = result;
  if (!isSessionRevision(protocolVersion)) {
    return refused(
      `The server answered with MCP revision "${shortened(protocolVersion)}"; the gateway speaks ${sessionRevisions.join(", ")}.`,
      "Update the gateway or the server so that both speak one revision.",
      protocolVersion === statelessRevision,
    );
  }
  return { kind: "done", era: "session", initializeResult, protocolVersion };
}

/** A server that refuses the revision may name its own (lifecycle, "Error Handling"); one is tried. */
function readRefusal(error: ErrorReply["error"], asked: string): HandshakeOutcome {
  if (Check(SupportedVersions, error.data)) {
    const { supported } = error.data;
    const common = supported.find((revision) => revision !== asked && isSessionRevision(revision));
    if (common !== undefined) return { kind: "ask-again", protocolVersion: common };
    if (!supported.includes(asked)) {
      return refused(
        `The server speaks MCP ${shortened(supported.join(", "))} only; the gateway speaks ${sessionRevisions.join(", ")}.`,
        "Update the gateway or the server so that both speak one revision.",
        true,
      );
    }
  }
  return refused(
    `The server refused \`initialize\` with error ${error.code}: ${shortened(error.message)}`,
    "Check the server's settings and its log.",
    true,
  );
}

const remedyOfBroken = "Check that the command or address is an MCP server; the log has what it sent.";

function refused(message: string, remedy: string, otherEra = false): HandshakeOutcome {
  return { kind: "fault", fault: fault("handshake", message, remedy), otherEra };
}

/** A server's words in our sentence: bounded, on one line. */
function shortened(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, 300);
}

const decoder = new TextDecoder();
