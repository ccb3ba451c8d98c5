/** From a server's entry to its transport, and the question whether its address answers yet. */
import type { ServerConfig } from "@mcp-gateway/config";
import { GatewayError, type Log, version } from "@mcp-gateway/kit";
import type { BackendProcess } from "../process/backend-process.ts";
import type { Authorizer } from "../sign-in/authorizer.ts";
import type { Era, EraEvidence } from "./era.ts";
import { discard, HttpClient } from "./http-client.ts";
import { probeHttpEra } from "./http-era.ts";
import { HttpTransport } from "./http-transport.ts";
import { SseTransport } from "./sse-transport.ts";
import { StatelessHttpTransport } from "./stateless-http-transport.ts";
import { StdioTransport } from "./stdio-transport.ts";
import type { Transport, TransportEvents } from "./transport.ts";

/**
 * @param process the running program; needed for stdio
 * @param era what the server speaks; the wires of stdio and SSE are the same in both
 * @param authorizer for a server that may want a sign-in
 * @throws GatewayError when the entry lacks what its transport needs
 */
export function openTransport(
  server: ServerConfig,
  process: BackendProcess | undefined,
  events: TransportEvents,
  log: Log,
  era: Era = "session",
  authorizer?: Authorizer,
): Transport {
  switch (server.transport) {
    case "stdio":
      if (process === undefined)
        throw new GatewayError("internal", `The server "${server.name}" has no process to talk to.`);
      return new StdioTransport(server.name, process, events, log);
    case "sse":
      return new SseTransport(clientOf(server, authorizer), events, log);
    case "http":
      return era === "stateless"
        ? new StatelessHttpTransport(clientOf(server, authorizer), events)
        : new HttpTransport(clientOf(server, authorizer), events, log);
    default: {
      const never: never = server.transport;
      throw new Error(`unknown transport ${String(never)}`);
    }
  }
}

/** True when the address answers HTTP at all, whatever the status; nothing is left open. */
export async function probeAddress(server: ServerConfig, signal: AbortSignal): Promise<boolean> {
  const client = clientOf(server);
  const leaving = new AbortController();
  try {
    // Asking for JSON makes most servers refuse at once instead of opening a stream for a visitor who leaves.
    const accept = server.transport === "sse" ? "text/event-stream" : "application/json";
    const response = await client.fetchOnce({
      method: "GET",
      accept,
      signal: AbortSignal.any([signal, leaving.signal]),
    });
    void discard(response);
    return true;
  } catch {
    return false; // Nothing there yet, or the probe's time is over: both are a no.
  } finally {
    leaving.abort();
  }
}

/** Asks a server of Streamable HTTP which era it speaks. */
export async function probeEra(
  server: ServerConfig,
  signal: AbortSignal,
  authorizer?: Authorizer,
): Promise<EraEvidence> {
  return probeHttpEra(clientOf(server, authorizer), version, signal);
}

function clientOf(server: ServerConfig, authorizer?: Authorizer): HttpClient {
  if (server.url === undefined)
    throw new GatewayError("internal", `The server "${server.name}" has no address.`);
  return new HttpClient(server.name, server.url, server.headers, authorizer);
}
