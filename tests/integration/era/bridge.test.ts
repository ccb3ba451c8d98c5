/**
 * A stateless server (the official SDK's, revision 2026-07-28 only) behind the gateway, used by clients of the session
 * revisions on both fronts: its questions, its lists and their changes reach them in their own way.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createMcpHandler, inputRequired, Server } from "@modelcontextprotocol/server";
import { freePort } from "../../support/free-port.ts";
import { type Stack, startStack } from "../../support/harness.ts";
import { openRawClient } from "../../support/raw-client.ts";

setDefaultTimeout(60_000);

const question = {
  message: "Your name?",
  requestedSchema: { type: "object" as const, properties: { name: { type: "string" as const } } },
};
const extraTools: string[] = [];
const seen: { method: string; headers: Record<string, string>; params: Record<string, unknown> }[] = [];

function makeServer(): Server {
  const server = new Server(
    { name: "new", version: "2" },
    { capabilities: { tools: { listChanged: true } } },
  );
  const tool = (name: string) => ({ name, inputSchema: { type: "object" as const } });
  server.setRequestHandler("tools/list", () => ({
    tools: ["ask", "echo", ...extraTools].map(tool),
    ttlMs: 0,
    cacheScope: "public" as const,
  }));
  server.setRequestHandler("tools/call", ({ params }, { mcpReq }) => {
    if (params.name !== "ask")
      return { content: [{ type: "text", text: JSON.stringify(params.arguments ?? {}) }] };
    const answer = mcpReq.inputResponses?.["who"] as { content?: { name?: string } } | undefined; // Looked at field by field.
    if (answer === undefined) {
      return inputRequired({
        inputRequests: { who: { method: "elicitation/create", params: question } },
        requestState: "round-1",
      });
    }
    return { content: [{ type: "text", text: `hello ${answer.content?.name}, ${mcpReq.requestState()}` }] };
  });
  return server;
}

let stack: Stack;
let http: ReturnType<typeof Bun.serve>;
let handler: ReturnType<typeof createMcpHandler>;

beforeAll(async () => {
  handler = createMcpHandler(() => makeServer(), { legacy: "reject" });
  http = Bun.serve({
    hostname: "127.0.0.1",
    port: freePort(),
    idleTimeout: 120,
    fetch: async (request) => {
      if (request.method === "POST") {
        const body = (await request.clone().json()) as { method: string; params?: Record<string, unknown> };
        seen.push({
          method: body.method,
          headers: Object.fromEntries(request.headers),
          params: body.params ?? {},
        });
      }
      return await handler.fetch(request);
    },
  });
  stack = await startStack({
    mcpServers: { new: { type: "http", url: `http://127.0.0.1:${http.port}/mcp` } },
  });
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await http?.stop(true);
});

describe.each(["mcp", "sse"] as const)("on /%s", (front) => {
  const open = (capabilities: Record<string, unknown>) =>
    openRawClient(front === "mcp" ? stack.mcpUrl : stack.sseUrl, { capabilities });

  test("a plain call works, and says what the revision demands", async () => {
    await using client = await open({ elicitation: {} });
    expect(await client.callText("new__echo", { a: 1 })).toBe('{"a":1}');
    const call = seen.findLast(({ method }) => method === "tools/call");
    expect(call?.headers).toMatchObject({
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "echo",
    });
    expect(call?.headers["mcp-session-id"]).toBeUndefined();
    expect(call?.params["_meta"]).toMatchObject({
      "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
    });
  });

  test("a question in its answer becomes a request to the client, and the call goes out again", async () => {
    await using client = await open({ elicitation: {} });
    const call = client.callText("new__ask");
    const asked = await client.waitForMessage(
      "the question",
      ({ method }) => method === "elicitation/create",
    );
    expect(asked.params).toEqual(question);
    await client.send(
      JSON.stringify({
        jsonrpc: "2.0",
        id: asked.id,
        result: { action: "accept", content: { name: "Ada" } },
      }),
    );
    expect(await call).toBe("hello Ada, round-1");
  });

  test("a client that can't be asked gets an error, and is not asked", async () => {
    await using client = await open({});
    const { error } = await client.request("tools/call", { name: "new__ask", arguments: {} });
    expect(error).toBeDefined();
    expect(client.received.some(({ method }) => method === "elicitation/create")).toBe(false);
  });

  test("a client's refusal ends the call with an error", async () => {
    await using client = await open({ elicitation: {} });
    const call = client.request("tools/call", { name: "new__ask", arguments: {} });
    const asked = await client.waitForMessage(
      "the question",
      ({ method }) => method === "elicitation/create",
    );
    await client.send(JSON.stringify({ jsonrpc: "2.0", id: asked.id, error: { code: -1, message: "no" } }));
    expect((await call).error?.data?.["reason"]).toBe("client-refused");
  });

  test("a changed list is heard on the listen that is kept open, and told to live clients", async () => {
    await using client = await open({});
    extraTools.push(`extra_${front}`);
    handler.notify.toolsChanged();
    await client.waitForMessage(
      "list_changed",
      ({ method }) => method === "notifications/tools/list_changed",
    );
    const { result } = await client.request("tools/list");
    expect(JSON.stringify(result)).toContain(`new__extra_${front}`);
  });
});
