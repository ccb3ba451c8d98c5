/**
 * Finds out which era a server behind an address speaks, by a request of the stateless revision
 * (MCP 2026-07-28, Streamable HTTP, "Backward Compatibility"). What can't be asked (no rights, no network) proves
 * nothing; whatever answers in any other way is of the session era.
 */
import { type GatewayError, isGatewayError, limits } from "@mcp-gateway/kit";
import { readEnvelope, statelessRevision, withRequestId } from "@mcp-gateway/mcp";
import { Gate } from "../gate.ts";
import { discoverBody, discoverHeaders, readDiscoverReply } from "./discover.ts";
import type { EraEvidence } from "./era.ts";
import { readEventStream } from "./event-stream.ts";
import { errorOfFault } from "./fault.ts";
import { contentTypeOf, discard, type HttpClient, readBody, readRefusal } from "./http-client.ts";
import { networkError, refusalError } from "./http-errors.ts";
import { acceptBoth, isEventStream } from "./http-session.ts";

/** Statuses that say something about us or about the moment, not about the server's revision. */
const noEvidence: readonly number[] = [401, 403, 407, 408, 425, 429];

export async function probeHttpEra(
  client: HttpClient,
  version: string,
  signal: AbortSignal,
): Promise<EraEvidence> {
  const timeout = AbortSignal.timeout(limits.eraProbeTimeoutMs);
  const leaving = new AbortController();
  try {
    const response = await client.request({
      method: "POST",
      accept: acceptBoth,
      body: withRequestId(discoverBody(version, {}), 1),
      headers: { ...discoverHeaders, "mcp-protocol-version": statelessRevision },
      signal: AbortSignal.any([signal, timeout, leaving.signal]),
    });
    return await judge(response, client);
  } catch (thrown) {
    // Silence is how some servers of the session era treat what they do not know.
    if (timeout.aborted && !signal.aborted) return { kind: "found", era: "session", certain: true };
    return { kind: "none", error: asError(thrown, client) };
  } finally {
    leaving.abort();
  }
}

async function judge(response: Response, client: HttpClient): Promise<EraEvidence> {
  if (response.ok) {
    const answer = await readAnswer(response, client);
    if (answer === undefined) return { kind: "found", era: "session", certain: true };
    return judgeAnswer(answer, client.backend) ?? { kind: "found", era: "session", certain: true };
  }
  const refusal = await readRefusal(response);
  if (noEvidence.includes(refusal.status))
    return { kind: "none", error: refusalError(client.backend, refusal) };
  const certain = refusal.status < 500;
  const isJson = refusal.contentType.includes("json");
  const answer = certain && isJson ? judgeAnswer(Buffer.from(refusal.body), client.backend) : undefined;
  return answer ?? { kind: "found", era: "session", certain };
}

function judgeAnswer(answer: Uint8Array, backend: string): EraEvidence | undefined {
  const outcome = readDiscoverReply(answer, backend);
  switch (outcome.kind) {
    case "done":
      return { kind: "found", era: "stateless", certain: true };
    case "legacy":
      return undefined;
    case "fault":
      return { kind: "none", error: errorOfFault(outcome.fault) };
    default:
      return outcome satisfies never;
  }
}

/** The JSON body, or the first message of the event stream that is an answer. */
async function readAnswer(response: Response, client: HttpClient): Promise<Uint8Array | undefined> {
  if (!isEventStream(response)) {
    if (contentTypeOf(response) === "application/json")
      return readBody(response, limits.backendMessageBytesMax, client.backend);
    await discard(response);
    return undefined;
  }
  const first = Promise.withResolvers<Uint8Array | undefined>();
  readEventStream(response, {
    gate: new Gate(),
    onEvent: ({ event, data }) => {
      // Notifications may come before it.
      if (event === "message" && readEnvelope(data)?.kind === "response") first.resolve(data);
    },
    onOversized: () => first.resolve(undefined),
  }).then(() => first.resolve(undefined), first.reject);
  return first.promise;
}

function asError(thrown: unknown, client: HttpClient): GatewayError {
  return isGatewayError(thrown) ? thrown : networkError(client.backend, client.url.origin, thrown);
}
