/** The same promises on both fronts, for all servers merged and for one server's own face. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Stack, startStack } from "../../support/harness.ts";
import { openRawClient, type RawClient } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";

let stack: Stack;

setDefaultTimeout(30_000);

beforeAll(async () => {
  stack = await startStack({
    mcpServers: {
      one: fakeBackend(
        "--name",
        "one",
        "--tools",
        "137",
        "--page-size",
        "10",
        "--resources",
        "3",
        "--prompts",
        "2",
      ),
      two: fakeBackend("--name", "two", "--resources", "1", "--prompts", "1"),
    },
  });
}, 60_000);

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

function items(
  result: Readonly<Record<string, unknown>> | undefined,
  key: string,
): Record<string, unknown>[] {
  return (result?.[key] ?? []) as Record<string, unknown>[]; // Looked at field by field below.
}

test("on /sse a request is accepted while its call is at work", async () => {
  await using client = await openRawClient(stack.sseUrl);
  const params = { name: "one__echo", arguments: { nonce: "late", ms: 120_000 } };
  // The only call of its session, then one beside it.
  for (const id of [71, 72])
    await client.send(JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params }));
  expect(client.received).toEqual([]);
  for (const requestId of [71, 72]) await client.notify("notifications/cancelled", { requestId });
});

describe.each(["mcp", "sse"] as const)("on /%s", (front) => {
  let client: RawClient;
  const open = (options = {}) => openRawClient(front === "mcp" ? stack.mcpUrl : stack.sseUrl, options);

  beforeAll(async () => {
    client = await open({ protocolVersion: front === "mcp" ? "2025-11-25" : "2024-11-05" });
  });
  afterAll(async () => {
    await client?.close();
  });

  test("every page of every server's tools is in the one list, in the order of the configuration", async () => {
    const names = items((await client.request("tools/list")).result, "tools").map(({ name }) => name);
    expect(names).toContain("one__tool_136");
    expect(names.filter((name) => /^one__tool_\d+$/.test(String(name)))).toHaveLength(137);
    expect(names.indexOf("one__echo")).toBeLessThan(names.indexOf("two__echo"));
    expect(new Set(names).size).toBe(names.length);
  });

  test("resources, templates and prompts are merged too", async () => {
    const uris = items((await client.request("resources/list")).result, "resources").map(({ uri }) => uri);
    expect(uris).toEqual(["fake://one/0", "fake://one/1", "fake://one/2", "fake://two/0"]);
    const templates = items((await client.request("resources/templates/list")).result, "resourceTemplates");
    expect(templates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      "fake://one/item/{id}",
      "fake://two/item/{id}",
    ]);
    const prompts = items((await client.request("prompts/list")).result, "prompts").map(({ name }) => name);
    expect(prompts).toEqual(["one__prompt_0", "one__prompt_1", "two__prompt_0"]);
  });

  test("a tool is called by its exposed name and as server/tool, each time at its own server", async () => {
    for (const name of ["two__whoami", "two/whoami"])
      expect(JSON.parse(await client.callText(name))).toMatchObject({ name: "two" });
    expect(JSON.parse(await client.callText("one__whoami"))).toMatchObject({ name: "one" });
  });

  test("a resource is read at its owner, listed or by template", async () => {
    for (const uri of ["fake://two/0", "fake://two/item/42"]) {
      const { result } = await client.request("resources/read", { uri });
      expect(items(result, "contents")[0]).toMatchObject({ uri, text: `content of ${uri} at two` });
    }
  });

  test("a prompt is got and completed at its owner under its own name", async () => {
    const got = await client.request("prompts/get", { name: "two__prompt_0" });
    expect(got.text).toContain("prompt prompt_0 of two");
    const completed = await client.request("completion/complete", {
      ref: { type: "ref/prompt", name: "two__prompt_0" },
      argument: { name: "a", value: "b" },
    });
    expect(completed.text).toContain("two-completed");
    const byTemplate = await client.request("completion/complete", {
      ref: { type: "ref/resource", uri: "fake://one/item/{id}" },
      argument: { name: "id", value: "" },
    });
    expect(byTemplate.text).toContain("one-completed");
  });

  test.each([
    '{"content":[{"type":"hologram","x":1}],"structuredContent":[1,2],"_meta":{"a/b":null},"zzz":9007199254740993}',
    '{"isError":true,"content":[]}',
    '{"content":[],"b":1,"a":2,"n":1.0,"e":1e400,"dup":1,"dup":2,"s":"\\ud800"}',
    '{ "content" : [ ] , "id":7, "method":"x", "result":{"id":1}, "error":null }',
    '{"content":[{"type":"text","text":"\\"id\\":99,\\u0022id\\u0022"}],"\\u0069d":5}',
  ])("a result arrives byte for byte: %s", async (result) => {
    const answer = await client.request("tools/call", { name: "one__exact", arguments: { result } });
    expect(answer.text).toContain(`"result":${result}`);
  });

  test("arguments arrive with their numbers as they were written", async () => {
    const exact =
      '{"big":9007199254740993,"tiny":1e-400,"one":1.0,"minus":-0,"deep":[{"x":12345678901234567890}]}';
    await client.send(
      `{"jsonrpc":"2.0","id":"exact","method":"tools/call","params":{"name":"one__echo","arguments":${exact}}}`,
    );
    const received = await client.callText("one__lines", { containing: "12345678901234567890" });
    expect(received).toContain(`"arguments":${exact}`);
  });

  test("an error of a backend keeps code, message and data", async () => {
    const data = { deep: [1, { x: null }], text: "é" };
    const { error } = await client.request("tools/call", {
      name: "one__fail",
      arguments: { code: -31999, message: "odd", data },
    });
    expect(error).toEqual({ code: -31999, message: "odd", data });
    const { result } = await client.request("tools/call", { name: "one__tool_error", arguments: {} });
    expect(result?.["isError"]).toBe(true);
  });

  test("ids come back as they were: numbers, zero, negative, strings", async () => {
    for (const id of [0, -1, 123456789012, "1", "", 'é " \\ id']) {
      const answer = await client.request("tools/call", { name: "one__echo", arguments: { id } }, { id });
      expect(answer.id).toBe(id);
    }
  });

  test("progress comes under the client's own token, before the answer", async () => {
    for (const token of ["mine", 7, 0]) {
      const before = client.received.length;
      await client.request("tools/call", {
        name: "one__progress",
        arguments: { count: 3 },
        _meta: { progressToken: token },
      });
      await client.waitForMessage(
        "the third step",
        ({ params }) => params?.["progressToken"] === token && params["progress"] === 3,
      );
      const steps = client.received.slice(before).filter(({ method }) => method === "notifications/progress");
      expect(
        steps.map(({ params }) => [params?.["progressToken"], params?.["progress"], params?.["message"]]),
      ).toEqual([1, 2, 3].map((step) => [token, step, `step ${step}`]));
    }
  });

  test("a backend is never told a client's token or id", async () => {
    await client.request(
      "tools/call",
      { name: "one__progress", arguments: {}, _meta: { progressToken: "secret-token", other: 1 } },
      { id: "secret-id" },
    );
    const received = await client.callText("one__received", { method: "tools/call" });
    expect(received).not.toContain("secret-token");
    expect(received).not.toContain("secret-id");
    expect(received).toContain('"other":1');
  });

  test("two clients with the same ids and tokens get only their own", async () => {
    const other = await open();
    const ask = (which: RawClient, nonce: string) =>
      which.request(
        "tools/call",
        { name: "one__echo", arguments: { nonce, ms: nonce === "a" ? 60 : 5 }, _meta: { progressToken: 1 } },
        { id: 1000 },
      );
    const [a, b] = await Promise.all([ask(client, "a"), ask(other, "b")]);
    expect(a.text).toContain('\\"nonce\\":\\"a\\"');
    expect(b.text).toContain('\\"nonce\\":\\"b\\"');
    await other.close();
  });

  test("log lines of a call reach its client with the server's name, and nobody else", async () => {
    const other = await open();
    await client.callText("two__log", { count: 2, nonce: `for ${front}` });
    const line = await client.waitForMessage("the log line", ({ params }) =>
      String(params?.["data"]).startsWith(`for ${front}`),
    );
    expect(line.params).toMatchObject({ logger: "two/fake", level: "info" });
    await other.callText("one__echo", {});
    expect(other.received.some(({ params }) => String(params?.["data"]).startsWith(`for ${front}`))).toBe(
      false,
    );
    await other.close();
  });

  test("log lines below the client's level stay away", async () => {
    const other = await open();
    expect((await other.request("logging/setLevel", { level: "error" })).result).toEqual({});
    await other.callText("two__log", { level: "info", nonce: "quiet" });
    await other.callText("two__log", { level: "error", nonce: "loud" });
    await other.waitForMessage("the error line", ({ params }) => String(params?.["data"]).startsWith("loud"));
    expect(other.received.some(({ params }) => String(params?.["data"]).startsWith("quiet"))).toBe(false);
    expect((await other.request("logging/setLevel", { level: "loudest" })).error?.code).toBe(-32602);
    await other.close();
  });

  test("a cancelled call is cancelled at the backend", async () => {
    const call = client.request("tools/call", { name: "one__hang", arguments: {} }, { id: "to-cancel" });
    call.catch(() => undefined); // On SSE no answer is due; it ends with the client.
    await client.callText("one__echo", {});
    await client.notify("notifications/cancelled", { requestId: "to-cancel", reason: "enough" });
    const deadline = Date.now() + 5_000;
    let received = "";
    while (Date.now() < deadline && !received.includes("enough"))
      received = await client.callText("one__received", { method: "notifications/cancelled" });
    expect(received).toContain("enough");
    expect(received).not.toContain("to-cancel");
  });

  test("a second request with an id in flight is refused and the first goes on", async () => {
    const other = await open();
    const first = other.request(
      "tools/call",
      { name: "one__echo", arguments: { nonce: "first", ms: 300 } },
      { id: 5 },
    );
    await other.callText("one__whoami");
    await other.send(
      JSON.stringify({
        jsonrpc: "2.0",
        id: 5,
        method: "tools/call",
        params: { name: "one__echo", arguments: { nonce: "second" } },
      }),
    );
    const answer = await first;
    expect([answer.text, ...other.received.map(({ text }) => text)].join()).toContain("duplicate-request-id");
    await other.close();
  });

  test("a changed list is told once, and the new tool can be called", async () => {
    const name = `added_on_${front}`;
    await client.callText("two__add_tool", { name, times: 5 });
    await client.waitForMessage(
      "list_changed",
      ({ method }) => method === "notifications/tools/list_changed",
    );
    expect(await client.callText(`two__${name}`)).toBe(name);
  });

  test("unknown names and methods are told apart", async () => {
    expect((await client.request("tools/call", { name: "nobody__x" })).error?.data?.["reason"]).toBe(
      "unknown-tool",
    );
    expect((await client.request("tools/call", {})).error?.code).toBe(-32602);
    expect((await client.request("prompts/get", { name: "x" })).error?.data?.["reason"]).toBe(
      "unknown-prompt",
    );
    expect((await client.request("no/such")).error?.code).toBe(-32601);
    expect((await client.request("resources/read", {})).error?.code).toBe(-32602);
    expect((await client.request("tools/list", { cursor: "made up" })).error?.code).toBe(-32602);
  });

  test("a request of a backend nobody declared is answered with an error, and no client sees it", async () => {
    const answer = await client.callText("one__ask_client", { method: "sampling/createMessage", params: {} });
    expect(JSON.parse(answer)).toMatchObject({ error: { code: -32601 } });
    expect(client.received.some(({ method }) => method === "sampling/createMessage")).toBe(false);
  });

  test("one server's own face has its own names, its own greeting, and nothing of the others", async () => {
    const own = await openRawClient(stack.serverUrl("two", front));
    expect(own.initializeResult).toMatchObject({
      serverInfo: { name: "two", version: "1.2.3" },
      instructions: "instructions of two",
    });
    const names = items((await own.request("tools/list")).result, "tools").map(({ name }) => name);
    expect(names).toContain("echo");
    expect(names.some((name) => String(name).includes("__"))).toBe(false);
    expect(await own.callText("echo", { nonce: 1 })).toBe('{"nonce":1}');
    expect((await own.request("tools/call", { name: "one__echo" })).error?.message).toBe(
      "Unknown tool: one__echo",
    );
    await own.close();
  });

  test("ping is answered here", async () => {
    expect((await client.request("ping")).result).toEqual({});
  });
});
