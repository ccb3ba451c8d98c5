/**
 * Hands a request to the worker it belongs to and its answer back, as it comes: streams stay streams, a client
 * that goes away is gone for the owner too, and a client that does not read holds the owner back.
 */
import { GatewayError, limits } from "@mcp-gateway/kit";
import { readBody } from "../guards/read-body.ts";
import type { RequestPath } from "../guards/read-path.ts";
import { Closings } from "./closings.ts";
import { askPrivately, isUnreached } from "./private-socket.ts";

export interface RelayOptions {
  readonly pathOf: (worker: number) => string;
  readonly requestBytesMax: number;
  /** Lets the client's connection be quiet for `limits.streamIdleTimeoutS`. */
  readonly allowQuiet: (request: Request) => void;
}

/** Those that belong to one connection, and those that the next one sets anew (RFC 9110 section 7.6.1). */
const hopHeaders = [
  "connection",
  "keep-alive",
  "te",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "host",
];

export class Relay {
  readonly #options: RelayOptions;
  /** Requests that have no answer yet: their connections must be allowed to be quiet, again and again. */
  readonly #waiting = new Set<Request>();

  readonly #closings = new Closings();
  #total = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** How many requests were handed over. */
  get total(): number {
    return this.#total;
  }

  /** Every now and then, well within the time that a connection may be quiet. */
  sweep(): void {
    for (const request of this.#waiting) this.#options.allowQuiet(request);
  }

  /** @param session whose request it is. @throws GatewayError */
  async pass(
    worker: number,
    session: string,
    request: Request,
    { path, search }: RequestPath,
  ): Promise<Response> {
    const body =
      request.method === "POST" ? await readBody(request, this.#options.requestBytesMax) : undefined;
    const answer = await this.passText(worker, request, path + search, body);
    if (request.headers.get("connection")?.toLowerCase() !== "close" && this.#closings.next(session))
      answer.headers.set("connection", "close");
    return answer;
  }

  /** @param body what was read of the request. @throws GatewayError `session-unknown`, `worker-lost` */
  async passText(
    worker: number,
    request: Request,
    address: string,
    body: string | undefined,
  ): Promise<Response> {
    const { method, signal } = request;
    const headers = new Headers(request.headers);
    for (const name of hopHeaders) headers.delete(name);
    this.#total += 1;
    this.#waiting.add(request);
    this.#options.allowQuiet(request);
    try {
      const passed = { method, headers, signal, ...(body === undefined ? {} : { body }) };
      const answer = await askPrivately(this.#options.pathOf(worker), address, passed, "client");
      return passedOn(answer);
    } catch (cause) {
      // Whatever lived in that process is gone with it.
      throw new GatewayError(isUnreached(cause) ? "session-unknown" : "worker-lost", undefined, { cause });
    } finally {
      this.#waiting.delete(request);
    }
  }
}

function passedOn(answer: Response): Response {
  const headers = new Headers(answer.headers);
  // What this end says anew; `connection: close` is meant for the client, whose next bytes nobody could read.
  for (const name of ["date", "keep-alive", "transfer-encoding", "content-length"]) headers.delete(name);
  return new Response(answer.body, { status: answer.status, headers });
}

/** Well within what a quiet connection is allowed. */
export const relaySweepMs = (limits.streamIdleTimeoutS * 1_000) / 4;
