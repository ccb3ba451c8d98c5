/** A small MCP client (Streamable HTTP, revision 2025-11-25): enough to call one tool through the gateway. */
import { limits, messageOf, version } from "@mcp-gateway/kit";
import { isObject, type JsonObject } from "../json.ts";
import { eventData } from "./event-reader.ts";
import { authorization, NoAnswer, request } from "./http.ts";

const protocolVersion = "2025-11-25";

/** The gateway or the server answered with a JSON-RPC error, or HTTP refused the request. */
export class RemoteError extends Error {
  override readonly name = "RemoteError";
  readonly httpStatus: number;
  readonly data: unknown;

  constructor(message: string, httpStatus: number, data: unknown) {
    super(message);
    this.httpStatus = httpStatus;
    this.data = data;
  }
}

export interface CallOptions {
  readonly timeoutMs: number;
  readonly cancel: AbortSignal;
  onProgress(text: string): void;
}

export class McpClient {
  readonly #url: string;
  readonly #token: string | undefined;
  #session: string | undefined;
  #negotiated: string | undefined;
  #nextId = 1;

  constructor(address: string, token: string | undefined) {
    this.#url = `${address}/mcp`;
    this.#token = token;
  }

  async open(timeoutMs: number): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    const params = { protocolVersion, capabilities: {}, clientInfo: { name: "mcp-gateway-cli", version } };
    const result = await this.#request("initialize", params, signal, () => {});
    this.#negotiated =
      isObject(result) && typeof result["protocolVersion"] === "string"
        ? result["protocolVersion"]
        : protocolVersion;
    await this.#notify("notifications/initialized", {}, signal);
  }

  /** @returns the tool's result as it came; a cancelled call is told to the gateway before this rejects */
  async callTool(name: string, args: JsonObject, options: CallOptions): Promise<JsonObject> {
    const id = this.#nextId;
    const deadline = AbortSignal.timeout(options.timeoutMs);
    const params = { name, arguments: args, _meta: { progressToken: id } };
    try {
      const result = await this.#request(
        "tools/call",
        params,
        AbortSignal.any([deadline, options.cancel]),
        options.onProgress,
      );
      return isObject(result) ? result : {};
    } catch (thrown) {
      const stopped = deadline.aborted || options.cancel.aborted;
      if (stopped) await this.#cancel(id, deadline.aborted ? "time-out" : "interrupted");
      if (deadline.aborted)
        throw new NoAnswer(
          "timeout",
          `The tool did not answer within ${options.timeoutMs / 1000} s; the call was cancelled.`,
        );
      throw thrown;
    }
  }

  /** Ends the session. The result was shown by then, so a failure changes nothing: the gateway reaps it. */
  async close(timeoutMs: number): Promise<void> {
    if (this.#session === undefined) return;
    await request(this.#url, {
      method: "DELETE",
      headers: this.#headers(),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch(() => {});
  }

  async #cancel(requestId: number, reason: string): Promise<void> {
    const signal = AbortSignal.timeout(limits.cliCancelTimeoutMs);
    // The call is lost either way; the gateway cancels it when the connection goes.
    await this.#notify("notifications/cancelled", { requestId, reason }, signal).catch(() => {});
  }

  async #request(
    method: string,
    params: JsonObject,
    signal: AbortSignal,
    onProgress: (text: string) => void,
  ): Promise<unknown> {
    const id = this.#nextId++;
    const response = await this.#post({ jsonrpc: "2.0", id, method, params }, signal);
    this.#session ??= response.headers.get("mcp-session-id") ?? undefined;
    for await (const message of messagesOf(response)) {
      if (message["id"] === id && message["method"] === undefined) return resultOf(message, response.status);
      if (message["method"] === "notifications/progress") onProgress(progressText(message["params"]));
      else if (message["id"] !== undefined) await this.#answer(message, signal);
    }
    throw response.ok
      ? new NoAnswer("broken", "The gateway closed the stream before it answered.")
      : new RemoteError(`HTTP ${response.status}`, response.status, undefined);
  }

  /** Requests of a server: a ping is answered, all else was not declared as a capability. */
  async #answer(message: JsonObject, signal: AbortSignal): Promise<void> {
    const { id, method } = message;
    const outcome =
      method === "ping"
        ? { result: {} }
        : { error: { code: -32601, message: "This client does not do that." } };
    await this.#post({ jsonrpc: "2.0", id, ...outcome }, signal);
  }

  async #notify(method: string, params: JsonObject, signal: AbortSignal): Promise<void> {
    const response = await this.#post({ jsonrpc: "2.0", method, params }, signal);
    await response.body?.cancel();
  }

  async #post(message: JsonObject, signal: AbortSignal): Promise<Response> {
    const headers = {
      ...this.#headers(),
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    return await request(this.#url, { method: "POST", headers, body: JSON.stringify(message), signal });
  }

  #headers(): Record<string, string> {
    return {
      ...authorization(this.#token),
      ...(this.#session === undefined ? {} : { "mcp-session-id": this.#session }),
      ...(this.#negotiated === undefined ? {} : { "mcp-protocol-version": this.#negotiated }),
    };
  }
}

async function* messagesOf(response: Response): AsyncGenerator<JsonObject> {
  if (response.body === null) return;
  if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
    const value = parse(await response.text());
    // An error answer need not carry the id: it is about this request all the same.
    if (isObject(value) && !response.ok) throw errorOf(value["error"], response.status);
    if (isObject(value)) yield value;
    return;
  }
  for await (const data of eventData(response.body)) {
    // The gateway opens a stream with an event that has an id and no data, for clients that resume.
    if (data === "") continue;
    const value = parse(data);
    if (isObject(value)) yield value;
  }
}

function resultOf(message: JsonObject, httpStatus: number): unknown {
  if (message["error"] !== undefined) throw errorOf(message["error"], httpStatus);
  return message["result"];
}

function errorOf(error: unknown, httpStatus: number): RemoteError {
  if (!isObject(error)) return new RemoteError(`HTTP ${httpStatus}`, httpStatus, undefined);
  return new RemoteError(
    typeof error["message"] === "string" ? error["message"] : "unknown error",
    httpStatus,
    error["data"],
  );
}

function progressText(params: unknown): string {
  if (!isObject(params)) return "";
  const { progress, total, message } = params;
  const part = typeof total === "number" && total > 0 ? `${progress}/${total}` : String(progress ?? "");
  return [part, typeof message === "string" ? message : ""].filter((text) => text !== "").join(" ");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NoAnswer("broken", `The answer is not valid JSON: ${messageOf(error)}`);
  }
}
