/** HTTP+SSE: requests by POST, answers on the one stream. */
import { CallFailed } from "./answers.ts";
import {
  type BenchClient,
  initializedNotification,
  initializeParams,
  type Reply,
  requestText,
} from "./client.ts";
import { EventSplitter, type StreamEvent } from "./event-splitter.ts";
import { type HttpAnswer, HttpConnection } from "./http-connection.ts";
import { HttpReader } from "./http-reader.ts";
import { LoadSocket } from "./socket.ts";

interface Waiting {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** How near to one of its ends an answer has its id. */
const idReach = 60;

export class SseClient implements BenchClient {
  readonly #waiting = new Map<number, Waiting>();
  #stream: LoadSocket | undefined;
  #lanes: readonly HttpConnection[] = [];
  #endpoint = "";
  #endpointKnown: Waiting | undefined;
  #lastId = 0;
  #isOpen = true;

  static async open(port: number, path: string, laneCount: number): Promise<SseClient> {
    const client = new SseClient();
    try {
      await client.#openStream(port, path);
      client.#lanes = await Promise.all(Array.from({ length: laneCount }, () => HttpConnection.open(port)));
      await client.ask(0, "initialize", initializeParams);
      await client.#lanes[0]?.post(client.#endpoint, "", initializedNotification);
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** The stream and the handshake, without connections for requests: as small as a session can be. */
  static async openIdle(port: number, path: string): Promise<SseClient> {
    const client = await SseClient.open(port, path, 1);
    for (const lane of client.#lanes) lane.close();
    return client;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async ask(lane: number, method: string, params: object): Promise<Reply> {
    const connection = this.#lanes[lane];
    if (connection === undefined) throw new Error(`no lane ${lane}`);
    const id = ++this.#lastId;
    return await new Promise((resolve, reject) => {
      let answer: Buffer | undefined;
      let isPosted = false;
      // The lane is free again when both are there: the answer on the stream and that of the POST.
      const settle = (): void => {
        if (answer !== undefined && isPosted) resolve({ id, body: answer });
      };
      const take = (body: Buffer): void => {
        answer = body;
        settle();
      };
      const posted = ({ status, body }: HttpAnswer): void => {
        if (status >= 300)
          return reject(new CallFailed(`${method}: HTTP ${status} ${body.toString("latin1", 0, 300)}`));
        isPosted = true;
        settle();
      };
      this.#waiting.set(id, { resolve: take, reject });
      connection.send(this.#endpoint, "", requestText(id, method, params), posted, reject);
    });
  }

  close(): void {
    this.#fail(new Error("closed by the load generator"));
    this.#stream?.close();
    for (const lane of this.#lanes) lane.close();
  }

  async #openStream(port: number, path: string): Promise<void> {
    const events = new EventSplitter((event) => this.#take(event));
    const known = new Promise<Buffer>((resolve, reject) => {
      this.#endpointKnown = { resolve, reject };
    });
    known.catch(() => {}); // Told to whoever waits for it below, or to nobody when there is no connection.
    const reader = new HttpReader({
      head: ({ status }) => {
        if (status !== 200) this.#fail(new CallFailed(`the event stream was refused: HTTP ${status}`));
      },
      body: (piece) => events.push(piece),
      end: () => this.#fail(new Error("the event stream was ended")),
    });
    this.#stream = await LoadSocket.open(port, {
      push: (chunk) => reader.push(chunk),
      closed: (error) => this.#fail(error),
    });
    this.#stream.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`);
    const url = new URL((await known).toString(), `http://127.0.0.1:${port}`);
    this.#endpoint = url.pathname + url.search;
  }

  #take({ name, data }: StreamEvent): void {
    if (name === "endpoint") return this.#endpointKnown?.resolve(data);
    const id = this.#waitedIn(data, Math.max(0, data.length - idReach)) ?? this.#waitedIn(data, 0);
    if (id === undefined) return;
    this.#waiting.get(id)?.resolve(data);
    this.#waiting.delete(id);
  }

  /** The whole answer is checked by who asked. */
  #waitedIn(data: Buffer, from: number): number | undefined {
    const id = Number(/"id": ?(\d+)/.exec(data.toString("latin1", from, from + idReach))?.[1]);
    return this.#waiting.has(id) ? id : undefined;
  }

  #fail(error: Error): void {
    this.#isOpen = false;
    this.#endpointKnown?.reject(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
