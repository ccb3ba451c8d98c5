/**
 * HTTP on one kept connection whose worker is known: the session that is begun on it names the worker, and the
 * system never moves a connection. What is sent afterwards, for any session, arrives at that worker.
 */
import { connect, type Socket } from "node:net";
import { waitFor, within } from "../../support/wait-for.ts";

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const accept = "application/json, text/event-stream";

export class WorkerConnection {
  readonly #socket: Socket;
  readonly #port: number;
  #received = Buffer.alloc(0);
  #isOpen = true;
  /** The session that was begun on this connection, and the worker that its id names. */
  session = "";
  worker = 0;

  private constructor(port: number) {
    this.#port = port;
    this.#socket = connect({ host: "127.0.0.1", port });
    this.#socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    this.#socket.on("close", () => {
      this.#isOpen = false;
    });
    this.#socket.on("error", () => undefined); // A reset is a close; whoever waits is told by that.
  }

  static async open(port: number, path = "/mcp", capabilities: object = {}): Promise<WorkerConnection> {
    const connection = new WorkerConnection(port);
    const clientInfo = { name: "by-hand", version: "1" };
    const params = { protocolVersion: "2025-11-25", capabilities, clientInfo };
    const answer = await connection.post({ jsonrpc: "2.0", id: 0, method: "initialize", params }, "", path);
    connection.session = answer.headers.get("mcp-session-id") ?? "";
    connection.worker = Number(connection.session.split(".")[0]);
    return connection;
  }

  /** One to each worker, in their order. */
  static async toEach(port: number, workers: number): Promise<WorkerConnection[]> {
    const found = new Map<number, WorkerConnection>();
    for (let attempt = 0; found.size < workers; attempt += 1) {
      if (attempt === 500) throw new Error(`only workers ${[...found.keys()]} took one of 500 connections`);
      const connection = await WorkerConnection.open(port);
      if (found.has(connection.worker)) connection.close();
      else found.set(connection.worker, connection);
    }
    return [...found.values()].sort((a, b) => a.worker - b.worker);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  post(message: object, session = this.session, path = "/mcp", headers: object = {}): Promise<Answer> {
    this.send("POST", session, path, headers, JSON.stringify(message));
    return this.answer();
  }

  async call(session: string, id: number, tool: string, args: object): Promise<Answer> {
    const params = { name: tool, arguments: args };
    return await this.post({ jsonrpc: "2.0", id, method: "tools/call", params }, session);
  }

  delete(session: string): Promise<Answer> {
    this.send("DELETE", session, "/mcp", {}, "");
    return this.answer();
  }

  send(method: string, session: string, path: string, headers: object, body: string): void {
    const lines = Object.entries({
      host: `127.0.0.1:${this.#port}`,
      accept: method === "GET" ? "text/event-stream" : accept,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      ...(session === "" ? {} : { "mcp-session-id": session }),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
  }

  /** The whole answer; of an event stream its data, when it has ended. */
  async answer(): Promise<Answer> {
    return await waitFor(
      () => {
        const answer = this.#take();
        if (answer === undefined && !this.#isOpen) throw new Error("the connection was closed");
        return answer;
      },
      { timeoutMs: 20_000, everyMs: 2, what: "an HTTP answer" },
    );
  }

  /** What has come so far, heads and chunk sizes included: enough to see whether something is in it. */
  async received(text: string): Promise<string> {
    return await waitFor(() => (this.#received.includes(text) ? this.#received.toString() : undefined), {
      timeoutMs: 20_000,
      everyMs: 5,
      what: `"${text}" on the stream of worker ${this.worker}`,
    });
  }

  async closed(): Promise<void> {
    await within(
      10_000,
      "the connection's end",
      new Promise<void>((resolve) => {
        if (this.#isOpen) this.#socket.on("close", () => resolve());
        else resolve();
      }),
    );
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(): Answer | undefined {
    const end = this.#received.indexOf("\r\n\r\n");
    if (end === -1) return undefined;
    const [first = "", ...lines] = this.#received.subarray(0, end).toString().split("\r\n");
    const headers = new Map(
      lines.map((line) => [
        line.slice(0, line.indexOf(":")).toLowerCase(),
        line.slice(line.indexOf(":") + 1).trim(),
      ]),
    );
    const rest = this.#received.subarray(end + 4);
    const body = headers.get("transfer-encoding") === "chunked" ? chunked(rest) : sized(rest, headers);
    if (body === undefined) return undefined;
    this.#received = rest.subarray(body.length);
    return { status: Number(first.split(" ")[1]), headers, body: body.text };
  }
}

interface Body {
  readonly text: string;
  /** Of the bytes on the wire. */
  readonly length: number;
}

function sized(rest: Buffer, headers: ReadonlyMap<string, string>): Body | undefined {
  const length = Number(headers.get("content-length") ?? 0);
  return rest.length < length ? undefined : { text: rest.subarray(0, length).toString(), length };
}

function chunked(rest: Buffer): Body | undefined {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(rest.subarray(at, lineEnd).toString(), 16);
    const next = lineEnd + 2 + size + 2;
    if (rest.length < next) return undefined;
    if (size === 0) return { text: Buffer.concat(pieces).toString(), length: next };
    pieces.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
