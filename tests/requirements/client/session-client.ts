/** A client of the session revisions: one conversation, questions come as requests. */
import { within } from "../../support/wait-for.ts";
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
import { sseWire, streamableWire, type Wire } from "./wire.ts";

const waitMs = 20_000;

interface Pending {
  readonly news: Told[];
  readonly resolve: (outcome: Omit<Outcome, "status" | "news">) => void;
}

class SessionClient implements MatrixClient {
  readonly cell: ClientCell;
  face: JsonObject = {};
  readonly told: Told[] = [];
  readonly asked: Told[] = [];
  answers: (question: Told) => Answer = () => ({ error: { code: -1, message: "no answer was prepared" } });
  wire: Wire | undefined;
  readonly #pending = new Map<string | number, Pending>();
  #lastId = 0;

  constructor(cell: ClientCell) {
    this.cell = cell;
  }

  take(text: string, post: string | number | undefined): void {
    const message = readWire(text);
    const { id, method, params = {} } = message;
    if (method === undefined) {
      const pending = id === undefined ? undefined : this.#pending.get(id);
      pending?.resolve({ text, id, result: message.result, error: message.error });
      return;
    }
    const told = { id, method, params, text };
    if (id !== undefined) {
      this.asked.push(told);
      const answer = this.answers(told);
      if (answer === undefined) return;
      this.#reply(id, answer).catch(() => undefined); // The scenario waits for what comes of it.
      return;
    }
    const own = post === undefined ? undefined : this.#pending.get(post);
    if (own === undefined) this.told.push(told);
    else own.news.push(told);
  }

  async #reply(id: string | number, answer: NonNullable<Answer>): Promise<void> {
    if ("error" in answer) {
      await this.#send({ id, error: answer.error });
      return;
    }
    for (const report of answer.before ?? []) await this.notify("notifications/progress", report);
    await answer.after?.();
    await this.#send({ id, result: answer.result });
  }

  begin(method: string, params?: JsonObject, options: AskOptions = {}): Started {
    const { id = ++this.#lastId, meta, headers } = options;
    const { promise, resolve, reject } = Promise.withResolvers<Omit<Outcome, "status" | "news">>();
    const news: Told[] = [];
    const from = this.told.length;
    this.#pending.set(id, { news, resolve });
    const asked = meta === undefined ? params : { ...params, _meta: meta };
    const sent = this.#send({ id, method, ...(asked === undefined ? {} : { params: asked }) }, id, headers);
    sent.catch(reject);
    const outcome = (async () => {
      try {
        const answer = await within(waitMs, `${method} of ${this.cell.key}`, promise);
        const { status } = await sent;
        const isOneStream = this.cell.front === "sse";
        return { ...answer, status, news: isOneStream ? this.told.slice(from) : news };
      } finally {
        this.#pending.delete(id);
      }
    })();
    outcome.catch(() => undefined); // Whoever waits for it sees it; a cancelled one is waited for by nobody.
    return {
      id,
      outcome,
      cancel: () => this.notify("notifications/cancelled", { requestId: id, reason: "enough" }),
    };
  }

  async request(method: string, params?: JsonObject, options?: AskOptions): Promise<Outcome> {
    return await this.begin(method, params, options).outcome;
  }

  async notify(method: string, params?: JsonObject): Promise<void> {
    await this.#send({ method, ...(params === undefined ? {} : { params }) });
  }

  async setLogLevel(level: string): Promise<void> {
    await this.#must("logging/setLevel", { level });
  }

  async hearChanges(): Promise<void> {
    // A session hears them without asking.
  }

  async watch(uri: string): Promise<void> {
    await this.#must("resources/subscribe", { uri });
  }

  async unwatch(uri: string): Promise<void> {
    await this.#must("resources/unsubscribe", { uri });
  }

  async #must(method: string, params: JsonObject): Promise<void> {
    const { error } = await this.request(method, params);
    if (error !== undefined) throw new Error(`${method} was answered ${JSON.stringify(error)}`);
  }

  async #send(
    message: JsonObject,
    id?: string | number,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ status: number }> {
    if (this.wire === undefined) throw new Error("the client is not open");
    return await this.wire.send(JSON.stringify({ jsonrpc: "2.0", ...message }), id, headers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wire?.close();
  }
}

export type { SessionClient };

export async function openSession(
  cell: ClientCell,
  url: string,
  capabilities: JsonObject,
): Promise<SessionClient> {
  const client = new SessionClient(cell);
  const take = client.take.bind(client);
  client.wire = cell.front === "sse" ? await sseWire(url, take) : streamableWire(url, take);
  const clientInfo = { name: "matrix", version: "1.0.0" };
  const params = { protocolVersion: cell.revision, capabilities, clientInfo };
  const { result, text } = await client.request("initialize", params);
  if (result === undefined) throw new Error(`initialize was answered ${text}`);
  client.face = result;
  await client.notify("notifications/initialized");
  await client.wire.opened(cell.revision);
  return client;
}
