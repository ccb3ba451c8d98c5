/** Streamable HTTP against servers that follow a script, in all the ways servers answer. */
import { expect, test } from "bun:test";
import { waitFor } from "../../support/wait-for.ts";
import {
  answerText,
  eventStream,
  type Handler,
  json,
  openStream,
  serve,
  type TestServer,
} from "./http-server.ts";
import { type Outcome, Probe, serverConfig } from "./support.ts";

const entry = (server: TestServer, headers: Record<string, string> = {}) =>
  serverConfig({ transport: "http", url: server.url, headers });

const reasonOf = (outcome: Outcome): unknown =>
  outcome.kind === "failure" ? (outcome.error.data as { readonly reason?: unknown }).reason : "no failure";

const resultOf = (outcome: Outcome): unknown =>
  outcome.kind === "reply" ? (outcome.message as { readonly result?: unknown }).result : outcome.error;

/** Only `tools/call` is scripted; everything else is as usual. */
const onCall =
  (handler: Handler): Handler =>
  (request) =>
    request.message.method === "tools/call" ? handler(request) : undefined;

test("session id, revision and configured headers go with every message; the session is ended on close", async () => {
  // Only the answer to `initialize` gives the session its id.
  using server = serve(onCall(({ message }) => json(message.id, {}, { "mcp-session-id": "s-2" })));
  const probe = new Probe(entry(server, { "x-key": "k", Authorization: "Bearer t" }));
  await probe.handshake();
  expect(resultOf(await probe.tool("x"))).toEqual({});
  expect(resultOf(await probe.call("tools/list"))).toEqual({ params: {} });
  await waitFor(() => server.count("GET") === 1, { what: "the question for a stream" });
  await probe[Symbol.asyncDispose]();
  const [initialize, ...later] = server.seen;
  expect(initialize?.headers.get("accept")).toBe("application/json, text/event-stream");
  expect(initialize?.headers.get("content-type")).toBe("application/json");
  expect(initialize?.headers.get("mcp-session-id")).toBeNull();
  expect(initialize?.headers.get("mcp-protocol-version")).toBeNull();
  expect(later.map((request) => request.method)).toContain("DELETE");
  for (const { headers } of later) {
    expect(headers.get("mcp-session-id")).toBe("s-1");
    expect(headers.get("mcp-protocol-version")).toBe("2025-11-25");
  }
  for (const { headers } of server.seen) {
    expect([headers.get("x-key"), headers.get("authorization")]).toEqual(["k", "Bearer t"]);
  }
  expect(server.count("GET")).toBe(1);
  expect(server.count("DELETE")).toBe(1);
});

test("no message overtakes notifications/initialized", async () => {
  let isInitialized = false;
  using server = serve(async ({ message }) => {
    if (message.method === "notifications/initialized") {
      await Bun.sleep(100);
      isInitialized = true;
    }
    return message.method === "tools/call" ? json(message.id, { isInitialized }) : undefined;
  });
  await using probe = new Probe(entry(server));
  await probe.handshake();
  expect(resultOf(await probe.tool("x"))).toEqual({ isInitialized: true });
});

test("progress, log lines and requests on a call's stream are that call's own", async () => {
  using server = serve(
    onCall(({ message }) => {
      const { name } = message.params as { readonly name: string };
      const log = JSON.stringify({
        jsonrpc: "2.0",
        method: "notifications/message",
        params: { level: "info", data: name },
      });
      const ask = JSON.stringify({ jsonrpc: "2.0", id: name, method: "sampling/createMessage", params: {} });
      const data = answerText(message.id, { name });
      return eventStream([
        `data: ${log}\r\n\r\n: a comment\n\n`,
        `event: message\ndata: ${ask}\n\n`,
        `data: ${data}\n\n`,
      ]);
    }),
  );
  await using probe = new Probe(entry(server), { reverse: true });
  await probe.handshake();
  const owners = ["a", "b"].map((name) => probe.start("tools/call", { name }));
  for (const owner of owners) await probe.outcome(owner);
  const byName = (name: string): unknown => owners[name === "a" ? 0 : 1];
  for (const { message, owner } of probe.notifications)
    expect(owner).toEqual(byName(String(message.params?.["data"])) as never);
  expect(probe.notifications.length).toBe(2);
  expect(probe.reverses.length).toBe(2);
  for (const { owner } of probe.reverses) expect(owners).toContainEqual(owner as never);
});

