/** Tells a backend that sent too much once from one that keeps doing it. Pure. */
import { GatewayError, limits } from "@mcp-gateway/kit";

const windowMs = 60_000;

export class OversizedCount {
  readonly #atMs: number[] = [];

  /** Counts one; true when there were more within the last minute than are tolerated. */
  isTooMany(nowMs: number): boolean {
    this.#atMs.push(nowMs);
    while ((this.#atMs[0] ?? nowMs) <= nowMs - windowMs) this.#atMs.shift();
    return this.#atMs.length > limits.backendOversizedPerMinuteMax;
  }
}

/** What the call is told whose answer was too large. */
export function oversizedError(backend: string, bytes: number): GatewayError {
  const detail = `The server "${backend}" sent a message of ${bytes} bytes; ${limits.backendMessageBytesMax} are the limit.`;
  return new GatewayError("backend-oversized", detail, { facts: { server: backend, bytes } });
}
