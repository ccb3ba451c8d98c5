/** A keep-alive HTTP/1.1 connection: one request at a time, the whole answer at once. */
import { HttpReader, type ResponseHead } from "./http-reader.ts";
import { LoadSocket } from "./socket.ts";

export interface HttpAnswer extends ResponseHead {
  readonly body: Buffer;
}

export class HttpConnection {
  readonly #port: number;
  #socket: LoadSocket | undefined;
  #head: ResponseHead | undefined;
  #pieces: Buffer[] = [];
  #resolve: ((answer: HttpAnswer) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  #broken: Error | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  static async open(port: number): Promise<HttpConnection> {
    const connection = new HttpConnection(port);
    connection.#socket = await connection.#connect();
    return connection;
  }

  async #connect(): Promise<LoadSocket> {
    const reader = new HttpReader({
      head: (head) => {
        this.#head = head;
      },
      body: (piece) => {
        this.#pieces.push(piece);
      },
      end: () => this.#settle(),
    });
    const socket: LoadSocket = await LoadSocket.open(this.#port, {
      push: (chunk) => reader.push(chunk),
      closed: (error) => {
        if (socket === this.#socket) this.#fail(error);
      },
    });
    return socket;
  }

  /** @param headers lines that each end with CRLF */
  async post(path: string, headers: string, body: string): Promise<HttpAnswer> {
    return await new Promise((resolve, reject) => this.send(path, headers, body, resolve, reject));
  }

  /** The same without a promise of its own, for those who wait for more than this. */
  send(
    path: string,
    headers: string,
    body: string,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: Error) => void,
  ): void {
    if (this.#broken !== undefined) return reject(this.#broken);
    this.#resolve = resolve;
    this.#reject = reject;
    const request = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    if (this.#socket !== undefined) return this.#socket.write(request);
    // The server asked with its last answer for a new connection.
    this.#connect().then(
      (socket) => {
        this.#socket = socket;
        socket.write(request);
      },
      (error: Error) => this.#fail(error),
    );
  }

  /** A request that waits for its answer fails. */
  close(): void {
    this.#fail(new Error("closed by the load generator"));
    this.#socket?.close();
  }

  #settle(): void {
    const [only] = this.#pieces;
    const body = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces);
    const head = this.#head ?? { status: 0, headers: "" };
    this.#pieces = [];
    const resolve = this.#resolve;
    this.#resolve = undefined;
    this.#reject = undefined;
    if (/\r\nconnection: *close/i.test(head.headers)) this.#endSocket();
    resolve?.({ status: head.status, headers: head.headers, body });
  }

  #endSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #fail(error: Error): void {
    this.#broken ??= error;
    this.#reject?.(error);
    this.#resolve = undefined;
    this.#reject = undefined;
  }
}