test("what comes on the GET stream belongs to no call", async () => {
  const stream = openStream();
  using server = serve(({ method }) => (method === "GET" ? stream.response : undefined));
  await using probe = new Probe(entry(server));
  await probe.handshake();
  stream.write('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n');
  const told = await waitFor(() => probe.notifications[0], { what: "the notification" });
  expect(told).toEqual({
    message: { jsonrpc: "2.0", method: "notifications/tools/list_changed" } as never,
    owner: undefined,
  });
  expect(server.seen.find(({ method }) => method === "GET")?.headers.get("accept")).toBe("text/event-stream");
});

test("SEP-1699: a stream that ends before the answer is resumed behind its last event, after `retry`", async () => {
  let asked: number | undefined;
  let endedAtMs = 0;
  let resumedAfterMs = 0;
  const resumedFrom: (string | null)[] = [];
  using server = serve(({ method, message, headers }) => {
    if (message.method === "tools/call") {
      asked = message.id;
      endedAtMs = performance.now();
      return eventStream(["id: p-1\nretry: 200\ndata: \n\n", "id: e-2\ndata: half of an ev"]);
    }
    if (method !== "GET" || asked === undefined) return undefined;
    resumedFrom.push(headers.get("last-event-id"));
    resumedAfterMs = performance.now() - endedAtMs;
    if (resumedFrom.length === 1) return eventStream(["id: p-2\ndata: \n\n"]);
    return eventStream([`id: p-3\ndata: ${answerText(asked, { resumed: true })}\n\n`]);
  });
  await using probe = new Probe(entry(server));
  await probe.handshake();
  await waitFor(() => server.count("GET") === 1, { what: "the question for a stream" });
  expect(resultOf(await probe.tool("x"))).toEqual({ resumed: true });
  expect(resumedFrom).toEqual(["p-1", "p-2"]);
  expect(resumedAfterMs).toBeGreaterThanOrEqual(2 * 195);
  expect(server.count("POST", "tools/call")).toBe(1);
});

test("a stream that ends before the answer, without an event id, fails the call as lost", async () => {
  using server = serve(onCall(() => eventStream([": nothing\n\n"])));
  await using probe = new Probe(entry(server));
  await probe.handshake();
  expect(reasonOf(await probe.tool("x"))).toBe("backend-lost");
  expect(probe.closed).toEqual([]);
});

test("a stream that may not be resumed fails the call as lost", async () => {
  using server = serve(onCall(() => eventStream(["id: 1\nretry: 1\ndata: \n\n"])));
  await using probe = new Probe(entry(server));
  await probe.handshake();
  expect(reasonOf(await probe.tool("x"))).toBe("backend-lost");
});

for (const [name, status, body] of [
  ["404", 404, '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}'],
  [
    "400 that mentions it",
    400,
    '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Server not initialized"},"id":null}',
  ],
] as const) {
  test(`F30: a lost session (${name}) closes the connection for a reconnect at once; the call is not run again`, async () => {
    using server = serve(
      onCall(() => new Response(body, { status, headers: { "content-type": "application/json" } })),
    );
    const probe = new Probe(entry(server));
    await probe.handshake();
    expect(reasonOf(await probe.tool("x"))).toBe("backend-renewing");
    await waitFor(() => probe.closed.length > 0, { what: "the connection to close" });
    expect(probe.closed.map(({ stage, reconnect }) => [stage, reconnect])).toEqual([["running", "at-once"]]);
    await probe[Symbol.asyncDispose]();
    expect(server.count("POST", "tools/call")).toBe(1);
    expect(server.count("DELETE")).toBe(0);
  });
}

test("a 404 from a server without sessions fails that call only", async () => {
  using server = serve(
    onCall(() => new Response("no", { status: 404 })),
    null,
  );
  await using probe = new Probe(entry(server));
  await probe.handshake();
  expect(reasonOf(await probe.tool("x"))).toBe("backend-http");
  expect(probe.closed).toEqual([]);
});

test("F31: a body that breaks off fails its call as lost", async () => {
  using server = serve(
    onCall(() => {
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          controller.enqueue(Buffer.from('{"jsonrpc":"2.0",'));
          await Bun.sleep(20);
          controller.error(new Error("cut"));
        },
      });
      return new Response(body, { headers: { "content-type": "application/json" } });
    }),
  );
  await using probe = new Probe(entry(server));
  await probe.handshake();
  expect(["backend-lost", "backend-malformed"]).toContain(String(reasonOf(await probe.tool("x"))));
  expect(probe.closed).toEqual([]);
});

