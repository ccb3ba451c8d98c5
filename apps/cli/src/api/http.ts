/** Requests to the gateway: bounded in time and size, never through a proxy when it is on this machine. */
import { limits, messageOf, systemCodeOf } from "@mcp-gateway/kit";

/** Why there is no answer. `refused`: nobody listens there. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  readonly reason: "refused" | "timeout" | "broken";

  constructor(reason: "refused" | "timeout" | "broken", message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface Answer {
  readonly status: number;
  /** The JSON of the body; undefined when it is none. */
  readonly value: unknown;
}

export async function requestJson(
  address: string,
  path: string,
  options: {
    readonly method?: string;
    readonly token: string | undefined;
    readonly timeoutMs?: number;
    /** Sent as JSON. */
    readonly body?: unknown;
  },
): Promise<Answer> {
  const content =
    options.body === undefined
      ? {}
      : {
          headers: { "content-type": "application/json" },
          body: { body: JSON.stringify(options.body) },
        };
  const response = await request(`${address}${path}`, {
    method: options.method ?? "GET",
    headers: { accept: "application/json", ...authorization(options.token), ...content.headers },
    ...content.body,
    signal: AbortSignal.timeout(options.timeoutMs ?? limits.cliRequestTimeoutMs),
  });
  const text = await response.text().catch((cause: unknown) => {
    throw failureOf(cause, address);
  });
  return { status: response.status, value: parse(text) };
}

export async function request(url: string, init: RequestInit): Promise<Response> {
  const { hostname, origin } = new URL(url);
  if (isLoopback(hostname)) bypassProxy(hostname);
  try {
    return await fetch(url, { ...init, redirect: "error" });
  } catch (cause) {
    throw failureOf(cause, origin);
  }
}

export function authorization(token: string | undefined): Record<string, string> {
  return token === undefined || token === "" ? {} : { authorization: `Bearer ${token}` };
}

function failureOf(cause: unknown, origin: string): unknown {
  const name = cause instanceof Error ? cause.name : "";
  if (name === "TimeoutError") return new NoAnswer("timeout", `${origin} did not answer in time.`);
  if (name === "AbortError") return cause;
  const code = systemCodeOf(cause) ?? "";
  if (code === "ConnectionRefused" || code === "ECONNREFUSED")
    return new NoAnswer("refused", `Nothing listens at ${origin}.`);
  return new NoAnswer("broken", `${origin}: ${messageOf(cause)}`);
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}

/** A company's HTTP_PROXY cannot reach this machine's loopback, and would get to see the admin token. */
function bypassProxy(hostname: string): void {
  const name = hostname.replace(/^\[|\]$/g, "");
  const listed = (process.env["NO_PROXY"] ?? process.env["no_proxy"] ?? "")
    .split(",")
    .filter((entry) => entry !== "");
  if (listed.includes(name)) return;
  const value = [...listed, name].join(",");
  process.env["NO_PROXY"] = value;
  process.env["no_proxy"] = value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not JSON: the callers say so with what they expected.
  }
}
