/**
 * A transport moves complete JSON-RPC messages between the supervisor and one backend. It knows nothing
 * of MCP beyond what its wire demands; the conversation (handshake, ids, pings) is `connection.ts`.
 */
import type { GatewayError } from "@mcp-gateway/kit";

/** Why a transport closed, for the person who reads the status. */
export interface TransportFault {
  /** `connect` · `handshake` · `running`, see BackendFault.stage */
  readonly stage: string;
  readonly message: string;
  readonly remedy: string;
  /** `at-once`: the server forgot the session but answers; reconnecting needs no delay, once. */
  readonly reconnect?: "at-once";
}

export interface TransportEvents {
  /**
   * One complete message, without a line end. The bytes stay valid after the call.
   * `requestId` names the request on whose own response stream it came (Streamable HTTP);
   * undefined where the wire does not tell (stdio, SSE, the GET stream).
   */
  onMessage(message: Uint8Array, requestId: number | undefined): void;
  /** Whether the request is still without an answer; a response stream that ended is resumed only then. */
  waitsFor(requestId: number): boolean;
  /** A message could not be delivered, or its response stream ended without an answer. */
  onRequestFailed(requestId: number, error: GatewayError): void;
  /** Called once. After it no other event comes. Not called after `close()` was asked for. */
  onClosed(fault: TransportFault): void;
}

export interface Transport {
  /**
   * Sends one message (no line end). `requestId` is the id in it when it is a request.
   * `stalled`: the backend does not read and the input budget is used up; the message was not taken.
   * `headers`: for a stateless server over HTTP; other transports have no place for them.
   */
  send(
    message: Uint8Array,
    requestId: number | undefined,
    headers?: Readonly<Record<string, string>>,
  ): "sent" | "stalled" | "closed";
  /** The request was cancelled: its response stream, if it has one, is no longer of interest. */
  abandon(requestId: number): void;
  /** The handshake's outcome; HTTP transports send it as MCP-Protocol-Version from now on. */
  negotiated(protocolVersion: string): void;
  /** Called after `notifications/initialized` was sent; Streamable HTTP opens its GET stream. */
  opened(): void;
  /** Back-pressure: stop or go on reading from the backend. */
  pause(): void;
  resume(): void;
  /** Ends it in order (HTTP: DELETE of the session), within `limits.stopInputGraceMs`. */
  close(): Promise<void>;
}