test("F31: refusals, pages and answers to something else become errors that name them", async () => {
  const html = "<html><body>internal stack trace</body></html>";
  const answers: readonly (readonly [string, Handler, string, RegExp])[] = [
    [
      "500",
      () => new Response("db password wrong", { status: 500 }),
      "backend-http",
      /HTTP 500: db password wrong/,
    ],
    [
      "429",
      () => new Response("", { status: 429, headers: { "retry-after": "9" } }),
      "backend-http",
      /HTTP 429/,
    ],
    ["401", () => new Response("", { status: 401 }), "backend-http", /HTTP 401/],
    [
      "html",
      () => new Response(html, { headers: { "content-type": "text/html" } }),
      "backend-malformed",
      /text\/html/,
    ],
    ["202", () => new Response(null, { status: 202 }), "backend-malformed", /202/],
    [
      "not JSON",
      () => new Response("{", { headers: { "content-type": "application/json" } }),
      "backend-malformed",
      /./,
    ],
    [
      "empty",
      () => new Response("", { headers: { "content-type": "application/json" } }),
      "backend-malformed",
      /./,
    ],
    ["other id", ({ message }) => json(Number(message.id) + 50, {}), "backend-malformed", /another request/],
  ];
  for (const [name, handler, reason, pattern] of answers) {
    using server = serve(onCall(handler));
    await using probe = new Probe(entry(server));
    await probe.handshake();
    const outcome = await probe.tool("x");
    expect([name, reasonOf(outcome)]).toEqual([name, reason]);
    expect(JSON.stringify(outcome)).toMatch(pattern);
    expect(JSON.stringify(outcome)).not.toContain("stack trace");
    expect(probe.closed).toEqual([]);
  }
});

test("a JSON-RPC error with an HTTP error status is the backend's own answer", async () => {
  using server = serve(
    onCall(({ message }) =>
      Response.json(
        { jsonrpc: "2.0", id: message.id, error: { code: -32602, message: "bad", data: { x: 1 } } },
        { status: 400 },
      ),
    ),
  );
  await using probe = new Probe(entry(server));
  await probe.handshake();
  const outcome = await probe.tool("x");
  expect(outcome.kind === "reply" ? outcome.message : outcome).toEqual({
    jsonrpc: "2.0",
    id: 2,
    error: { code: -32602, message: "bad", data: { x: 1 } },
  });
});

test("F28: a compressed answer is read, and one that unpacks beyond the bound is cut", async () => {
  const bomb = Bun.gzipSync(Buffer.alloc(80 * 1024 * 1024, 0x20));
  using server = serve(
    onCall(({ message }) => {
      const small = Bun.gzipSync(Buffer.from(answerText(message.id, { zipped: true })));
      const isSmall = (message.params as { readonly name: string }).name === "small";
      return new Response(isSmall ? small : bomb, {
        headers: { "content-type": "application/json", "content-encoding": "gzip" },
      });
    }),
  );
  await using probe = new Probe(entry(server));
  await probe.handshake();
  expect(resultOf(await probe.tool("small"))).toEqual({ zipped: true });
  expect(reasonOf(await probe.tool("bomb"))).toBe("backend-oversized");
}, 30_000);

test("F32: a server that never finishes its headers holds only that call; cancelling hangs up on it", async () => {
  let isGone = false;
  using server = serve(
    onCall(({ message, signal }) => {
      if ((message.params as { readonly name: string }).name !== "hang") return undefined;
      signal.addEventListener("abort", () => {
        isGone = true;
      });
      return new Promise<Response>(() => undefined);
    }),
  );
  await using probe = new Probe(entry(server));
  await probe.handshake();
  const owner = probe.start("tools/call", { name: "hang" });
  await waitFor(() => server.count("POST", "tools/call") === 1, { what: "the call" });
  expect((await probe.tool("other")).kind).toBe("reply");
  probe.connection.cancel(owner, "enough");
  await waitFor(() => isGone, { what: "the connection to be closed" });
  await waitFor(() => server.count("POST", "notifications/cancelled") === 1, { what: "the cancellation" });
  expect(probe.outcomes.get(owner.call)).toEqual([]);
});

test("F33: redirects are followed within the origin only, and not in circles; headers never leave it", async () => {
  const elsewhere: string[] = [];
  using other = serve(({ headers }) => {
    elsewhere.push(headers.get("authorization") ?? "");
    return undefined;
  });
  const redirect = (location: string): Handler => {
    return ({ path }) =>
      path === "/mcp" ? new Response(null, { status: 307, headers: { location } }) : undefined;
  };
  const headers = { authorization: "Bearer secret-token" };
  {
    using server = serve(redirect("/mcp/"));
    await using probe = new Probe(entry(server, headers));
    expect((await probe.handshake()).protocolVersion).toBe("2025-11-25");
  }
  for (const location of [`${other.origin}/mcp`, "/mcp", "file:///etc/hostname"]) {
    using server = serve(redirect(location));
    await using probe = new Probe(entry(server, headers));
    await expect(probe.handshake()).rejects.toThrow(/redirects/);
    expect(probe.closed[0]?.stage).toBe("connect");
  }
  expect(elsewhere).toEqual([]);
});

