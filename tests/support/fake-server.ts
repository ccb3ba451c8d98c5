/** The protocol half of the scripted backends: handshake and lists. Used over stdio and over HTTP alike. */
import { callTool, fakeTools } from "./fake-tools.ts";

export interface FakeMessage {
  readonly jsonrpc?: string;
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: unknown;
}

export interface FakeServerOptions {
  readonly name: string;
  readonly tools: number;
  readonly resources: number;
  readonly prompts: number;
  readonly pageSize: number;
  readonly silentInitialize: boolean;
  readonly initializeDelayMs: number;
  readonly initializeError: boolean;
  readonly protocolVersion: string | undefined;
  readonly listDelayMs: number;
  readonly listHang: boolean;
  readonly listError: boolean;
  readonly endlessCursor: "none" | "growing" | "same";
}

export const quietFakeServer: FakeServerOptions = {
  name: "fake",
  tools: 0,
  resources: 0,
  prompts: 0,
  pageSize: 1_000,
  silentInitialize: false,
  initializeDelayMs: 0,
  initializeError: false,
  protocolVersion: undefined,
  listDelayMs: 0,
  listHang: false,
  listError: false,
  endlessCursor: "none",
};

/** Takes messages in, gives lines out. `requestId` tells an HTTP carrier which call a line belongs to. */
export type Send = (line: string, requestId?: string | number) => void;

export class FakeServer {
  readonly options: FakeServerOptions;
  readonly send: Send;
  /** Everything that came, oldest first: tests ask for it with the tool `received`. */
  readonly received: FakeMessage[] = [];
  /** The same on stdio as text, byte for byte. */
  readonly lines: string[] = [];
  readonly #waiting = new Map<string | number, (answer: FakeMessage) => void>();
  #nextId = 1;
  extraTools: string[] = [];
  logLevel = "none";

  constructor(options: FakeServerOptions, send: Send) {
    this.options = options;
    this.send = send;
  }

  receive(message: FakeMessage): void {
    this.received.push(message);
    if (message.method === undefined) {
      const waiting = message.id === undefined ? undefined : this.#waiting.get(message.id);
      if (message.id !== undefined) this.#waiting.delete(message.id);
      waiting?.(message);
      return;
    }
    if (message.id === undefined) return;
    this.#answer(message.id, message.method, message.params ?? {});
  }

  reply(id: string | number, result: unknown): void {
    this.send(JSON.stringify({ jsonrpc: "2.0", id, result }), id);
  }

  fail(id: string | number, code: number, message: string, data?: unknown): void {
    this.send(JSON.stringify({ jsonrpc: "2.0", id, error: { code, message, data } }), id);
  }

  notify(method: string, params: unknown, requestId?: string | number): void {
    this.send(JSON.stringify({ jsonrpc: "2.0", method, params }), requestId);
  }

  /** Sends a request to the client and resolves with its answer. */
  request(method: string, params: unknown, requestId?: string | number): Promise<FakeMessage> {
    const id = `s${this.#nextId}`;
    this.#nextId += 1;
    const answer = new Promise<FakeMessage>((resolve) => this.#waiting.set(id, resolve));
    this.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }), requestId);
    return answer;
  }

  #answer(id: string | number, method: string, params: Readonly<Record<string, unknown>>): void {
    switch (method) {
      case "initialize":
        this.#initialize(id, params);
        break;
      case "ping":
      case "resources/subscribe":
      case "resources/unsubscribe":
        this.reply(id, {});
        break;
      case "tools/list":
        this.#list(
          id,
          "tools",
          [...fakeTools, ...this.#numberedTools(), ...this.extraTools.map(simpleTool)],
          params,
        );
        break;
      case "resources/list":
        this.#list(
          id,
          "resources",
          numbered(this.options.resources, (index) => ({
            uri: `fake://${this.options.name}/${index}`,
            name: `resource ${index}`,
          })),
          params,
        );
        break;
      case "resources/templates/list":
        this.#list(
          id,
          "resourceTemplates",
          [{ uriTemplate: `fake://${this.options.name}/item/{id}`, name: "item" }],
          params,
        );
        break;
      case "prompts/list":
        this.#list(
          id,
          "prompts",
          numbered(this.options.prompts, (index) => ({
            name: `prompt_${index}`,
            description: `prompt ${index}`,
          })),
          params,
        );
        break;
      case "resources/read":
        this.reply(id, {
          contents: [
            {
              uri: params["uri"],
              mimeType: "text/plain",
              text: `content of ${String(params["uri"])} at ${this.options.name}`,
            },
          ],
        });
        break;
      case "prompts/get":
        this.reply(id, {
          messages: [
            {
              role: "user",
              content: { type: "text", text: `prompt ${String(params["name"])} of ${this.options.name}` },
            },
          ],
        });
        break;
      case "completion/complete":
        this.reply(id, {
          completion: { values: [`${this.options.name}-completed`], total: 1, hasMore: false },
        });
        break;
      case "logging/setLevel":
        this.logLevel = String(params["level"]);
        this.reply(id, {});
        break;
      case "tools/call":
        callTool(this, id, params);
        break;
      default:
        this.fail(id, -32601, `Method not found: ${method}`);
        break;
    }
  }

  #initialize(id: string | number, params: Readonly<Record<string, unknown>>): void {
    const { silentInitialize, initializeError, initializeDelayMs, protocolVersion, name } = this.options;
    if (silentInitialize) return;
    if (initializeError) {
      this.fail(id, -32603, "this backend refuses to be initialized");
      return;
    }
    const result = {
      protocolVersion: protocolVersion ?? params["protocolVersion"],
      capabilities: {
        tools: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        prompts: { listChanged: true },
        completions: {},
        logging: {},
      },
      serverInfo: { name, version: "1.2.3" },
      instructions: `instructions of ${name}`,
    };
    setTimeout(() => this.reply(id, result), initializeDelayMs);
  }

  #list(
    id: string | number,
    key: string,
    items: readonly unknown[],
    params: Readonly<Record<string, unknown>>,
  ): void {
    const { listDelayMs, listHang, listError, pageSize, endlessCursor } = this.options;
    if (listHang) return;
    if (listError) {
      this.fail(id, -32603, `no ${key} today`);
      return;
    }
    const start = Number(params["cursor"] ?? 0);
    const page = items.slice(start, start + pageSize);
    const more = start + pageSize < items.length;
    const next = { none: more ? String(start + pageSize) : undefined, growing: String(start + 1), same: "0" }[
      endlessCursor
    ];
    setTimeout(() => this.reply(id, { [key]: page, nextCursor: next }), listDelayMs);
  }

  #numberedTools(): unknown[] {
    return numbered(this.options.tools, (index) => simpleTool(`tool_${index}`));
  }
}

function simpleTool(name: string): unknown {
  return { name, description: `Answers with its own name, ${name}.`, inputSchema: { type: "object" } };
}

function numbered(count: number, make: (index: number) => unknown): unknown[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
