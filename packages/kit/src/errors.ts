import { type ErrorCode, type ErrorKind, errorCatalogue } from "./error-catalogue.ts";

/** Facts about one failure: plain JSON, never secrets. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** An operating error: expected, typed, handled. A broken invariant is a plain `Error` instead. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  /** @param detail what happened here, as a sentence; the catalogue's summary when omitted */
  constructor(code: ErrorCode, detail?: string, options: { facts?: ErrorFacts; cause?: unknown } = {}) {
    const kind = errorCatalogue[code];
    super(detail ?? kind.summary, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
  }

  get kind(): ErrorKind {
    return errorCatalogue[this.code];
  }
}

export function isGatewayError(value: unknown): value is GatewayError {
  return value instanceof GatewayError;
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A system error's code (`ENOENT`, `EADDRINUSE`), if it has one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

/** A JSON-RPC error object (JSON-RPC 2.0 section 5.1). */
export interface JsonRpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** How a failure is said on the wire. `data.reason` carries our code; unknown failures reveal nothing. */
export function toJsonRpcError(thrown: unknown): JsonRpcErrorObject {
  const error = isGatewayError(thrown) ? thrown : new GatewayError("internal");
  return { code: error.kind.jsonrpc, message: error.message, data: { reason: error.code, ...error.facts } };
}
