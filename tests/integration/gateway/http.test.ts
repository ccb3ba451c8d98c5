/** HTTP as clients and attackers see it: sessions, streams, tokens, limits. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { type Stack, startStack } from "../../support/harness.ts";
import { rawHttp } from "../../support/raw-http.ts";
import { fakeBackend } from "../../support/repository.ts";
import { sseEvents } from "../../support/sse-events.ts";
import { waitFor, within } from "../../support/wait-for.ts";

setDefaultTimeout(60_000);

let stack: Stack;
const json = { "content-type": "application/json", accept: "application/json, text/event-stream" };

beforeAll(async () => {
  stack = await startStack({
    gateway: { limits: { requestBytes: 65_536 } },
    mcpServers: { one: fakeBackend("--name", "one") },
  });
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

function post(body: unknown, headers: Record<string, string> = {}, path = "/mcp"): Promise<Response> {
  return fetch(`${stack.url}${path}`, {
    method: "POST",
    headers: { ...json, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function initialize(protocolVersion = "2025-06-18", path = "/mcp"): Promise<string> {
  const response = await post(
    {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion, capabilities: {}, clientInfo: { name: "t", version: "1" } },
    },
    {},
    path,
  );
  expect(response.status).toBe(200);
  return response.headers.get("mcp-session-id") ?? "";
}

const call = (name: string, args: object = {}, id: string | number = 2, meta?: object) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) },
});

describe("a session", () => {
  test("agrees on each revision it knows and on its newest for others", async () => {
    for (const [asked, agreed] of [
      ["2024-11-05", "2024-11-05"],
      ["2025-03-26", "2025-03-26"],
      ["2025-06-18", "2025-06-18"],
      ["2025-11-25", "2025-11-25"],
      ["2099-01-01", "2025-11-25"],
    ]) {
      const response = await post({
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: { protocolVersion: asked, capabilities: {}, clientInfo: {} },
      });
      expect(
        ((await response.json()) as { result: { protocolVersion: string } }).result.protocolVersion,
      ).toBe(agreed ?? "");
    }
  });

  test("ends with DELETE and is unknown from then on", async () => {
    const session = await initialize();
    expect((await post(call("one__whoami"), { "mcp-session-id": session })).status).toBe(200);
    expect(
      (await fetch(stack.mcpUrl, { method: "DELETE", headers: { "mcp-session-id": session } })).status,
    ).toBe(200);
    expect((await post(call("one__whoami"), { "mcp-session-id": session })).status).toBe(404);
    expect(
      (await fetch(stack.mcpUrl, { method: "DELETE", headers: { "mcp-session-id": session } })).status,
    ).toBe(404);
  });

  test("is bound to the face it was made on", async () => {
    const session = await initialize();
    expect((await post(call("whoami"), { "mcp-session-id": session }, "/servers/one/mcp")).status).toBe(404);
  });

  test("is not needed by a client that forgets to name it", async () => {
    const response = await post(call("one__whoami"));
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("one");
  });

  test("refuses a protocol version nobody knows", async () => {
    const session = await initialize();
    expect(
      (await post(call("one__whoami"), { "mcp-session-id": session, "mcp-protocol-version": "1999-01-01" }))
        .status,
    ).toBe(400);
    expect(
      (await post(call("one__whoami"), { "mcp-session-id": session, "mcp-protocol-version": "2025-06-18" }))
        .status,
    ).toBe(200);
  });

  test("that failed to initialize is not kept", async () => {
    const before = (await stack.status()).sessions.streamable;
    const response = await post({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} });
    expect(response.headers.get("mcp-session-id")).toBeNull();
    expect(((await response.json()) as { error: { code: number } }).error.code).toBe(-32602);
    expect((await stack.status()).sessions.streamable).toBe(before);
  });
});

describe("a batch", () => {
  const batch = [
    call("one__echo", { nonce: "x" }, 10),
    { jsonrpc: "2.0", method: "notifications/initialized" },
    call("one__progress", { count: 1 }, 11, { progressToken: "b" }),
    call("nobody", {}, "12"),
  ];

  test("is answered message by message in a session of 2025-03-26, as a stream or as an array", async () => {
    const session = await initialize("2025-03-26");
    const streamed = await (await post(batch, { "mcp-session-id": session })).text();
    for (const part of ['"id":10', '"id":11', '"id":"12"', "unknown-tool", "notifications/progress"])
      expect(streamed).toContain(part);
    const array = await post(batch, { "mcp-session-id": session, accept: "application/json" });
    const answers = (await array.json()) as { id: unknown }[];
    expect(answers.map(({ id }) => String(id)).sort()).toEqual(["10", "11", "12"]);
    const notifications = [{ jsonrpc: "2.0", method: "notifications/initialized" }];
    expect((await post(notifications, { "mcp-session-id": session })).status).toBe(202);
  });

  test("of several requests for one list has an answer under each id", async () => {
    const session = await initialize("2025-03-26");
    const lists = [7, "a longer id", 8].map((id) => ({ jsonrpc: "2.0", id, method: "tools/list" }));
    const array = await post(lists, { "mcp-session-id": session, accept: "application/json" });
    const answers = (await array.json()) as { id: unknown; result: { tools: unknown[] } }[];
    expect(answers.map(({ id }) => id)).toEqual([7, "a longer id", 8]);
    for (const { result } of answers) expect(result.tools.length).toBeGreaterThan(0);
  });

  test("is refused in every other revision, without a session, empty, and with `initialize` in it", async () => {
    for (const revision of ["2024-11-05", "2025-06-18", "2025-11-25"]) {
      expect((await post(batch, { "mcp-session-id": await initialize(revision) })).status).toBe(400);
    }
    expect((await post(batch)).status).toBe(400);
    const session = await initialize("2025-03-26");
    expect((await post([], { "mcp-session-id": session })).status).toBe(400);
    expect(
      (
        await post([{ jsonrpc: "2.0", id: 1, method: "initialize", params: {} }], {
          "mcp-session-id": session,
        })
      ).status,
    ).toBe(400);
  });
});

describe("a stream", () => {
  test("carries a call's progress and answer, and nothing of it goes to the GET stream", async () => {
    const session = await initialize("2025-11-25");
    const listening = new AbortController();
    const get = await fetch(stack.mcpUrl, {
      headers: { accept: "text/event-stream", "mcp-session-id": session },
      signal: listening.signal,
    });
    const response = await post(call("one__progress", { count: 2 }, 9, { progressToken: "t" }), {
      "mcp-session-id": session,
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = [];
    for await (const event of sseEvents(response.body ?? new ReadableStream())) events.push(event);
    expect(events[0]?.data).toBe(""); // The priming event of 2025-11-25.
    expect(events.slice(1).map(({ data }) => JSON.parse(data).method ?? JSON.parse(data).id)).toEqual([
      "notifications/progress",
      "notifications/progress",
      9,
    ]);
    listening.abort();
    const seen = await new Response(get.body).text().catch(() => "");
    expect(seen).not.toContain("notifications/progress");
  });

  test("that broke in the middle goes on where the client left it", async () => {
    const session = await initialize("2025-11-25");
    const broken = new AbortController();
    const response = await fetch(stack.mcpUrl, {
      method: "POST",
      headers: { ...json, "mcp-session-id": session },
      body: JSON.stringify(call("one__progress", { count: 6, everyMs: 150 }, 9, { progressToken: "t" })),
      signal: broken.signal,
    });
    let lastId = "";
    let seen = 0;
    for await (const event of sseEvents(response.body ?? new ReadableStream())) {
      lastId = event.id ?? lastId;
      if (event.data !== "") seen += 1;
      if (seen === 2) break;
    }
    broken.abort();
    // The rest happens while nobody listens: it can only come from what is kept.
    await stack.waitForStatus(({ servers }) => servers[0]?.inFlight === 0, "the end of the call");
    const resumed = await fetch(stack.mcpUrl, {
      headers: { accept: "text/event-stream", "mcp-session-id": session, "last-event-id": lastId },
    });
    expect(resumed.status).toBe(200);
    const rest: string[] = [];
    for await (const { data } of sseEvents(resumed.body ?? new ReadableStream()))
      if (data !== "") rest.push(data);
    expect(rest.slice(0, -1).map((text) => JSON.parse(text).params.progress)).toEqual([3, 4, 5, 6]);
    expect(JSON.parse(rest.at(-1) ?? "{}")).toMatchObject({
      id: 9,
      result: { content: [{ text: "progressed 6" }] },
    });
  });

  test("a client that reads only JSON gets its answer as JSON", async () => {
    const session = await initialize();
    const response = await post(call("one__progress", {}, 3, { progressToken: 1 }), {
      "mcp-session-id": session,
      accept: "application/json",
    });
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(((await response.json()) as { id: number }).id).toBe(3);
  });

  test("a client that reads only streams gets its answer as one", async () => {
    const session = await initialize();
    const response = await post(call("one__whoami"), {
      "mcp-session-id": session,
      accept: "text/event-stream",
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await response.text()).toContain('"id":2');
  });

  test("of HTTP+SSE takes posts only for itself", async () => {
    expect((await post(call("one__whoami"), {}, "/messages")).status).toBe(400);
    expect((await post(call("one__whoami"), {}, "/messages?sessionId=nobody")).status).toBe(404);
    const session = await initialize();
    expect((await post(call("one__whoami"), {}, `/messages?sessionId=${session}`)).status).toBe(404);
  });
});

describe("a request that is no good", () => {
  test.each([
    ["not JSON", "{", 400, -32700],
    ["a batch", "[]", 400, -32600],
    ["no object", "42", 400, -32600],
    ["wrong case", '{"Jsonrpc":"2.0","ID":1,"Method":"ping"}', 400, -32600],
    ["a null id", '{"jsonrpc":"2.0","id":null,"method":"ping"}', 400, -32600],
    ["an object as id", '{"jsonrpc":"2.0","id":{},"method":"ping"}', 400, -32600],
    ["params no object", '{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}', 400, -32600],
    [
      "nested too deep",
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${"[".repeat(100)}${"]".repeat(100)}}}`,
      400,
      -32600,
    ],
    [
      "too large",
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"${"x".repeat(70_000)}"}}`,
      413,
      -32600,
    ],
  ])("%s is refused with a reason", async (_what, body, status, code) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    if (status !== 413)
      expect(((await response.json()) as { error: { code: number } }).error.code).toBe(code);
  });

  test("wrong types, hosts and origins are refused", async () => {
    expect((await post("{}", { "content-type": "text/plain" })).status).toBe(415);
    expect((await post("{}", { accept: "text/html" })).status).toBe(406);
    expect((await post("{}", { origin: "http://evil.example" })).status).toBe(403);
    expect((await fetch(stack.mcpUrl, { method: "PUT", headers: json })).status).toBe(405);
    expect((await fetch(`${stack.url}/nothing/here`)).status).toBe(404);
    for (const path of [
      "/mcp",
      "/sse",
      "/messages",
      "/servers/one/mcp",
      "/api/v1/status",
      "/metrics",
      "/nothing",
    ]) {
      const answer = await rawHttp(
        stack.port,
        `GET ${path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
      );
      expect([path, answer.status]).toEqual([path, 403]);
    }
  });

  test("an unknown server's address says so", async () => {
    for (const path of ["/servers/%ff/mcp", "/servers/%ff/sse", "/servers/%c0%80/messages"])
      expect((await post(call("x"), {}, path)).status).toBe(404);
    const response = await post(call("x"), {}, "/servers/nobody/mcp");
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("nobody");
  });

  test("a probe without a Host header is answered", async () => {
    expect((await rawHttp(stack.port, "GET /health HTTP/1.0\r\n\r\n")).status).toBe(200);
    expect((await rawHttp(stack.port, "GET /mcp HTTP/1.0\r\n\r\n")).status).toBe(403);
  });

  test("admin writes need the admin token, always", async () => {
    const restart = (headers: Record<string, string>) =>
      fetch(`${stack.url}/api/v1/servers/one/restart`, { method: "POST", headers });
    expect((await restart({})).status).toBe(401);
    expect((await restart({ authorization: "Bearer wrong" })).status).toBe(401);
    const token = readFileSync(stack.paths.adminTokenPath, "utf8").trim();
    expect(statSync(stack.paths.adminTokenPath).mode & 0o777).toBe(0o600);
    const before = (await stack.status()).servers[0]?.pid;
    expect((await restart({ authorization: `Bearer ${token}` })).status).toBe(200);
    const after = await stack.waitForStatus(
      ({ servers }) => servers[0]?.state === "ready" && servers[0].pid !== before,
      "the restart",
    );
    expect(after.servers[0]?.pid).not.toBe(before ?? 0);
  });

  test("no answer, log or report carries the tokens or a command", async () => {
    const token = readFileSync(stack.paths.adminTokenPath, "utf8").trim();
    const texts = [
      stack.logs(),
      await (await fetch(`${stack.url}/api/v1/status`)).text(),
      await (await fetch(`${stack.url}/metrics`)).text(),
    ];
    for (const text of texts) {
      expect(text).not.toContain(token);
      expect(text).not.toContain("fake-backend.ts");
    }
  });
});

describe("opened wider than this machine", () => {
  test("every client needs the token, however the address is spelled", async () => {
    await using wide = await startStack(
      { mcpServers: { one: fakeBackend() } },
      { arguments: ["--host", "0.0.0.0"], until: "listening" },
    );
    const token = readFileSync(wide.paths.clientTokenPath, "utf8").trim();
    expect(statSync(wide.paths.clientTokenPath).mode & 0o777).toBe(0o600);
    const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
    for (const path of [
      "/mcp",
      "/mcp/",
      "//mcp",
      "/%6dcp",
      "/MCP",
      "/sse",
      "/sse/",
      "/messages",
      "/servers/one/mcp",
      "/servers/one/mcp/",
      "/servers/one/sse",
    ]) {
      for (const method of ["GET", "POST", "DELETE"]) {
        const refused = await fetch(`${wide.url}${path}`, {
          method,
          headers: json,
          ...(method === "POST" ? { body: ping } : {}),
        });
        expect([method, path, refused.status]).toEqual([method, path, 401]);
      }
    }
    const allowed = await fetch(wide.mcpUrl, {
      method: "POST",
      headers: { ...json, authorization: `Bearer ${token}` },
      body: ping,
    });
    expect(allowed.status).toBe(200);
    await waitFor(() => wide.logs().includes("client-token"), { what: "the panel" });
    expect(wide.logs()).not.toContain(token);
  });
});

describe("a taken port", () => {
  test("is refused at once, also when the other one is a gateway", async () => {
    // The port answers already: it is the first gateway's.
    await using second = await startStack(
      { mcpServers: { one: fakeBackend() } },
      { port: stack.port, until: "listening" },
    );
    expect(await within(10_000, "the end of the second", second.exited)).toBe(3);
    expect(second.logs()).toContain("already listens");
  });
});

test("a folder that no log can be written to is told of, and stops nothing", async () => {
  await using quiet = await startStack(
    { mcpServers: { one: fakeBackend() } },
    { environment: { MCP_GATEWAY_LOG_DIR: "/proc/none" } },
  );
  expect(quiet.logs()).toContain("No log can be written");
  expect((await fetch(`${quiet.url}/health`)).status).toBe(200);
});

describe("the end", () => {
  test("comes within seconds with clients connected and calls in flight, and leaves nothing", async () => {
    const ending = await startStack({
      mcpServers: { one: fakeBackend("--ignore-eof"), two: fakeBackend("--grandchildren", "2") },
    });
    const sse = await fetch(ending.sseUrl, { headers: { accept: "text/event-stream" } });
    const session = (
      await fetch(ending.mcpUrl, {
        method: "POST",
        headers: json,
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 1,
          method: "initialize",
          params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: {} },
        }),
      })
    ).headers.get("mcp-session-id");
    const hanging = fetch(ending.mcpUrl, {
      method: "POST",
      headers: { ...json, "mcp-session-id": session ?? "" },
      body: JSON.stringify(call("one__hang")),
    }).then((response) => response.text(), String);
    await within(14_000, "the end", ending.stop());
    expect(await ending.exited).toBe(0);
    expect(await hanging).not.toBe("");
    await sse.body?.cancel().catch(() => undefined); // The stream was cut by the end, which is the point.
    expect(existsSync(ending.paths.runFilePath)).toBe(false);
    await ending[Symbol.asyncDispose]();
  });
});
