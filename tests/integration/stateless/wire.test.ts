/** The stateless revision as it is on the wire: what every request needs, and what every answer has. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Stack, startStack } from "../../support/harness.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { revision, StatelessClient, textIn } from "./stateless-client.ts";

setDefaultTimeout(30_000);

const prefix = "io.modelcontextprotocol/";
let stack: Stack;
let client: StatelessClient;

beforeAll(async () => {
  stack = await startStack({
    mcpServers: {
      one: fakeBackend("--name", "one", "--resources", "2", "--prompts", "1"),
      two: fakeBackend("--name", "two"),
    },
  });
  client = new StatelessClient(stack.mcpUrl);
}, 60_000);
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

describe("a request", () => {
  test.each([
    [
      "neither version nor capabilities",
      { [`${prefix}protocolVersion`]: undefined, [`${prefix}clientCapabilities`]: undefined },
    ],
    ["no version", { [`${prefix}protocolVersion`]: undefined }],
    ["no capabilities", { [`${prefix}clientCapabilities`]: undefined }],
    ["capabilities that are no object", { [`${prefix}clientCapabilities`]: [] }],
  ])("with %s is refused with 400 and -32602", async (_what, meta) => {
    const { status, error, id } = await client.ask("server/discover", {}, { meta, id: "mine" });
    expect([status, error?.code, id]).toEqual([400, -32602, "mine"]);
  });

  test.each([
    ["no version header", { "mcp-protocol-version": undefined }],
    ["another version header", { "mcp-protocol-version": "2025-11-25" }],
    ["no method header", { "mcp-method": undefined }],
    ["another method header", { "mcp-method": "tools/list" }],
    ["a method header in capitals", { "mcp-method": "TOOLS/CALL" }],
    ["no name header", { "mcp-name": undefined }],
    ["another name header", { "mcp-name": "one__echo" }],
    ["two name headers", { "mcp-name": "one__whoami, one__whoami" }],
    ["a broken Base64 name", { "mcp-name": "=?base64?b25lX193aG9hbWk?=" }],
  ])("with %s is refused with 400 and -32020, and never runs", async (_what, headers) => {
    const { status, error, id } = await client.call("one__whoami", {}, { headers, id: 77 });
    expect([status, error?.code, id]).toEqual([400, -32020, 77]);
  });

  test("may have its name in Base64, with white space around it", async () => {
    for (const name of ["=?base64?b25lX193aG9hbWk=?=", "  one__whoami\t"]) {
      const answer = await client.call("one__whoami", {}, { headers: { "mcp-name": name } });
      expect([answer.status, JSON.parse(textIn(answer)).name]).toEqual([200, "one"]);
    }
  });

  test("of a version nobody knows is told which are known", async () => {
    for (const version of ["2099-01-01", "2025-11-25"]) {
      const answer = await client.ask(
        "server/discover",
        {},
        { meta: { [`${prefix}protocolVersion`]: version }, headers: { "mcp-protocol-version": version } },
      );
      expect([answer.status, answer.error?.code]).toEqual([400, -32022]);
      expect(answer.error?.data).toMatchObject({ supported: [revision], requested: version });
    }
  });

  test.each(["initialize", "ping", "logging/setLevel", "resources/subscribe", "tasks/get", "no/such"])(
    "for %s is one for a method that does not exist: 404 and -32601",
    async (method) => {
      const { status, error } = await client.ask(method, {});
      expect([status, error?.code]).toEqual([404, -32601]);
    },
  );

  test("with a level that is none is refused, and with a session's id it is served all the same", async () => {
    const wrong = await client.call("one__whoami", {}, { meta: { [`${prefix}logLevel`]: "loudest" } });
    expect(wrong.error?.code).toBe(-32602);
    const answer = await client.call("one__whoami", {}, { headers: { "mcp-session-id": "nobody" } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("mcp-session-id")).toBeNull();
  });

  test("other than POST is not taken, and posted answers are refused", async () => {
    for (const method of ["GET", "DELETE"]) {
      const headers = { "mcp-protocol-version": revision, accept: "text/event-stream" };
      const response = await fetch(stack.mcpUrl, { method, headers });
      expect([method, response.status, response.headers.get("allow")]).toEqual([method, 405, "POST"]);
    }
    const headers = { "content-type": "application/json", "mcp-protocol-version": revision };
    const post = async (message: object): Promise<number> =>
      (await fetch(stack.mcpUrl, { method: "POST", headers, body: JSON.stringify(message) })).status;
    expect(await post({ jsonrpc: "2.0", id: 1, result: {} })).toBe(400);
    expect(await post({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } })).toBe(
      202,
    );
  });

  test("keeps trace context and foreign keys of `_meta` for its server, and nothing reserved", async () => {
    const meta = {
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
      "com.example/x": 1,
    };
    await client.call("one__echo", { nonce: "traced" }, { meta, capabilities: { sampling: {} } });
    const received = textIn(await client.call("one__received", { method: "tools/call" }));
    expect(received).toContain(meta.traceparent);
    expect(received).toContain('"com.example/x":1');
    expect(received).not.toContain("io.modelcontextprotocol");
  });
});

describe("an answer", () => {
  test("says what the face is and can do", async () => {
    const merged = (await client.ask("server/discover")).result;
    expect(merged).toMatchObject({
      resultType: "complete",
      supportedVersions: [revision],
      capabilities: { tools: { listChanged: true }, resources: { subscribe: true } },
      cacheScope: "private",
      _meta: { [`${prefix}serverInfo`]: { name: "mcp-gateway" } },
    });
    expect(merged?.["ttlMs"]).toBeGreaterThanOrEqual(0);
    expect(merged?.["capabilities"]).not.toHaveProperty("tasks");
    const own = (await client.ask("server/discover", {}, { url: stack.serverUrl("two", "mcp") })).result;
    expect(own).toMatchObject({
      instructions: "instructions of two",
      _meta: { [`${prefix}serverInfo`]: { name: "two", version: "1.2.3" } },
    });
  });

  test.each([
    ["tools/list", "tools"],
    ["prompts/list", "prompts"],
    ["resources/list", "resources"],
    ["resources/templates/list", "resourceTemplates"],
  ])("to %s has everything a session sees, and caching hints", async (method, member) => {
    await using session = await openRawClient(stack.mcpUrl);
    const seen = (await session.request(method)).result?.[member];
    const { result } = await client.ask(method);
    expect(result).toMatchObject({ resultType: "complete", cacheScope: "private" });
    expect(result?.["ttlMs"]).toBeInteger();
    expect(result?.[member]).toEqual(seen);
    const own = await client.ask(method, {}, { url: stack.serverUrl("two", "mcp") });
    expect(JSON.stringify(own.result?.[member])).not.toMatch(/one__|\/\/one/);
  });

  test.each([
    ['{"content":[],"n":1.0,"big":9007199254740993,"dup":1,"dup":2}', ""],
    ['{"content":[{"type":"hologram","_meta":{"x":1}}]}', ""],
    ["{ }", ""],
    ['{"resultType":"strange","content":[],"z":1}', '"content":[],"z":1'],
    ['{"\\u0072esultType":"strange","content":[]}', '"content":[]'],
  ])("keeps the server's own bytes: %s", async (result, kept) => {
    const answer = await client.call("one__exact", { result });
    expect(answer.text).toContain(kept === "" ? result.slice(1, -1).trim() : kept);
    expect(answer.result).toMatchObject({
      resultType: "complete",
      _meta: { [`${prefix}serverInfo`]: { name: "mcp-gateway" } },
    });
  });

  test("adds to the server's own `_meta` and replaces only who answers", async () => {
    const own = `{"_meta":{"a/b":[1.0],"${prefix}serverInfo":{"name":"liar","version":"0"}},"content":[]}`;
    const { text, result } = await client.call("one__exact", { result: own });
    expect(text).toContain('"a/b":[1.0]');
    expect(text).not.toContain("liar");
    expect(result?.["_meta"]).toMatchObject({ [`${prefix}serverInfo`]: { name: "mcp-gateway" } });
  });

  test("comes back under the id of its request, whatever that is", async () => {
    for (const id of [0, -3, "", "1", 'é " \\', 2 ** 50]) {
      expect((await client.call("two__whoami", {}, { id })).id).toBe(id);
    }
  });

  test("of ten million characters is whole", async () => {
    const answer = await client.call("one__big", { bytes: 10_000_000 }, { id: "big one" });
    expect(textIn(answer)).toHaveLength(10_000_000);
    expect(answer.result?.["resultType"]).toBe("complete");
  });

  test("that is an error has the codes of this revision", async () => {
    const fail = async (code: number, data?: object) =>
      (await client.call("one__fail", { code, message: "odd", data })).error;
    expect(await fail(-31999, { deep: [1] })).toEqual({ code: -31999, message: "odd", data: { deep: [1] } });
    expect((await fail(-32002))?.code).toBe(-32602);
    expect((await fail(-32050))?.code).toBe(-32603);
    expect((await fail(-32042))?.code).toBe(-32603);
    expect((await client.call("nobody__x")).error).toMatchObject({
      code: -32602,
      data: { reason: "unknown-tool" },
    });
    const none = await client.ask("prompts/get", { name: "nobody__x" });
    expect([none.status, none.error?.code]).toEqual([200, -32602]);
  });

  test("brings progress under the request's own token, and log lines only when asked for", async () => {
    const answer = await client.call("one__progress", { count: 3 }, { meta: { progressToken: "p" } });
    expect(answer.headers.get("x-accel-buffering")).toBe("no");
    expect(answer.notifications.map(({ params }) => [params["progressToken"], params["progress"]])).toEqual([
      ["p", 1],
      ["p", 2],
      ["p", 3],
    ]);
    expect((await client.call("one__progress", { count: 3 })).notifications).toEqual([]);
    const log = { count: 2, level: "warning" };
    const level = (name: string) => ({ meta: { [`${prefix}logLevel`]: name } });
    expect((await client.call("two__log", log, level("info"))).notifications).toHaveLength(2);
    expect((await client.call("two__log", log, level("error"))).notifications).toEqual([]);
    expect((await client.call("two__log", log)).notifications).toEqual([]);
  });
});

describe("a client that goes away", () => {
  test.each([
    ["before anything came", {}],
    ["in the middle of a stream", { accept: "text/event-stream" }],
  ])("%s has cancelled", async (what, headers) => {
    const leaving = new AbortController();
    const nonce = `gone ${what}`;
    const hanging = client.fetch(
      "tools/call",
      { name: "one__hang", arguments: { nonce } },
      { signal: leaving.signal, headers },
    );
    hanging.catch(() => undefined); // Aborted below.
    await waitFor(
      async () => textIn(await client.call("one__received", { method: "tools/call" })).includes(nonce),
      {
        what: "the call to arrive",
      },
    );
    const cancelled = async (): Promise<number> =>
      textIn(await client.call("one__received", { method: "notifications/cancelled" })).split(
        "closed the connection",
      ).length;
    const before = await cancelled();
    leaving.abort();
    await waitFor(async () => (await cancelled()) > before, { what: "the cancellation to arrive" });
  });
});
