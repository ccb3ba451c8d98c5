/** What the hand-written clients share: who waits for which answer, what came unasked, and the handshake. */
import type { RawClient, RawClientOptions, RawMessage, RequestOptions } from "./raw-client.ts";
import { waitFor, within } from "./wait-for.ts";

const clientInfo = { name: "raw-client", version: "1.0.0" };

export class Mailbox {
  readonly received: RawMessage[] = [];
  readonly #waiting = new Map<
    string | number,
    { resolve(message: RawMessage): void; reject(error: Error): void }
  >();
  #nextId = 1;

  take(text: string): void {
    // The product's output: if it is no JSON-RPC, the parse error or the missing fields fail the test.
    const message = { ...(JSON.parse(text) as Omit<RawMessage, "text">), text };
    const waiting =
      message.id !== undefined && message.method === undefined ? this.#waiting.get(message.id) : undefined;
    if (waiting === undefined) this.received.push(message);
    else waiting.resolve(message);
  }

  /** The stream that was to carry the answer to this request has ended; if the answer did not come, it never will. */
  carrierEnded(requestBody: string): void {
    const { id } = JSON.parse(requestBody) as { id?: string | number }; // Our own text.
    if (id !== undefined) this.#waiting.get(id)?.reject(new Error("the response ended without the answer"));
  }

  failAll(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
  }

  async ask(
    method: string,
    params: unknown,
    { id = this.#nextId++, timeoutMs = 15_000 }: RequestOptions,
    send: (body: string) => Promise<void>,
  ): Promise<RawMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<RawMessage>();
    this.#waiting.set(id, { resolve, reject });
    send(JSON.stringify({ jsonrpc: "2.0", id, method, params })).catch(reject);
    try {
      return await within(timeoutMs, `${method} (${String(id)})`, promise);
    } finally {
      this.#waiting.delete(id);
    }
  }
}

export function clientOf(
  front: RawClient["front"],
  mailbox: Mailbox,
  send: (body: string) => Promise<void>,
  streamEnded: Promise<void>,
  close: () => Promise<void>,
): Omit<RawClient, "initializeResult"> {
  const request = (method: string, params?: unknown, options: RequestOptions = {}): Promise<RawMessage> =>
    mailbox.ask(method, params, options, send);
  return {
    front,
    received: mailbox.received,
    streamEnded,
    request,
    send,
    close,
    notify: (method, params) => send(JSON.stringify({ jsonrpc: "2.0", method, params })),
    callText: async (tool, args, options) => {
      const answer = await request("tools/call", { name: tool, arguments: args ?? {} }, options);
      const content = answer.result?.["content"];
      const text = Array.isArray(content) ? (content[0] as { text?: unknown } | undefined)?.text : undefined; // A text block, if the tool is one of the fakes.
      if (typeof text !== "string") throw new Error(`${tool} answered ${answer.text.slice(0, 500)}`);
      return text;
    },
    waitForMessage: (what, condition, timeoutMs = 5_000) =>
      waitFor(() => mailbox.received.find(condition), {
        what,
        timeoutMs,
        explain: () =>
          `received: ${mailbox.received.map((message) => message.text.slice(0, 200)).join("\n")}`,
      }),
    [Symbol.asyncDispose]: close,
  };
}

export async function initialize(
  client: Omit<RawClient, "initializeResult">,
  options: RawClientOptions,
): Promise<RawClient> {
  const { protocolVersion = "2025-11-25", capabilities = {}, timeoutMs = 15_000 } = options;
  try {
    const answer = await client.request(
      "initialize",
      { protocolVersion, capabilities, clientInfo },
      { timeoutMs },
    );
    if (answer.result === undefined) throw new Error(`initialize was answered ${answer.text}`);
    await client.notify("notifications/initialized");
    return Object.assign(client, { initializeResult: answer.result });
  } catch (error) {
    await client.close();
    throw error;
  }
}
