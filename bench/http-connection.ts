/**
 * A keep-alive HTTP/1.1 connection that does as little as possible, so that the client's own cost does not hide
 * what is measured. One request at a time; bodies by Content-Length or chunked.
 */
import type { Socket } from "bun";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: string;
  readonly body: Buffer;
}

export class HttpConnection {
  #socket: Socket<undefined> | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes that must be there before another look is worth it. */
  #needed = 0;
  #resolve: ((answer: HttpAnswer) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  #pending: Buffer | undefined;

  static async open(port: number): Promise<HttpConnection> {
    const connection = new HttpConnection();
    connection.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_socket, chunk) => connection.#received(chunk),
        drain: () => connection.#drain(),
        close: () => connection.#fail(new Error("the connection was closed")),
        error: (_socket, error) => connection.#fail(error),
      },
    });
    return connection;
  }

  async post(path: string, headers: string, body: string): Promise<HttpAnswer> {
    const length = Buffer.byteLength(body);
    return await this.#send(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n${headers}Content-Length: ${length}\r\n\r\n${body}`,
    );
  }

  close(): void {
    this.#reject = undefined;
    this.#socket?.end();
  }

  async #send(text: string): Promise<HttpAnswer> {
    return await new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#pending = Buffer.from(text);
      this.#drain();
    });
  }

  #drain(): void {
    if (this.#pending === undefined) return;
    const taken = this.#socket?.write(this.#pending) ?? 0;
    this.#pending = taken >= this.#pending.length ? undefined : this.#pending.subarray(Math.max(taken, 0));
  }

  #received(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return;
    const whole = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#chunks = [whole];
    const answer = this.#read(whole);
    if (answer === undefined) return;
    this.#chunks = [];
    this.#bytes = 0;
    this.#needed = 0;
    this.#resolve?.(answer);
  }

  #read(whole: Buffer): HttpAnswer | undefined {
    const headEnd = whole.indexOf("\r\n\r\n");
    if (headEnd === -1) return undefined;
    const headers = whole.toString("latin1", 0, headEnd);
    const status = Number(headers.slice(9, 12));
    const length = /\r\ncontent-length: (\d+)/i.exec(headers)?.[1];
    if (length !== undefined || status === 202 || status === 204) {
      this.#needed = headEnd + 4 + Number(length ?? 0);
      if (whole.length < this.#needed) return undefined;
      return { status, headers, body: whole.subarray(headEnd + 4, this.#needed) };
    }
    if (!/\r\ntransfer-encoding: chunked/i.test(headers)) return undefined;
    if (whole.toString("latin1", whole.length - 5) !== "0\r\n\r\n") return undefined;
    return { status, headers, body: unchunk(whole.subarray(headEnd + 4)) };
  }

  #fail(error: Error): void {
    this.#reject?.(error);
    this.#reject = undefined;
  }
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(parts);
}
