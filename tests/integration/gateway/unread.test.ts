/** Clients that ask for large answers and do not read them: what is held for them is bounded, and nobody else notices. */
import { expect, test } from "bun:test";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { limits } from "@mcp-gateway/kit";
import { type Stack, startStack } from "../../support/harness.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";
import { waitFor } from "../../support/wait-for.ts";

const largeBytes = 10_000_000;
/** With the rest of its message a little more: so many of them fit. */
const fitting = Math.floor(limits.unreadBytesPerSessionMax / largeBytes);

/** Bytes in, bytes out; nothing is read before it is asked for. */
class RudeClient implements Disposable {
  readonly #socket: Socket;
  #read = "";

  constructor({ port }: Stack) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("error", () => undefined);
  }

  send(method: string, path: string, headers: Readonly<Record<string, string>>, message?: unknown): void {
    const body = message === undefined ? "" : JSON.stringify(message);
    const lines = Object.entries({
      host: "127.0.0.1",
      "content-length": String(body.length),
      "content-type": "application/json",
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
  }

  /** Reads until the text holds what is waited for, and then no more. */
  async readTo(wanted: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = wanted.exec(this.#read);
      if (found !== null) {
        this.#socket.pause();
        return found;
      }
      this.#socket.resume();
      const [chunk]: Buffer[] = await once(this.#socket, "data");
      this.#read += chunk?.toString("latin1") ?? "";
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

function call(id: number, bytes = largeBytes) {
  return { jsonrpc: "2.0", id, method: "tools/call", params: { name: "fake__big", arguments: { bytes } } };
}

const hello = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "rude", version: "1" } },
};

async function metric({ url }: Stack, name: string): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(page)?.[1]);
}

const unread = (stack: Stack) => metric(stack, "mcp_gateway_unread_bytes");

test("over Streamable HTTP", async () => {
  await using stack = await startStack({ mcpServers: { fake: fakeBackend() } });
  using first = new RudeClient(stack);
  const accept = "application/json, text/event-stream";
  first.send("POST", "/mcp", { accept }, hello);
  const id = (await first.readTo(/mcp-session-id: (\S+).*"result"/isu))[1] ?? "";
  const headers = { accept, "mcp-session-id": id };
  const clients: RudeClient[] = [];
  try {
    for (let at = 1; at <= fitting; at += 1) {
      const client = new RudeClient(stack);
      clients.push(client);
      client.send("POST", "/mcp", headers, call(at));
      await waitFor(async () => (await unread(stack)) > at * largeBytes, { what: `${at} unread answers` });
    }
    first.send("POST", "/mcp", headers, call(99));
    const [, refusal] = await first.readTo(/\{"jsonrpc":"2.0","id":99,"error":(\{.*\})\}/u);
    expect(JSON.parse(refusal ?? "")).toMatchObject({
      code: -32005,
      message: expect.stringContaining("this session has"),
      data: { reason: "answers-unread" },
    });
    expect(await metric(stack, "mcp_gateway_answers_left_out_total")).toBe(1);
    await using polite = await openRawClient(stack.mcpUrl);
    expect(await polite.callText("fake__big", { bytes: largeBytes })).toHaveLength(largeBytes);
    // One that is read makes room for another, and so does one whose client goes away.
    await clients[0]?.readTo(/x"\}\]/u);
    clients[1]?.[Symbol.dispose]();
    await waitFor(async () => (await unread(stack)) < (fitting - 1) * largeBytes, { what: "room" });
    first.send("POST", "/mcp", headers, call(100));
    await first.readTo(/"id":100,"result".*x"\}\]/su);
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
  await waitFor(async () => (await unread(stack)) === 0, { what: "nothing to be left" });
}, 60_000);

test("over HTTP+SSE", async () => {
  await using stack = await startStack({ mcpServers: { fake: fakeBackend() } });
  using stream = new RudeClient(stack);
  stream.send("GET", "/sse", { accept: "text/event-stream" });
  const path = (await stream.readTo(/data: (\S+sessionId=\S+)/u))[1] ?? "";
  const post = async (message: unknown): Promise<void> => {
    const body = JSON.stringify(message);
    const answer = await fetch(stack.url + path, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    expect(answer.status).toBe(202);
  };
  await post({ ...hello, params: { ...hello.params, protocolVersion: "2024-11-05" } });
  await stream.readTo(/"id":0,"result"/u);
  // The first of them may go into the socket's own memory.
  for (let at = 1; at <= fitting + 2; at += 1) {
    await post(call(at));
    await waitFor(
      async () =>
        (await unread(stack)) > (at - 1) * largeBytes ||
        (await metric(stack, "mcp_gateway_answers_left_out_total")) > 0,
      { what: `answer ${at}` },
    );
  }
  await using polite = await openRawClient(stack.sseUrl);
  expect(await polite.callText("fake__big", { bytes: largeBytes })).toHaveLength(largeBytes);
  // The stream goes on, with every answer that was not left out, and the reason for the other.
  await stream.readTo(new RegExp(`"id":${fitting},"result".*x"\\}\\]`, "su"));
  await stream.readTo(/"error":\{"code":-32005,[^\n]*answers-unread/u);
  await waitFor(async () => (await unread(stack)) === 0, { what: "nothing to be left" });
  await post(call(100));
  await stream.readTo(/"id":100,"result".*x"\}\]/su);
}, 60_000);

test("over the stateless revision, where every request stands alone", async () => {
  await using stack = await startStack({ mcpServers: { fake: fakeBackend() } });
  const headers = {
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "fake__big",
  };
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "rude", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const bytes = limits.unreadBytesMax / 5;
  const stateless = (id: number) => {
    const message = call(id, bytes);
    return { ...message, params: { ...message.params, _meta: meta } };
  };
  const clients: RudeClient[] = [];
  try {
    for (let at = 1; at <= 4; at += 1) {
      const client = new RudeClient(stack);
      clients.push(client);
      client.send("POST", "/mcp", headers, stateless(at));
      await waitFor(async () => (await unread(stack)) > at * bytes, { what: `${at} unread answers` });
    }
    using last = new RudeClient(stack);
    last.send("POST", "/mcp", headers, stateless(5));
    const [, refusal] = await last.readTo(/\{"jsonrpc":"2.0","id":5,"error":(\{.*\})\}/u);
    expect(JSON.parse(refusal ?? "").message).toContain("clients have");
    // What is small is served to everybody.
    await using polite = await openRawClient(stack.mcpUrl);
    expect(await polite.callText("fake__echo", { nonce: "small" })).toContain("small");
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
  await waitFor(async () => (await unread(stack)) === 0, { what: "nothing to be left" });
}, 60_000);
