/** The older HTTP+SSE transport, and the question whether an address answers. */
import { expect, test } from "bun:test";
import { probeAddress } from "../../../apps/supervisor/src/connections/index.ts";
import { waitFor } from "../../support/wait-for.ts";
import {
  answerText,
  eventStream,
  type Handler,
  initializeResult,
  type OpenStream,
  openStream,
  serve,
  type TestServer,
} from "./http-server.ts";
import { type Outcome, Probe, serverConfig } from "./support.ts";

const entry = (server: TestServer) =>
  serverConfig({ transport: "sse", url: `${server.origin}/sse`, headers: { "x-key": "k" } });

const reasonOf = (outcome: Outcome): unknown =>
  outcome.kind === "failure" ? (outcome.error.data as { readonly reason?: unknown }).reason : "no failure";

interface LegacyServer extends TestServer {
  readonly stream: OpenStream;
}

/** A server of revision 2024-11-05 that answers on its stream; `onPost` may answer a POST in another way. */
function legacy(onPost: Handler = () => undefined, endpoint = "/messages?sessionId=1"): LegacyServer {
  const stream = openStream();
  const server = serve(async (request) => {
    if (request.method === "GET" && request.path === "/sse") {
      stream.write(`event: endpoint\ndata: ${endpoint}\n\n`);
      return stream.response;
    }
    const other = await onPost(request);
    if (other !== undefined) return other;
    const { id, method, params } = request.message;
    if (id !== undefined) {
      stream.write(
        `event: message\ndata: ${answerText(id, method === "initialize" ? initializeResult : { params })}\n\n`,
      );
    }
    return new Response("Accepted", { status: 202 });
  });
  return Object.assign(server, { stream });
}

test("messages are posted to the named address, answers come on the stream", async () => {
  using server = legacy();
  const probe = new Probe(entry(server));
  expect((await probe.handshake()).protocolVersion).toBe("2025-11-25");
  const outcome = await probe.tool("x", { a: 1 });
  expect(outcome.kind).toBe("reply");
  server.stream.write('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n');
  const told = await waitFor(() => probe.notifications[0], { what: "the notification" });
  expect(told.owner).toBeUndefined();
  expect(server.seen.map(({ headers }) => headers.get("x-key"))).not.toContain(null);
  expect(
    server.seen.filter(({ method }) => method === "POST").every(({ path }) => path === "/messages"),
  ).toBe(true);
  await probe[Symbol.asyncDispose]();
  expect(probe.closed).toEqual([]);
});

test("S20: an address outside the stream's origin is never used", async () => {
  using other = serve(() => undefined);
  for (const endpoint of [
    `${other.origin}/m`,
    `//127.0.0.1:${new URL(other.origin).port}/m`,
    "file:///etc/passwd",
    "http://[",
  ]) {
    using server = legacy(undefined, endpoint);
    await using probe = new Probe(entry(server));
    await expect(probe.handshake()).rejects.toThrow(/outside its own origin/);
    expect(server.count("POST")).toBe(0);
  }
  expect(other.seen).toEqual([]);
});

test("F29: the end of the stream fails calls in flight and closes the connection", async () => {
  using server = legacy(({ message }) =>
    message.method === "tools/call" ? new Response(null, { status: 202 }) : undefined,
  );
  await using probe = new Probe(entry(server));
  await probe.handshake();
  const owner = probe.start("tools/call", { name: "hang" });
  await waitFor(() => server.count("POST", "tools/call") === 1, { what: "the call" });
  server.stream.end();
  expect(reasonOf(await probe.outcome(owner))).toBe("backend-lost");
  expect(probe.closed.map(({ stage }) => stage)).toEqual(["running"]);
});

test("a refused POST fails its own call with the status", async () => {
  using server = legacy(({ message }) =>
    message.method === "tools/call" ? new Response("broken", { status: 500 }) : undefined,
  );
  await using probe = new Probe(entry(server));
  await probe.handshake();
  const outcome = await probe.tool("x");
  expect(reasonOf(outcome)).toBe("backend-http");
  expect(JSON.stringify(outcome)).toContain("HTTP 500: broken");
  expect(probe.closed).toEqual([]);
});

test("a stream without an endpoint event ends in the handshake's time-out", async () => {
  using server = serve(({ method }) => (method === "GET" ? eventStream([": hello\n\n"], false) : undefined));
  await using probe = new Probe(entry(server));
  await expect(probe.handshake(200)).rejects.toThrow(/did not answer/);
  expect(server.count("POST")).toBe(0);
});

test("an address that has no stream is told from one that is not there", async () => {
  using server = serve(({ method }) =>
    method === "GET" ? new Response("<html>", { headers: { "content-type": "text/html" } }) : undefined,
  );
  await using wrong = new Probe(entry(server));
  await expect(wrong.handshake()).rejects.toThrow(/does not answer with an event stream/);
  expect(wrong.closed[0]?.stage).toBe("connect");
  using refusing = serve(() => new Response("who are you", { status: 401 }));
  await using refused = new Probe(entry(refusing));
  await expect(refused.handshake()).rejects.toThrow(/HTTP 401: who are you/);
});

test("the probe says yes to any answer and leaves no stream behind, and no to silence", async () => {
  let isOpen = false;
  using streaming = serve(({ method }) => {
    if (method !== "GET") return undefined;
    isOpen = true;
    return eventStream(["event: endpoint\ndata: /m\n\n"], false, () => {
      isOpen = false;
    });
  });
  expect(await probeAddress(entry(streaming), AbortSignal.timeout(2_000))).toBe(true);
  await waitFor(() => !isOpen, { what: "the probe's stream to be closed" });
  for (const status of [200, 302, 404, 500]) {
    using server = serve(() => new Response(null, { status, headers: { location: "http://127.0.0.1:1/" } }));
    expect(
      await probeAddress(serverConfig({ transport: "http", url: server.url }), AbortSignal.timeout(2_000)),
    ).toBe(true);
  }
  using silent = serve(() => new Promise<Response>(() => undefined));
  expect(await probeAddress(entry(silent), AbortSignal.timeout(100))).toBe(false);
  expect(
    await probeAddress(
      serverConfig({ transport: "http", url: "http://127.0.0.1:1/" }),
      AbortSignal.timeout(1_000),
    ),
  ).toBe(false);
});
