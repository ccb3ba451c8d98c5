/**
 * HTTP requests to one backend: its configured headers, redirects only within its own origin, bodies read
 * within a bound. Nothing here follows a backend to an address that its entry does not name.
 */
import { GatewayError, limits } from "@mcp-gateway/kit";
import type { Gate } from "../gate.ts";
import type { Authorizer } from "../sign-in/authorizer.ts";
import { type HttpRefusal, networkError, redirectError } from "./http-errors.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly accept: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Servers may refuse it for what they are: a refusal says nothing about being signed in. */
  readonly isOptional?: true;
}

export class HttpClient {
  readonly backend: string;
  readonly url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #authorizer: Authorizer | undefined;

  /** @throws GatewayError when the address is none of http or https */
  constructor(
    backend: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    authorizer?: Authorizer,
  ) {
    this.backend = backend;
    this.#authorizer = authorizer;
    const target = new URL(url);
    // Bun's fetch also reads `file:` and `data:` addresses.
    if (target.protocol !== "http:" && target.protocol !== "https:") {
      throw new GatewayError(
        "backend-http",
        `The address of the server "${backend}" has the scheme ${target.protocol}`,
        {
          facts: { server: backend, remedy: "Set `url` of its entry to an http:// or https:// address." },
        },
      );
    }
    this.#headers = { ...authorizationOf(target), ...headers };
    target.username = "";
    target.password = "";
    target.hash = "";
    this.url = target;
  }

  /**
   * Resolves with whatever answers, once its headers are there. What is refused for want of a good token has not run,
   * so it is sent once more when there is a better one.
   * @throws GatewayError `backend-lost` when nothing answers, `backend-http` for a redirect that is not followed,
   * `sign-in-required`, `sign-in-scope`, `sign-in-failed`
   */
  async request(request: HttpRequest, url: URL = this.url): Promise<Response> {
    const authorizer = request.isOptional === true ? undefined : this.#authorizer;
    for (let isFirst = true; ; isFirst = false) {
      const header = this.#authorizer?.header();
      const authorization = header instanceof Promise ? await header : header;
      const response = await this.#follow(withAuthorization(request, authorization), url);
      if (authorizer === undefined || (response.status !== 401 && response.status !== 403)) return response;
      const verdict = await authorizer.refused(response, authorization);
      if (verdict === undefined) return response;
      // A token that changed once more under it: that is told as any refusal is.
      if (verdict === "again" && !isFirst) return response;
      await discard(response);
      if (verdict !== "again") throw verdict;
    }
  }

  async #follow(request: HttpRequest, url: URL): Promise<Response> {
    let target = url;
    for (let hops = 0; hops <= limits.backendRedirectsMax; hops += 1) {
      const response = await this.fetchOnce(request, target);
      const next = redirectTarget(response, target);
      if (next === undefined) return response;
      await discard(response);
      if (next.origin !== target.origin) throw redirectError(this.backend, next);
      target = next;
    }
    throw redirectError(this.backend, undefined);
  }

  /** One request, redirects left to the caller. */
  async fetchOnce(request: HttpRequest, url: URL = this.url): Promise<Response> {
    const headers: Record<string, string> = { ...this.#headers, ...request.headers, accept: request.accept };
    if (request.body !== undefined) headers["content-type"] = "application/json";
    try {
      return await fetch(url, {
        method: request.method,
        headers,
        redirect: "manual",
        signal: request.signal,
        // Fetch's type excludes shared memory, which no message here is in.
        ...(request.body === undefined ? {} : { body: request.body as Uint8Array<ArrayBuffer> }),
      });
    } catch (thrown) {
      throw networkError(this.backend, url.origin, thrown);
    }
  }
}

function withAuthorization(request: HttpRequest, authorization: string | undefined): HttpRequest {
  return authorization === undefined
    ? request
    : { ...request, headers: { ...request.headers, authorization } };
}

/** `http://user:password@host/` is HTTP's Basic scheme (RFC 7617). */
function authorizationOf(url: URL): Record<string, string> {
  if (url.username === "" && url.password === "") return {};
  const pair = `${percentDecoded(url.username)}:${percentDecoded(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A stray percent sign stands for itself.
  }
}

/** Only redirects that keep method and body are followed; 303 would turn a POST into a GET. */
function redirectTarget(response: Response, from: URL): URL | undefined {
  if (![301, 302, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get("location");
  if (location === null || !URL.canParse(location, from)) return undefined;
  return new URL(location, from);
}

/** Gives up the rest of a body. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined); // Already broken or aborted is as good as cancelled.
}

export function contentTypeOf(response: Response): string {
  return (response.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/**
 * A whole body, counted as decoded bytes while it streams, so that a compressed bomb is cut in time.
 * @throws GatewayError `backend-oversized`
 */
export async function readBody(
  response: Response,
  bytesMax: number,
  backend: string,
  gate?: Gate,
): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    if (gate?.shut !== undefined) await gate.shut;
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    if (bytes > bytesMax) {
      void reader.cancel().catch(() => undefined); // The connection is given up; how it ends does not matter.
      throw new GatewayError(
        "backend-oversized",
        `The answer of the server "${backend}" is larger than ${bytesMax} bytes.`,
        {
          facts: { server: backend, bytesMax },
        },
      );
    }
    chunks.push(value);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes);
}

/** The facts of a refusal, with the beginning of its body if that comes soon. */
export async function readRefusal(response: Response): Promise<HttpRefusal> {
  const contentType = contentTypeOf(response);
  const isText = contentType === "" || contentType.startsWith("text/") || contentType.includes("json");
  const isShown = isText && contentType !== "text/event-stream";
  if (!isShown) await discard(response);
  return {
    status: response.status,
    contentType,
    retryAfter: response.headers.get("retry-after") ?? undefined,
    body: isShown ? await beginningOfBody(response) : "",
  };
}

async function beginningOfBody(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder();
  let text = "";
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), limits.backendHttpSettleMs);
  try {
    while (text.length < limits.backendErrorBodyBytesMax) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // A refusal cut short is still a refusal; what came of its text is enough.
  } finally {
    clearTimeout(timer);
    void reader.cancel().catch(() => undefined); // The rest is not wanted.
  }
  return text.slice(0, limits.backendErrorBodyBytesMax);
}