test("F27: nobody at the address is a fault of the connect stage that says what to do", async () => {
  using server = serve(() => undefined);
  const { url } = server;
  server[Symbol.dispose]();
  await using probe = new Probe(serverConfig({ transport: "http", url }));
  await expect(probe.handshake()).rejects.toThrow(/nothing listens/);
  expect(probe.closed[0]?.remedy).toContain("Start the server");
});

test("F29: a server that goes away closes the connection as soon as it is noticed", async () => {
  const server = serve(() => undefined);
  await using probe = new Probe(entry(server));
  await probe.handshake();
  server[Symbol.dispose]();
  expect(reasonOf(await probe.tool("x"))).toBe("backend-lost");
  // The first refusal may be a reset of a connection kept open; the next attempt finds nobody.
  if (probe.closed.length === 0) await probe.tool("x");
  expect(probe.closed.map(({ stage }) => stage)).toEqual(["running"]);
});

test("a stream that the server keeps open behind the answer is hung up on", async () => {
  let isGone = false;
  using server = serve(
    onCall(({ message }) =>
      eventStream([`data: ${answerText(message.id, {})}\n\n`], false, () => {
        isGone = true;
      }),
    ),
  );
  await using probe = new Probe(entry(server));
  await probe.handshake();
  expect((await probe.tool("x")).kind).toBe("reply");
  await waitFor(() => isGone, { what: "the stream to be closed" });
});

test("a GET stream that ends is opened again behind its last event; one that is refused is not", async () => {
  const asked: (string | null)[] = [];
  using server = serve(({ method, headers }) => {
    if (method !== "GET") return undefined;
    asked.push(headers.get("last-event-id"));
    if (asked.length === 1) {
      return eventStream([
        'id: 7\nretry: 20\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n',
      ]);
    }
    return new Response(null, { status: 405 });
  });
  await using probe = new Probe(entry(server));
  await probe.handshake();
  await waitFor(() => asked.length === 2, { what: "the second GET" });
  await Bun.sleep(200);
  expect(asked).toEqual([null, "7"]);
  expect(probe.closed).toEqual([]);
});

test("a GET that is refused in any way is no fault and no storm", async () => {
  for (const status of [401, 403, 404, 405, 501]) {
    using server = serve(({ method }) => (method === "GET" ? new Response("no", { status }) : undefined));
    await using probe = new Probe(entry(server));
    await probe.handshake();
    await waitFor(() => server.count("GET") === 1, { what: "the GET" });
    await Bun.sleep(50);
    expect((await probe.tool("x")).kind).toBe("reply");
    expect([status, server.count("GET")]).toEqual([status, 1]);
  }
});

test("a server of the older transport is recognised, and the right type named", async () => {
  using server = serve(({ method }) =>
    method === "GET"
      ? eventStream(["event: endpoint\ndata: /messages\n\n"], false)
      : new Response("Cannot POST", { status: 404 }),
  );
  await using probe = new Probe(entry(server));
  await expect(probe.handshake()).rejects.toThrow(/older HTTP\+SSE/);
  expect(probe.closed[0]?.remedy).toContain('"sse"');
});

test("F34: more calls than fetch's usual bound can wait at the same time", async () => {
  const waiting: (() => void)[] = [];
  using server = serve(
    onCall(
      ({ message }) =>
        new Promise((resolve) => waiting.push(() => resolve(json(message.id, { id: message.id })))),
    ),
  );
  await using probe = new Probe(entry(server));
  await probe.handshake();
  // The launcher raises the bound with BUN_CONFIG_MAX_HTTP_REQUESTS; within it all must be out at once.
  const owners = Array.from({ length: 200 }, () => probe.start("tools/call", { name: "x" }));
  await waitFor(() => waiting.length === owners.length, { what: "all calls to arrive" });
  for (const release of waiting) release();
  for (const owner of owners) expect((await probe.outcome(owner)).kind).toBe("reply");
});

test("a session id that no header can carry is refused", async () => {
  using server = serve(() => undefined, "a b");
  await using probe = new Probe(entry(server));
  await expect(probe.handshake()).rejects.toThrow(/id that no header/);
});
