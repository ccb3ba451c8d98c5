/** MCP clients of the benchmark: one call at a time each, every answer checked for its id and content. */
import { HttpConnection } from "./http-connection.ts";

export interface BenchClient {
  /** Calls a tool and checks the answer. @throws Error on a wrong answer */
  call(name: string, args: object, expectedText: string): Promise<void>;
  /** @returns how many tools are listed */
  list(): Promise<number>;
  close(): void;
}

export class WrongAnswer extends Error {
  override readonly name = "WrongAnswer";
}

const initializeParams = {
  protocolVersion: "2025-06-18",
  capabilities: {},
  clientInfo: { name: "bench", version: "1" },
};

function requestText(id: number, method: string, params: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

/** Large texts are compared by length and ends: parsing megabytes would measure the client. */
function checkText(body: Buffer, id: number, expected: string): void {
  if (body.length > 64 * 1024) {
    const ends = body.toString("latin1", 0, 200) + body.toString("latin1", body.length - 200);
    if (
      !ends.includes(`"id":${id}`) ||
      body.length < expected.length ||
      body.indexOf(expected.slice(-64)) === -1
    ) {
      throw new WrongAnswer(`wrong large answer to ${id}: ${body.length} bytes`);
    }
    return;
  }
  const message = JSON.parse(body.toString()) as {
    id?: unknown;
    result?: { content?: { text?: unknown }[] };
  }; // Checked right here.
  if (message.id !== id) throw new WrongAnswer(`asked ${id}, answered ${String(message.id)}`);
  if (message.result?.content?.[0]?.text !== expected)
    throw new WrongAnswer(`wrong content for ${id}: ${body.toString().slice(0, 200)}`);
}

function toolsIn(body: Buffer): number {
  const message = JSON.parse(body.toString()) as { result?: { tools?: unknown[] } }; // Checked right here.
  if (!Array.isArray(message.result?.tools))
    throw new WrongAnswer(`no list: ${body.toString().slice(0, 200)}`);
  return message.result.tools.length;
}

/** An event stream that holds one answer, for those who answer a POST that way. */
function bodyOf(answer: { headers: string; body: Buffer }): Buffer {
  if (!/content-type: text\/event-stream/i.test(answer.headers)) return answer.body;
  const events = answer.body.toString().split(/\r?\n\r?\n/);
  const data = events.map((event) =>
    event
      .split(/\r?\n/)
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5).trim())
      .join("\n"),
  );
  const reply = data.findLast((text) => text.includes('"result"') || text.includes('"error"'));
  return Buffer.from(reply ?? "null");
}

export class StreamableClient implements BenchClient {
  readonly #connection: HttpConnection;
  readonly #path: string;
  readonly #headers: string;
  readonly #prefix: string;
  #lastId = 1;

  private constructor(connection: HttpConnection, path: string, headers: string, prefix: string) {
    this.#connection = connection;
    this.#path = path;
    this.#headers = headers;
    this.#prefix = prefix;
  }

  /** @param prefix what the target puts before a tool's name */
  static async open(port: number, path: string, prefix: string): Promise<StreamableClient> {
    const connection = await HttpConnection.open(port);
    const answer = await connection.post(path, "", requestText(1, "initialize", initializeParams));
    if (answer.status !== 200)
      throw new WrongAnswer(`initialize: ${answer.status} ${answer.body.toString().slice(0, 200)}`);
    const session = /\r\nmcp-session-id: ([^\r\n]+)/i.exec(answer.headers)?.[1];
    const headers = `MCP-Protocol-Version: 2025-06-18\r\n${session === undefined ? "" : `Mcp-Session-Id: ${session}\r\n`}`;
    await connection.post(
      path,
      headers,
      JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }),
    );
    return new StreamableClient(connection, path, headers, prefix);
  }

  async call(name: string, args: object, expectedText: string): Promise<void> {
    const id = ++this.#lastId;
    const answer = await this.#connection.post(
      this.#path,
      this.#headers,
      requestText(id, "tools/call", { name: this.#prefix + name, arguments: args }),
    );
    checkText(bodyOf(answer), id, expectedText);
  }

  async list(): Promise<number> {
    const answer = await this.#connection.post(
      this.#path,
      this.#headers,
      requestText(++this.#lastId, "tools/list", {}),
    );
    return toolsIn(bodyOf(answer));
  }

  close(): void {
    this.#connection.close();
  }
}

