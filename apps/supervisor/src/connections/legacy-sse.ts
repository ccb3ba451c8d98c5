/**
 * The older transport (HTTP+SSE, revision 2024-11-05) as far as both sides of it need it: its first event,
 * and how a server that has only this one is told from one that has none.
 */
import { GatewayError, limits } from "@mcp-gateway/kit";
import { Gate } from "../gate.ts";
import { readEventStream } from "./event-stream.ts";
import { discard, type HttpClient } from "./http-client.ts";
import { isEventStream } from "./http-session.ts";

/** Statuses with which such a server refuses a POST to its stream's address. */
const refusingStatuses: readonly number[] = [400, 404, 405];

/** The error that names the right `type`, if the address turns out to be one of HTTP+SSE. */
export async function findLegacySse(
  client: HttpClient,
  status: number,
  signal: AbortSignal,
): Promise<GatewayError | undefined> {
  if (!refusingStatuses.includes(status)) return undefined;
  const looking = new AbortController();
  const deadline = AbortSignal.any([signal, looking.signal, AbortSignal.timeout(limits.backendHttpSettleMs)]);
  let found = false;
  try {
    const response = await client.request({ method: "GET", accept: "text/event-stream", signal: deadline });
    if (!isEventStream(response)) {
      await discard(response);
      return undefined;
    }
    await readEventStream(response, {
      gate: new Gate(),
      onEvent: (event) => {
        found = event.event === "endpoint";
        looking.abort();
      },
      onOversized: () => looking.abort(),
    });
  } catch {
    // The look ends by breaking off the stream; whatever else failed found nothing.
  }
  if (!found) return undefined;
  return new GatewayError(
    "backend-http",
    `The server "${client.backend}" speaks the older HTTP+SSE transport at this address.`,
    {
      facts: { server: client.backend, status, remedy: 'Set `type` of its entry to "sse".' },
    },
  );
}

/**
 * Where messages are to be posted: what the `endpoint` event says, within the stream's own origin, because
 * a server must not make us send its headers (and any message) somewhere else.
 */
export function endpointAddress(data: string, stream: URL): URL | undefined {
  const text = data.trim();
  if (text === "" || !URL.canParse(text, stream)) return undefined;
  const address = new URL(text, stream);
  const isSafe = address.origin === stream.origin && address.username === "" && address.password === "";
  return isSafe ? address : undefined;
}
