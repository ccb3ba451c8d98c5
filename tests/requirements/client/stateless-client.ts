/** A client of revision 2026-07-28: each request says everything, questions come as results, changes on a stream. */
import { sseEvents } from "../../support/sse-events.ts";
import { waitFor, within } from "../../support/wait-for.ts";
import type { ClientCell } from "../grid.ts";
import {
  type Answer,
  type AskOptions,
  type JsonObject,
  type MatrixClient,
  type Outcome,
  readWire,
  type Started,
  type Told,
} from "./matrix-client.ts";

export const prefix = "io.modelcontextprotocol/";
const roundsMax = 10;
const waitMs = 20_000;

interface Round {
  readonly id: string | number;
  readonly method: string;
  readonly params: JsonObject;
  readonly options: AskOptions;
  readonly signal: AbortSignal;
  readonly news: Told[];
}

export class StatelessClient implements MatrixClient {
  readonly cell: ClientCell;
  face: JsonObject = {};
  readonly told: Told[] = [];
  readonly asked: Told[] = [];
  answers: (question: Told) => Answer = () => ({ error: { code: -1, message: "no answer was prepared" } });
  readonly #url: string;
  readonly #capabilities: JsonObject;
  readonly #listens = new Map<string, AbortController>();
  #logLevel: string | undefined;
  #lastId = 0;

  constructor(cell: ClientCell, url: string, capabilities: JsonObject) {
    this.cell = cell;
    this.#url = url;
    this.#capabilities = capabilities;
  }

  begin(method: string, params: JsonObject = {}, options: AskOptions = {}): Started {
    const id = options.id ?? ++this.#lastId;
    const leaving = new AbortController();
    const first = { id, method, params, options, signal: leaving.signal, news: [] };
    const outcome = within(waitMs, `${method} of ${this.cell.key}`, this.#ask(first, roundsMax));
    outcome.catch(() => undefined); // Whoever waits for it sees it; a cancelled one is waited for by nobody.
    return { id, outcome, cancel: async () => leaving.abort() };
  }

  async request(method: string, params?: JsonObject, options?: AskOptions): Promise<Outcome> {
    return await this.begin(method, params, options).outcome;
  }

  /** One POST; where it is answered with questions, the next one brings the answers under a new id. */
  async #ask(round: Round, roundsLeft: number): Promise<Outcome> {
    const response = await this.post(round.method, round.params, round.options, round.id, round.signal);
    const { status } = response;
    let text = "";
    if (response.headers.get("content-type")?.startsWith("text/event-stream") === true) {
      for await (const { data } of sseEvents(response.body ?? new ReadableStream())) {
        const { method, params = {} } = readWire(data);
        if (method === undefined) text = data;
        else round.news.push({ method, params, text: data });
      }
    } else text = await response.text();
    const { id, result, error } = readWire(text);
    const outcome = { status, text, id, result, error, news: round.news };
    if (result?.["resultType"] !== "input_required" || roundsLeft === 0) return outcome;
    const inputResponses = this.#answer(result["inputRequests"] as Record<string, Told> | undefined);
    if (inputResponses === undefined) return outcome;
    const { requestState } = result;
    const params = {
      ...round.params,
      inputResponses,
      ...(requestState === undefined ? {} : { requestState }),
    };
    return await this.#ask({ ...round, params, id: ++this.#lastId }, roundsLeft - 1);
  }

  /** @returns undefined: the client does not go on */
  #answer(questions: Readonly<Record<string, Told>> = {}): JsonObject | undefined {
    const answers: Record<string, unknown> = {};
    for (const [key, { method, params }] of Object.entries(questions)) {
      const question = { method, params: params ?? {}, text: JSON.stringify({ method, params }) };
      this.asked.push(question);
      const answer = this.answers(question);
      if (answer === undefined || "error" in answer) return undefined;
      answers[key] = answer.result;
    }
    return answers;
  }

  async post(
    method: string,
    params: JsonObject,
    { meta, headers = {} }: AskOptions,
    id: string | number,
    signal: AbortSignal,
  ): Promise<Response> {
    const name = method === "resources/read" ? params["uri"] : params["name"];
    const isNamed = ["tools/call", "prompts/get", "resources/read"].includes(method);
    const envelope = {
      [`${prefix}protocolVersion`]: this.cell.revision,
      [`${prefix}clientInfo`]: { name: "matrix", version: "1.0.0" },
      [`${prefix}clientCapabilities`]: this.#capabilities,
      ...(this.#logLevel === undefined ? {} : { [`${prefix}logLevel`]: this.#logLevel }),
    };
    return await fetch(this.#url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": this.cell.revision,
        "mcp-method": method,
        ...(isNamed ? { "mcp-name": String(name) } : {}),
        ...headers,
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id,
        method,
        params: { ...params, _meta: { ...envelope, ...meta } },
      }),
      signal,
    });
  }

  async notify(method: string): Promise<void> {
    throw new Error(`${method}: a client of this revision notifies nobody`);
  }

  async setLogLevel(level: string): Promise<void> {
    this.#logLevel = level;
  }

  async hearChanges(): Promise<void> {
    if (this.#listens.has("changes")) return;
    await this.#listen("changes", {
      toolsListChanged: true,
      promptsListChanged: true,
      resourcesListChanged: true,
    });
  }

  async watch(uri: string): Promise<void> {
    await this.#listen(uri, { resourceSubscriptions: [uri] });
  }

  async unwatch(uri: string): Promise<void> {
    this.#listens.get(uri)?.abort();
    this.#listens.delete(uri);
  }

  async #listen(key: string, notifications: JsonObject): Promise<void> {
    const leaving = new AbortController();
    this.#listens.set(key, leaving);
    const id = `listen ${key} ${++this.#lastId}`;
    const response = await this.post("subscriptions/listen", { notifications }, {}, id, leaving.signal);
    const told: Told[] = [];
    const reading = (async () => {
      for await (const { data } of sseEvents(response.body ?? new ReadableStream())) {
        const { method = "", params = {} } = readWire(data);
        told.push({ method, params, text: data });
        if (method !== acknowledged) this.told.push({ method, params, text: data });
      }
    })();
    reading.catch(() => undefined); // Cut by the client itself.
    await waitFor(() => told[0]?.method === acknowledged, { what: `the acknowledgement of ${key}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listen of this.#listens.values()) listen.abort();
  }
}

const acknowledged = "notifications/subscriptions/acknowledged";

export async function openStateless(
  cell: ClientCell,
  url: string,
  capabilities: JsonObject,
): Promise<StatelessClient> {
  const client = new StatelessClient(cell, url, capabilities);
  const { result, text } = await client.request("server/discover");
  if (result === undefined) throw new Error(`server/discover was answered ${text}`);
  client.face = result;
  return client;
}
