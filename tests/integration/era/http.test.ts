/** Stateless servers over HTTP: found out, spoken to as their revision demands, and noticed when they go. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ServerConfig } from "@mcp-gateway/config";
import { FrameKind } from "@mcp-gateway/contract";
import { limits } from "@mcp-gateway/kit";
import { startFakeHttpBackend } from "../../support/fake-http-backend.ts";
import { serverConfig, until } from "../../unit/supervisor/process/programs.ts";
import { accepted, startWorld, type World } from "../../unit/supervisor/rpc/world.ts";
import { eventStream, type SeenRequest, startStatelessServer } from "./stateless-server.ts";

const decoder = new TextDecoder();
const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};
const called = { "Mcp-Method": "tools/call", "Mcp-Name": "echo" };

function entry(url: string, more: Partial<ServerConfig> = {}): ServerConfig {
  return serverConfig({ name: "far", transport: "http", command: undefined, url, ...more });
}

const methodsOf = (requests: readonly SeenRequest[]) =>
  requests.map(({ method, message }) => `${method} ${message?.method ?? ""}`.trim());

function verdictsIn(world: World): unknown[] {
  const file = JSON.parse(readFileSync(join(world.folder, "state", "eras.json"), "utf8"));
  return Object.values(file.verdicts).map((verdict) => (verdict as { era: string }).era); // As it was written.
}

describe("which era a server speaks", () => {
  test("a stateless one is recognised, and what it says of itself is told as an `initialize` result", async () => {
    await using server = startStatelessServer();
    await using world = await startWorld([entry(server.url)]);
    await using link = await world.connect();
    const state = await link.untilPhase("far", "ready");
    expect(state.era).toBe("stateless");
    expect(JSON.parse(state.initializeResult ?? "")).toEqual({
      protocolVersion: "2026-07-28",
      capabilities: { tools: {} },
      serverInfo: { name: "stateless", version: "1" },
    });
    expect(verdictsIn(world)).toEqual(["stateless"]);
    await world.supervisor.stop();
    // Nothing but the question: no session was opened, followed or ended.
    expect(new Set(methodsOf(server.requests))).toEqual(new Set(["POST server/discover"]));
  });

  test("a server of sessions answers as it always did, with one question more, once", async () => {
    await using backend = startFakeHttpBackend();
    await using world = await startWorld([entry(backend.mcpUrl)]);
    await using link = await world.connect();
    expect((await link.untilPhase("far", "ready")).era).toBe("session");
    expect(verdictsIn(world)).toEqual(["session"]);
    const questions = () =>
      backend.requests.filter(({ headers }) => headers["mcp-method"] === "server/discover").length;
    expect(questions()).toBe(1);
    await link.operate("restart", "far");
    await until(() => link.backend("far")?.epoch === 2, "the next incarnation");
    await link.untilPhase("far", "ready");
    expect(questions()).toBe(1);
  });

  const stateless = JSON.stringify({ code: -32020, message: "Header mismatch" });
  const answers: readonly (readonly [string, () => Response, "session" | "none"])[] = [
    ["404 with a page", () => html(404), "session"],
    ["405", () => new Response(null, { status: 405 }), "session"],
    ["400 with plain text", () => new Response("Bad Request: no session", { status: 400 }), "session"],
    ["400 with an error of sessions", () => jsonError(400, -32000, "Server not initialized"), "session"],
    ["200 with an unknown method", () => jsonError(200, -32601, "Method not found"), "session"],
    ["202", () => new Response(null, { status: 202 }), "session"],
    ["200 with a page", () => html(200), "session"],
    ["500", () => html(500), "session"],
    ["an event stream that ends", () => eventStream((_say, end) => end()), "session"],
    ["401", () => html(401), "none"],
    ["403", () => jsonError(403, -32000, "no"), "none"],
    ["429", () => html(429), "none"],
    [
      "400 that only a stateless server says",
      () =>
        new Response(`{"jsonrpc":"2.0","id":1,"error":${stateless}}`, {
          status: 400,
          headers: { "content-type": "application/json" },
        }),
      "none",
    ],
  ];

  for (const [what, answer, verdict] of answers) {
    test(`${what} ${verdict === "none" ? "proves nothing" : "means sessions"}`, async () => {
      let initialized = 0;
      await using server = startStatelessServer(({ id, method }) => {
        if (method === "server/discover") return answer();
        if (method !== "initialize") return new Response(null, { status: 202 });
        initialized += 1;
        const serverInfo = { name: "old", version: "1" };
        const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo };
        return Response.json({ jsonrpc: "2.0", id, result });
      });
      await using world = await startWorld([entry(server.url)]);
      await using link = await world.connect();
      if (verdict === "session") {
        expect((await link.untilPhase("far", "ready")).era).toBe("session");
        // A server that fails may be either; what works now is not kept as what it is.
        if (what === "500") expect(() => verdictsIn(world)).toThrow();
        else expect(verdictsIn(world)).toEqual(["session"]);
        return;
      }
      const down = await link.untilPhase("far", "backing-off");
      expect(down.fault?.message).not.toBe("");
      expect(initialized).toBe(0);
    });
  }

  test("silence is a server of sessions that ignores the question, which is asked once", async () => {
    await using backend = startFakeHttpBackend();
    await using server = startStatelessServer((message, { headers }) => {
      if (message.method === "server/discover") return new Promise<Response>(() => undefined);
      const id = headers["mcp-session-id"];
      return fetch(backend.mcpUrl, {
        method: "POST",
        body: JSON.stringify(message),
        headers: id === undefined ? {} : { "mcp-session-id": id },
      });
    });
    await using world = await startWorld([entry(server.url)]);
    await using link = await world.connect();
    expect((await link.untilPhase("far", "ready", limits.eraProbeTimeoutMs + 5_000)).era).toBe("session");
    expect(verdictsIn(world)).toEqual(["session"]);
  }, 20_000);

  test("a remembered verdict that no longer holds is forgotten, and the server is asked again", async () => {
    await using backend = startFakeHttpBackend();
    const server = startStatelessServer();
    const port = Number(new URL(server.url).port);
    await using world = await startWorld([entry(server.url)]);
    await using link = await world.connect();
    await link.untilPhase("far", "ready");
    await server[Symbol.asyncDispose]();
    // The same address, an older server.
    await using _older = startStatelessServer((message, { headers }) => {
      if (message.method === "server/discover") return jsonError(400, -32000, "Server not initialized");
      const id = headers["mcp-session-id"];
      return fetch(backend.mcpUrl, {
        method: "POST",
        body: JSON.stringify(message),
        headers: id === undefined ? {} : { "mcp-session-id": id },
      });
    }, port);
    await link.operate("restart", "far");
    await until(() => link.backend("far")?.era === "session", "the new verdict");
    await link.untilPhase("far", "ready");
    expect(verdictsIn(world)).toEqual(["session"]);
  });

  test("`protocol` forces one, and no question is asked", async () => {
    await using server = startStatelessServer();
    await using world = await startWorld([entry(server.url, { protocol: "session" })]);
    await using link = await world.connect();
    const down = await link.untilPhase("far", "backing-off");
    expect(down.fault?.message).toContain("initialize");
    expect(methodsOf(server.requests)).not.toContain("POST server/discover");
    world.next = accepted([entry(server.url, { protocol: "stateless" })]);
    await link.operate("reload");
    expect((await link.untilPhase("far", "ready")).era).toBe("stateless");
  });
});

describe("calls to a stateless server", () => {
  test("carry the gateway's headers, the entry's own, and the revision, and nothing of sessions", async () => {
    await using server = startStatelessServer();
    const headers = { Authorization: "Bearer secret" };
    await using world = await startWorld([entry(server.url, { headers })]);
    await using link = await world.connect();
    const state = await link.untilPhase("far", "ready");
    const params = (token: string) => ({
      name: "echo",
      arguments: {},
      _meta: { ...meta, progressToken: token },
    });
    const more = { ...called, "Mcp-Param-Region": "=?base64?4pyT?=" };
    const call = link.startRequest(state, "tools/call", params, { headers: more });
    const { kind, frame, text } = await link.outcome(call);
    expect(kind).toBe("reply");
    expect(Number(text.slice(frame.idStart, frame.idStart + frame.idLength))).toBe(JSON.parse(text).id);
    const seen = server.requests.at(-1);
    expect(seen?.message?.params).toEqual(params(`${link.number}.${call}`));
    expect(seen?.headers).toMatchObject({
      authorization: "Bearer secret",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "echo",
      "mcp-param-region": "=?base64?4pyT?=",
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
    });
    const refused = link.startRequest(state, "tools/call", params, { headers: { authorization: "x" } });
    expect((await link.outcome(refused)).text).toContain("invalid-params");
  });

  test("errors with a status are answers, named or not; a page is none", async () => {
    const replies: readonly (() => Response)[] = [
      () => jsonError(404, -32601, "Method not found"),
      () =>
        Response.json(
          { jsonrpc: "2.0", id: null, error: { code: -32020, message: "m", data: { a: 1 } } },
          { status: 400 },
        ),
      () => Response.json({ jsonrpc: "2.0", error: { code: -32700, message: "m" } }, { status: 400 }),
      () => html(502),
      () => Response.json({ jsonrpc: "2.0", id: 999_999, result: {} }),
      () => new Response(null, { status: 202 }),
    ];
    let next = 0;
    await using server = startStatelessServer((message) => {
      if (message.method !== "tools/call") return undefined;
      const reply = replies[next]?.();
      next += 1;
      if (next > 1 || reply === undefined) return reply;
      return Response.json(
        { jsonrpc: "2.0", id: message.id, error: { code: -32601, message: "m" } },
        { status: 404 },
      );
    });
    await using world = await startWorld([entry(server.url)]);
    await using link = await world.connect();
    const state = await link.untilPhase("far", "ready");
    const outcomes: string[] = [];
    for (const _ of replies) {
      const call = link.startRequest(state, "tools/call", () => ({ name: "echo", _meta: meta }), {
        headers: called,
      });
      const { kind, text, frame } = await link.outcome(call);
      const { error, code, data } = JSON.parse(text);
      if (kind === "reply")
        expect(Number(text.slice(frame.idStart, frame.idStart + frame.idLength))).toBe(JSON.parse(text).id);
      outcomes.push(kind === "reply" ? `reply ${error.code}` : `failure ${code} ${data.reason}`);
    }
    expect(outcomes).toEqual([
      "reply -32601",
      "reply -32020",
      "reply -32700",
      "failure -32000 backend-http",
      "failure -32603 backend-malformed",
      "failure -32603 backend-malformed",
    ]);
    expect(link.backend("far")?.phase).toBe("ready");
  });

  test("what comes on a call's stream belongs to that call; a stream that breaks is not resumed", async () => {
    await using server = startStatelessServer(({ id, method, params }) => {
      if (method !== "tools/call") return undefined;
      return eventStream((say, end) => {
        say({
          jsonrpc: "2.0",
          method: "notifications/message",
          params: { level: "info", data: params?.["name"] },
        });
        if (params?.["name"] !== "broken") say({ jsonrpc: "2.0", id, result: { content: [] } });
        end();
      });
    });
    await using world = await startWorld([entry(server.url)]);
    await using link = await world.connect();
    const state = await link.untilPhase("far", "ready");
    const start = (name: string) =>
      link.startRequest(state, "tools/call", () => ({ name, _meta: meta }), {
        headers: { "mcp-method": "tools/call", "mcp-name": name },
      });
    const calls = [start("a"), start("b"), start("broken")];
    const outcomes = await Promise.all(calls.map((call) => link.outcome(call)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(["reply", "reply", "failure"]);
    expect(outcomes[2]?.text).toContain("backend-lost");
    const told = link.data.frames
      .filter(({ kind }) => kind === FrameKind.notification)
      .map(({ call, payload }) => [call, JSON.parse(decoder.decode(payload)).params.data]);
    expect(told.sort()).toEqual([
      [calls[0], "a"],
      [calls[1], "b"],
      [calls[2], "broken"],
    ]);
    expect(methodsOf(server.requests).filter((line) => !line.startsWith("POST"))).toEqual([]);
  });

  test("a subscription is a long call: its events belong to it, and leaving it is its end", async () => {
    await using server = startStatelessServer();
    await using world = await startWorld([entry(server.url)]);
    await using link = await world.connect();
    const state = await link.untilPhase("far", "ready");
    const listen = link.startRequest(
      state,
      "subscriptions/listen",
      () => ({ notifications: { toolsListChanged: true }, _meta: meta }),
      { headers: { "mcp-method": "subscriptions/listen" } },
    );
    const heard = () =>
      link.data.frames.filter(({ call }) => call === listen).map(({ payload }) => decoder.decode(payload));
    await until(() => heard().length === 1, "the acknowledgement");
    server.publish("notifications/tools/list_changed");
    await until(() => heard().length === 2, "the change");
    expect(heard()[1]).toContain("notifications/tools/list_changed");
    const seen = server.requests.at(-1);
    link.send({
      kind: FrameKind.cancel,
      backend: state.index,
      epoch: state.epoch,
      call: listen,
      payload: Buffer.from("enough"),
    });
    await until(() => seen?.left === true, "the server to see it leave");
    // No message says so: over HTTP there is none for it.
    expect(methodsOf(server.requests).some((line) => line.includes("cancelled"))).toBe(false);
  });

  test("a gateway that goes away leaves all its requests", async () => {
    await using server = startStatelessServer(({ method }) =>
      method === "tools/call" ? new Promise<Response>(() => undefined) : undefined,
    );
    await using world = await startWorld([entry(server.url)]);
    const link = await world.connect();
    const state = await link.untilPhase("far", "ready");
    link.startRequest(state, "tools/call", () => ({ name: "echo", _meta: meta }), { headers: called });
    await until(() => server.requests.some(({ message }) => message?.method === "tools/call"), "the call");
    await link[Symbol.asyncDispose]();
    await until(() => server.requests.at(-1)?.left === true, "it to be left");
  });

  test("where nobody listens any more the backend is down, and comes back by itself", async () => {
    const server = startStatelessServer();
    const port = Number(new URL(server.url).port);
    await using world = await startWorld([entry(server.url)]);
    await using link = await world.connect();
    const state = await link.untilPhase("far", "ready");
    await server[Symbol.asyncDispose]();
    const call = link.startRequest(state, "tools/call", () => ({ name: "echo", _meta: meta }), {
      headers: called,
    });
    expect((await link.outcome(call)).text).toContain("backend-lost");
    await link.untilPhase("far", "backing-off");
    await using _again = startStatelessServer(undefined, port);
    expect((await link.untilPhase("far", "ready")).era).toBe("stateless");
  }, 20_000);
});

function html(status: number): Response {
  return new Response("<html></html>", { status, headers: { "content-type": "text/html" } });
}

function jsonError(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: "2.0", id: 1, error: { code, message } }, { status });
}
