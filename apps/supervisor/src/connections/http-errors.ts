/** What HTTP and the network say when they refuse, as errors with something to do about each. */
import { GatewayError, limits, messageOf, redact, systemCodeOf } from "@mcp-gateway/kit";

export interface HttpRefusal {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  /** The beginning of the body, if it is text. */
  readonly body: string;
}

/** An answer with a status that is no success. */
export function refusalError(backend: string, refusal: HttpRefusal): GatewayError {
  const said = shownBody(refusal);
  const message = `The server "${backend}" answered HTTP ${refusal.status}${said === "" ? "." : `: ${said}`}`;
  return new GatewayError("backend-http", message, {
    facts: { server: backend, status: refusal.status, remedy: remedyOf(refusal) },
  });
}

function remedyOf(refusal: HttpRefusal): string {
  const { status } = refusal;
  if (status === 401)
    return "The server wants authorization: set or renew `headers.Authorization` of its entry.";
  if (status === 403)
    return "The server refuses this client: check the rights of the token in `headers`, and the hosts it allows.";
  if (status === 404 || status === 405 || status === 410)
    return "Check `url` of its entry, path included, and `type`: `http` or `sse`.";
  if (status === 400) return "Check `headers` of its entry and the server's log.";
  if (status === 406 || status === 415)
    return "The address does not speak MCP over this transport: check `url` and `type` of its entry.";
  if (status === 407) return "A proxy wants authorization: check the proxy settings of the environment.";
  if (status === 413) return "Send less, or raise the server's body limit.";
  if (status === 429) return `The server limits how often it may be asked${waitOf(refusal)}.`;
  if (status === 503) return `The server is overloaded or starting${waitOf(refusal)}; its log may say more.`;
  if (status >= 500) return "The server failed by itself: its log says why.";
  return "Check `url`, `headers` and `type` of its entry.";
}

function waitOf(refusal: HttpRefusal): string {
  return refusal.retryAfter === undefined
    ? "; wait before trying again"
    : `; it asks to wait ${refusal.retryAfter.slice(0, 40)} (seconds or date)`;
}

/** A line of what the server said; pages for browsers say nothing that a person wants to read here. */
function shownBody(refusal: HttpRefusal): string {
  if (refusal.contentType.includes("html")) return "";
  const message = messageOfJson(refusal.body) ?? refusal.body;
  return redact(message.replace(/[\s\p{C}]+/gu, " ").trim()).slice(0, limits.backendErrorBodyCharsMax);
}

/** The `error.message`, `error_description`, `error` or `message` of a JSON body. */
function messageOfJson(body: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined; // Plain text, which is shown as it is.
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (
    "error" in value &&
    typeof value.error === "object" &&
    value.error !== null &&
    "message" in value.error
  ) {
    return String(value.error.message);
  }
  for (const text of [
    "error_description" in value && value.error_description,
    "error" in value && value.error,
    "message" in value && value.message,
  ]) {
    if (typeof text === "string") return text;
  }
  return undefined;
}

/** A request that got no answer at all. `origin` is all of the address that is shown. */
export function networkError(backend: string, origin: string, thrown: unknown): GatewayError {
  const code = systemCodeOf(thrown) ?? "";
  const [message, remedy] = describe(code, origin, thrown);
  return new GatewayError("backend-lost", `The server "${backend}" can't be reached: ${message}`, {
    facts: { server: backend, system: code, remedy },
    cause: thrown,
  });
}

function describe(code: string, origin: string, thrown: unknown): readonly [message: string, remedy: string] {
  if (isRefused(code))
    return [`nothing listens at ${origin}.`, "Start the server, or correct `url` of its entry."];
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return [
      `the name in ${origin} does not resolve.`,
      "Check `url` of its entry and the network's name service.",
    ];
  }
  if (code === "ECONNRESET" || code === "EPIPE") {
    return [
      `${origin} closed the connection without an answer; the call may have run.`,
      "Check the server's log, and whether the scheme in `url` is the right one, `http` or `https`.",
    ];
  }
  if (code === "Malformed_HTTP_Response")
    return [
      `what answers at ${origin} does not speak HTTP.`,
      "Check `url` of its entry, its port and scheme.",
    ];
  if (code === "EPROTO" || /CERT|SSL|TLS|SIGNATURE|ISSUER/.test(code)) {
    return [
      `no TLS connection with ${origin} (${reasonOf(thrown, origin)}).`,
      "Check the scheme in `url` and the server's certificate; NODE_EXTRA_CA_CERTS names further authorities.",
    ];
  }
  return [
    `no connection with ${origin} (${reasonOf(thrown, origin)}).`,
    "Check `url` of its entry and the network.",
  ];
}

/** Bun names the whole address in some, and keys may stand in its query. */
function reasonOf(thrown: unknown, origin: string): string {
  return redact(messageOf(thrown)).replace(/\bhttps?:\/\/[^\s"'`]+/gi, origin);
}

/** Nobody listens there: the server as a whole is gone, not one request. */
export function isRefused(code: string): boolean {
  return code === "ECONNREFUSED" || code === "ConnectionRefused";
}

export function redirectError(backend: string, target: URL | undefined): GatewayError {
  const where = target === undefined ? "too many times" : `to ${target.origin}`;
  return new GatewayError(
    "backend-http",
    `The server "${backend}" redirects ${where}; headers with secrets are not taken there.`,
    {
      facts: {
        backend,
        remedy:
          target === undefined
            ? "Check `url` of its entry."
            : `If you trust it, set \`url\` of its entry to an address at ${target.origin}.`,
      },
    },
  );
}

/** The server forgot the session: this request was not run, and the connection must be made anew. */
export function sessionLostError(backend: string): GatewayError {
  return new GatewayError(
    "backend-renewing",
    `The server "${backend}" has forgotten the session; the call was not run and the session is being renewed.`,
    { facts: { server: backend } },
  );
}

/** What servers say in a 400 when they do not know the session (or were restarted and know none). */
const sessionLostPattern =
  /not (been )?initialized|expect\w* (an )?initialize|initialize (request )?(first|expected|required)|session[ _-]?(id)? ?(was |is )?(not found|expired|invalid|unknown|terminated|required|missing)|(no valid|invalid|unknown|missing|expired) (mcp[ -])?session|mcp-session-id/i;

export function saysSessionLost(status: number, body: string, hasSession: boolean): boolean {
  if (status === 404) return hasSession;
  return status === 400 && sessionLostPattern.test(body);
}

export function sessionIdError(backend: string): GatewayError {
  return new GatewayError(
    "backend-http",
    `The server "${backend}" gives its session an id that no header can carry.`,
    {
      facts: { server: backend, remedy: "Report it to the server's author." },
    },
  );
}

/** An answer with a success status that answers nothing. */
export function emptyAnswerError(backend: string, what: string): GatewayError {
  return new GatewayError(
    "backend-malformed",
    `The server "${backend}" did not answer the request: it sent ${what}.`,
    {
      facts: {
        server: backend,
        remedy: "Check `url` and `type` of its entry; report it to the server's author.",
      },
    },
  );
}
