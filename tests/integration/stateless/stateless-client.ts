/** A client of the stateless revision written by hand: sends exactly what a test says, judges nothing. */
import { sseEvents } from "../../support/sse-events.ts";

export interface StatelessAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Notifications that came before the response. */
  readonly notifications: readonly { method: string; params: Record<string, unknown> }[];
  readonly text: string;
  readonly id: unknown;
  readonly result: Record<string, unknown> | undefined;
  readonly error: { code: number; message: string; data?: Record<string, unknown> } | undefined;
}

export interface AskOptions {
  readonly id?: string | number;
  readonly url?: string;
  /** Merged over what every request carries; undefined leaves a key out. */
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly capabilities?: Readonly<Record<string, unknown>>;
  /** Merged over the headers; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

export const revision = "2026-07-28";
let lastId = 0;

export class StatelessClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async fetch(method: string, params: object = {}, options: AskOptions = {}): Promise<Response> {
    const prefix = "io.modelcontextprotocol/";
    const meta = {
      [`${prefix}protocolVersion`]: revision,
      [`${prefix}clientInfo`]: { name: "by-hand", version: "1.0.0" },
      [`${prefix}clientCapabilities`]: options.capabilities ?? {},
      ...options.meta,
    };
    const named = params as { name?: string; uri?: string }; // Only looked at.
    const name = ["tools/call", "prompts/get"].includes(method) ? named.name : named.uri;
    const headers: Record<string, string | undefined> = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": revision,
      "mcp-method": method,
      "mcp-name": name,
      ...options.headers,
    };
    const sent = Object.entries(headers).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value] as [string, string]],
    );
    return await fetch(options.url ?? this.#url, {
      method: "POST",
      headers: sent,
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: options.id ?? ++lastId,
        method,
        params: { ...params, _meta: meta },
      }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  }

  async ask(method: string, params: object = {}, options: AskOptions = {}): Promise<StatelessAnswer> {
    return await readAnswer(await this.fetch(method, params, options));
  }

  async call(name: string, args: object = {}, options: AskOptions = {}): Promise<StatelessAnswer> {
    return await this.ask("tools/call", { name, arguments: args }, options);
  }
}

export async function readAnswer(response: Response): Promise<StatelessAnswer> {
  const texts: string[] = [];
  if (response.headers.get("content-type")?.startsWith("text/event-stream") === true) {
    for await (const { data, id } of sseEvents(response.body ?? new ReadableStream())) {
      if (id !== undefined) throw new Error("an event of this revision has no id");
      texts.push(data);
    }
  } else {
    texts.push(await response.text());
  }
  const text = texts.pop() ?? "";
  const message = text === "" ? {} : JSON.parse(text);
  return {
    status: response.status,
    headers: response.headers,
    notifications: texts.map((one) => JSON.parse(one)),
    text,
    id: message.id,
    result: message.result,
    error: message.error,
  };
}

/** The text of a tool result's first block. */
export function textIn(answer: StatelessAnswer): string {
  const content = answer.result?.["content"] as { text?: string }[] | undefined; // Read, and compared by the test.
  return content?.[0]?.text ?? `no text: ${answer.text}`;
}
