/** Streamable HTTP: in a session (initialize first), or of the stateless revision (each request says it all). */
import { CallFailed } from "./answers.ts";
import {
  type BenchClient,
  clientInfo,
  initializedNotification,
  initializeParams,
  type Reply,
  requestText,
  sessionRevision,
} from "./client.ts";
import { EventSplitter } from "./event-splitter.ts";
import { type HttpAnswer, HttpConnection } from "./http-connection.ts";

export class StreamableClient implements BenchClient {
  readonly #lanes: readonly HttpConnection[];
  readonly #path: string;
  readonly #headers: string;
  #lastId = 1;

  private constructor(lanes: readonly HttpConnection[], path: string, headers: string) {
    this.#lanes = lanes;
    this.#path = path;
    this.#headers = headers;
  }

  static async open(port: number, path: string, laneCount: number): Promise<StreamableClient> {
    const lanes = await openLanes(port, laneCount);
    const [first] = lanes;
    if (first === undefined) throw new Error("a client needs a lane");
    try {
      const answer = await first.post(path, "", requestText(1, "initialize", initializeParams));
      if (answer.status !== 200) throw refused("initialize", answer);
      const session = /\r\nmcp-session-id: *([^\r\n]+)/i.exec(answer.headers)?.[1];
      const headers = `MCP-Protocol-Version: ${sessionRevision}\r\n${session === undefined ? "" : `Mcp-Session-Id: ${session}\r\n`}`;
      await first.post(path, headers, initializedNotification);
      return new StreamableClient(lanes, path, headers);
    } catch (error) {
      for (const lane of lanes) lane.close();
      throw error;
    }
  }

  async ask(lane: number, method: string, params: object): Promise<Reply> {
    const id = ++this.#lastId;
    const answer = await laneOf(this.#lanes, lane).post(
      this.#path,
      this.#headers,
      requestText(id, method, params),
    );
    return { id, body: messageIn(answer, id) };
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
  }
}

const statelessRevision = "2026-07-28";
const statelessMeta = {
  "io.modelcontextprotocol/protocolVersion": statelessRevision,
  "io.modelcontextprotocol/clientInfo": clientInfo,
  "io.modelcontextprotocol/clientCapabilities": {},
};

export class StatelessClient implements BenchClient {
  readonly #lanes: readonly HttpConnection[];
  readonly #path: string;
  #lastId = 0;

  private constructor(lanes: readonly HttpConnection[], path: string) {
    this.#lanes = lanes;
    this.#path = path;
  }

  static async open(port: number, path: string, laneCount: number): Promise<StatelessClient> {
    return new StatelessClient(await openLanes(port, laneCount), path);
  }

  async ask(lane: number, method: string, params: object & { readonly name?: string }): Promise<Reply> {
    const id = ++this.#lastId;
    const name = params.name === undefined ? "" : `Mcp-Name: ${params.name}\r\n`;
    const answer = await laneOf(this.#lanes, lane).post(
      this.#path,
      `MCP-Protocol-Version: ${statelessRevision}\r\nMcp-Method: ${method}\r\n${name}`,
      requestText(id, method, { ...params, _meta: statelessMeta }),
    );
    return { id, body: messageIn(answer, id) };
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
  }
}

async function openLanes(port: number, count: number): Promise<readonly HttpConnection[]> {
  return await Promise.all(Array.from({ length: count }, () => HttpConnection.open(port)));
}

function laneOf(lanes: readonly HttpConnection[], lane: number): HttpConnection {
  const connection = lanes[lane];
  if (connection === undefined) throw new Error(`no lane ${lane}`);
  return connection;
}

function refused(what: string, { status, body }: HttpAnswer): CallFailed {
  return new CallFailed(`${what}: HTTP ${status} ${body.toString("latin1", 0, 300)}`);
}

/** Some answer a POST with an event stream; the message is then the event that carries the id. */
function messageIn(answer: HttpAnswer, id: number): Buffer {
  if (answer.status !== 200) throw refused(`request ${id}`, answer);
  if (!/\r\ncontent-type: *text\/event-stream/i.test(answer.headers)) return answer.body;
  let message: Buffer | undefined;
  new EventSplitter(({ data }) => {
    if (mayAnswer(data)) message = data;
  }).push(answer.body);
  if (message === undefined) throw new CallFailed(`request ${id}: an event stream without an answer`);
  return message;
}

/** Requests and notifications name their method near one of their ends; answers have none there. */
function mayAnswer(data: Buffer): boolean {
  const ends = data.toString("latin1", 0, 200) + data.toString("latin1", Math.max(200, data.length - 200));
  return !ends.includes('"method"') && (ends.includes('"result"') || ends.includes('"error"'));
}
