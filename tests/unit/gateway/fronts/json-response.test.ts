/** Answers over a real socket: how they leave, to fast and slow clients, and to one that goes away. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { resultBody, SharedBody } from "@mcp-gateway/mcp";
import { jsonResponse } from "../../../../apps/gateway/src/fronts/json-response.ts";
import { unreadNumbers } from "../../../../apps/gateway/src/sessions/unread.ts";
import { waitFor } from "../../../support/wait-for.ts";

let server: ReturnType<typeof Bun.serve>;
const reader = { unreadBytes: 0 };

const pattern = Buffer.from(Array.from({ length: 90 }, (_, at) => 0x20 + at));

function messageOf(bytes: number): Buffer {
  return Buffer.alloc(bytes, pattern);
}

beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const bytes = Number(new URL(request.url).searchParams.get("bytes"));
      // As an answer that comes from a backend: in a later turn than its request.
      await new Promise((resolve) => setImmediate(resolve));
      return jsonResponse(messageOf(bytes), reader, { "mcp-session-id": "s" }, 201);
    },
  });
});
afterAll(() => server.stop(true));

function ask(bytes: number): Socket {
  const socket = connect(server.port ?? 0, "127.0.0.1");
  socket.write(`GET /?bytes=${bytes} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  return socket;
}

async function restOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Asks fifty times, and tells what the first piece of each answer was. */
const firstPieces = `
  const { connect } = require("node:net");
  const { once } = require("node:events");
  const pieces = [];
  while (pieces.length < 50) {
    const socket = connect(Number(process.argv[1]), "127.0.0.1");
    socket.write("GET /?bytes=" + process.argv[2] + " HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n");
    const [first] = await once(socket, "data");
    const head = first.indexOf("\\r\\n\\r\\n");
    pieces.push(head < 0 ? first.toString() : first.length > head + 4 ? "head and body" : "head");
    socket.destroy();
  }
  console.log(JSON.stringify(pieces));
`;

/** Both sides of Bun's own limit, and far beyond what a socket takes at once. */
const sizes = [0, 1, 15_359, 15_360, 15_361, 16_384, 65_536, 1_000_000, 10_000_000];

describe("a JSON answer", () => {
  test.each(sizes)("of %d bytes has its status, headers and length, and every byte", async (bytes) => {
    const response = await fetch(`${server.url}?bytes=${bytes}`);
    expect(response.status).toBe(201);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("mcp-session-id")).toBe("s");
    expect(response.headers.get("content-length")).toBe(String(bytes));
    expect(response.headers.get("transfer-encoding")).toBeNull();
    expect(Buffer.from(await response.arrayBuffer()).equals(messageOf(bytes))).toBe(true);
  });

  /** The reader is another process: in this one everything is written before anything is read. */
  test.each([15_361, 1_000_000])("of %d bytes leaves with its head in one write", async (bytes) => {
    const reader = Bun.spawn([process.execPath, "-e", firstPieces, String(server.port), String(bytes)]);
    const pieces: unknown = JSON.parse(await new Response(reader.stdout).text());
    expect(pieces).toEqual(Array(50).fill("head and body"));
  });

  test("that shares its memory with others of the same moment has its own id", async () => {
    const list = new SharedBody([resultBody(JSON.stringify({ text: "x".repeat(20_000) }))]);
    const together = Promise.withResolvers<void>();
    let waiting = 0;
    const lists = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      async fetch(request) {
        waiting += 1;
        await together.promise;
        return jsonResponse(
          list.withId(Buffer.from(new URL(request.url).searchParams.get("id") ?? "")),
          reader,
        );
      },
    });
    const ids = Array.from({ length: 30 }, (_, at) =>
      at % 3 === 0 ? `"id ${at}"` : String(10 ** (at % 7) + at),
    );
    const answers = ids.map((id) => fetch(`${lists.url}?id=${encodeURIComponent(id)}`));
    while (waiting < ids.length) await Bun.sleep(1);
    together.resolve();
    const messages = await Promise.all(answers.map(async (answer) => (await answer).json()));
    expect(messages.map(({ id }) => JSON.stringify(id))).toEqual(ids);
    expect(messages.every(({ result }) => result.text.length === 20_000)).toBe(true);
    await lists.stop(true);
  });

  test("counts as unread until its client has read it, and is counted no more", async () => {
    await waitFor(() => reader.unreadBytes === 0, { what: "what other tests asked for to be over" });
    const socket = ask(10_000_000);
    socket.pause();
    await waitFor(() => reader.unreadBytes === 10_000_000, { what: "the answer to wait" });
    expect(unreadNumbers().bytes).toBe(10_000_000);
    const rest = restOf(socket);
    await waitFor(() => reader.unreadBytes === 0, { what: "the answer to be taken" });
    expect((await rest).length).toBeGreaterThan(10_000_000);
    expect(unreadNumbers().bytes).toBe(0);
  });

  test("goes on where a client that stopped reading goes on", async () => {
    const socket = ask(10_000_000);
    const [first]: Buffer[] = await once(socket, "data");
    socket.pause();
    // Others are served meanwhile.
    for (let round = 0; round < 5; round += 1)
      await (await fetch(`${server.url}?bytes=100000`)).arrayBuffer();
    const whole = Buffer.concat([first ?? Buffer.alloc(0), await restOf(socket)]);
    expect(whole.subarray(whole.indexOf("\r\n\r\n") + 4).equals(messageOf(10_000_000))).toBe(true);
  });

  test("whose client goes away is forgotten", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = ask(10_000_000);
        await once(socket, "data");
        return socket;
      }),
    );
    expect(server.pendingRequests).toBeGreaterThanOrEqual(sockets.length);
    for (const socket of sockets) socket.destroy();
    while (server.pendingRequests > 0) await Bun.sleep(5);
    await waitFor(() => reader.unreadBytes === 0, { what: "nothing to wait for those who are gone" });
    expect(await (await fetch(`${server.url}?bytes=3`)).text()).toBe(' !"');
  });
});