/** HTTP+SSE: requests by POST, answers on the one stream. */
export class SseClient implements BenchClient {
  readonly #connection: HttpConnection;
  readonly #abort: AbortController;
  readonly #prefix: string;
  readonly #waiting = new Map<number, (body: Buffer) => void>();
  #endpoint = "";
  #lastId = 0;

  private constructor(connection: HttpConnection, abort: AbortController, prefix: string) {
    this.#connection = connection;
    this.#abort = abort;
    this.#prefix = prefix;
  }

  static async open(port: number, path: string, prefix: string): Promise<SseClient> {
    const abort = new AbortController();
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { accept: "text/event-stream" },
      signal: abort.signal,
    });
    const client = new SseClient(await HttpConnection.open(port), abort, prefix);
    if (response.body === null) throw new WrongAnswer("no event stream");
    await client.#read(response.body);
    await client.#ask("initialize", initializeParams);
    await client.#connection.post(
      client.#endpoint,
      "",
      JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }),
    );
    return client;
  }

  /** Resolves when the endpoint is known; reading goes on. */
  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      void (async () => {
        let rest = Buffer.alloc(0);
        let parts: Buffer[] = [];
        for await (const chunk of body) {
          parts.push(Buffer.from(chunk));
          if (!endsEvent(chunk)) continue;
          rest = Buffer.concat(parts);
          parts = [];
          for (const event of eventsIn(rest)) {
            if (event.name === "endpoint") {
              this.#endpoint = event.data.toString();
              resolve();
            } else this.#settle(event.data);
          }
        }
      })().catch(reject);
    });
  }

  #settle(data: Buffer): void {
    const ends = data.toString("latin1", 0, 60) + data.toString("latin1", Math.max(0, data.length - 60));
    const id = Number(/"id":(\d+)/.exec(ends)?.[1]);
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(data);
  }

  async #ask(method: string, params: object): Promise<{ id: number; body: Buffer }> {
    const id = ++this.#lastId;
    const answered = new Promise<Buffer>((resolve) => this.#waiting.set(id, resolve));
    await this.#connection.post(this.#endpoint, "", requestText(id, method, params));
    return { id, body: await answered };
  }

  async call(name: string, args: object, expectedText: string): Promise<void> {
    const { id, body } = await this.#ask("tools/call", { name: this.#prefix + name, arguments: args });
    checkText(body, id, expectedText);
  }

  async list(): Promise<number> {
    return toolsIn((await this.#ask("tools/list", {})).body);
  }

  close(): void {
    this.#abort.abort();
    this.#connection.close();
  }
}

function endsEvent(chunk: Uint8Array): boolean {
  return (
    chunk.length >= 2 &&
    chunk[chunk.length - 1] === 10 &&
    (chunk[chunk.length - 2] === 10 || chunk[chunk.length - 2] === 13)
  );
}

function eventsIn(bytes: Buffer): { name: string; data: Buffer }[] {
  const events: { name: string; data: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = bytes.indexOf("\n\n", at);
    if (end === -1) end = bytes.length;
    const event = bytes.subarray(at, end);
    at = end + 2;
    const dataAt = event.indexOf("data:");
    if (dataAt === -1) continue;
    const name = /^event: ?(.*)$/m.exec(event.toString("latin1", 0, dataAt))?.[1] ?? "message";
    const start = event[dataAt + 5] === 32 ? dataAt + 6 : dataAt + 5;
    const lineEnd = event.indexOf("\n", start);
    events.push({ name, data: event.subarray(start, lineEnd === -1 ? event.length : lineEnd) });
  }
  return events;
}
