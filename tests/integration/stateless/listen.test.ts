/** `subscriptions/listen`: what was promised is told, tagged, and nothing else; and the end is told too. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Stack, startStack } from "../../support/harness.ts";
import { fakeBackend } from "../../support/repository.ts";
import { sseEvents } from "../../support/sse-events.ts";
import { waitFor, within } from "../../support/wait-for.ts";
import { StatelessClient } from "./stateless-client.ts";

setDefaultTimeout(30_000);

const tag = "io.modelcontextprotocol/subscriptionId";
let stack: Stack;
let client: StatelessClient;

beforeAll(async () => {
  stack = await startStack({
    mcpServers: { one: fakeBackend("--name", "one", "--resources", "3"), two: fakeBackend("--name", "two") },
  });
  client = new StatelessClient(stack.mcpUrl);
}, 60_000);
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

interface Told {
  readonly method?: string;
  readonly params: { readonly _meta: Readonly<Record<string, unknown>> } & Readonly<Record<string, unknown>>;
  readonly id?: unknown;
  readonly result?: unknown;
}

async function listen(notifications: unknown, id: string | number, url = stack.mcpUrl) {
  const leaving = new AbortController();
  const response = await new StatelessClient(url).fetch(
    "subscriptions/listen",
    { notifications },
    { id, signal: leaving.signal },
  );
  const told: Told[] = [];
  const ended = (async () => {
    for await (const { data } of sseEvents(response.body ?? new ReadableStream()))
      told.push(JSON.parse(data));
  })();
  ended.catch(() => undefined); // Aborted by the test.
  const until = (method: string, count = 1) =>
    waitFor(() => told.filter((message) => message.method === method).length >= count, {
      what: `${count} × ${method}`,
    });
  return {
    response,
    told,
    ended,
    until,
    leave: () => leaving.abort(),
    methods: () => told.map(({ method }) => method),
  };
}

const acknowledged = "notifications/subscriptions/acknowledged";

describe("a stream of changes", () => {
  test("begins with what will be told, and tells that and nothing else, each with the stream's id", async () => {
    const tools = await listen({ toolsListChanged: true, unheardOf: true }, "tools");
    const prompts = await listen({ promptsListChanged: true }, 0);
    expect(tools.response.headers.get("content-type")).toBe("text/event-stream");
    await Promise.all([tools.until(acknowledged), prompts.until(acknowledged)]);
    expect(tools.told[0]?.params["notifications"]).toEqual({ toolsListChanged: true });
    await client.call("two__add_tool", { name: "later", times: 3 });
    await tools.until("notifications/tools/list_changed");
    expect(tools.methods()).toEqual([acknowledged, "notifications/tools/list_changed"]);
    for (const { params } of tools.told) expect(params._meta[tag]).toBe("tools");
    const listed = await client.ask("tools/list");
    expect(listed.text).toContain("two__later");
    expect(prompts.methods()).toEqual([acknowledged]);
    expect(prompts.told[0]?.params._meta[tag]).toBe(0);
    tools.leave();
    prompts.leave();
  });

  test("on one server's face hears of that server only", async () => {
    const own = await listen({ toolsListChanged: true }, 1, stack.serverUrl("one", "mcp"));
    await own.until(acknowledged);
    await client.call("two__add_tool", { name: "elsewhere" });
    await waitFor(async () => (await client.ask("tools/list")).text.includes("two__elsewhere"));
    await client.call("one__add_tool", { name: "here" });
    await own.until("notifications/tools/list_changed");
    expect(own.methods()).toEqual([acknowledged, "notifications/tools/list_changed"]);
    own.leave();
  });

  test("watches resources at their servers, once for all, and lets go with the last client", async () => {
    const uris = ["fake://one/0", "fake://one/1"];
    const first = await listen({ resourceSubscriptions: [...uris, ...uris, "other://nowhere"] }, "a");
    const second = await listen({ resourceSubscriptions: ["fake://one/0"] }, "b");
    await Promise.all([first.until(acknowledged), second.until(acknowledged)]);
    expect(second.told[0]?.params["notifications"]).toEqual({ resourceSubscriptions: ["fake://one/0"] });
    await client.call("one__updated", { uri: "fake://one/1" });
    await client.call("one__updated", { uri: "fake://one/0" });
    await first.until("notifications/resources/updated", 2);
    await second.until("notifications/resources/updated");
    expect(second.told.map(({ params }) => params["uri"])).toEqual([undefined, "fake://one/0"]);
    for (const { params } of second.told) expect(params._meta[tag]).toBe("b");
    const received = async (method: string): Promise<number> =>
      (await client.call("one__received", { method })).text.split("fake://one/0").length - 1;
    expect(await received("resources/subscribe")).toBe(1);
    first.leave();
    second.leave();
    await waitFor(async () => (await received("resources/unsubscribe")) === 1, { what: "the letting go" });
  });

  test("has no log lines and no progress", async () => {
    const all = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
    const stream = await listen(all, 5);
    await stream.until(acknowledged);
    const meta = { "io.modelcontextprotocol/logLevel": "debug", progressToken: "p" };
    await client.call("one__log", { count: 3 }, { meta });
    await client.call("one__progress", { count: 3 }, { meta });
    expect(stream.methods()).toEqual([acknowledged]);
    stream.leave();
  });

  test("needs a filter, and a client that reads streams", async () => {
    const wrong = await client.ask("subscriptions/listen", {});
    expect(wrong.error?.code).toBe(-32602);
    const bad = await client.ask("subscriptions/listen", { notifications: { resourceSubscriptions: [1] } });
    expect(bad.error?.code).toBe(-32602);
    const accept = { headers: { accept: "application/json" } };
    expect((await client.fetch("subscriptions/listen", { notifications: {} }, accept)).status).toBe(406);
  });

  test("of clients that went leaves nothing behind", async () => {
    const before = (await stack.status()).sessions.streams;
    const streams = await Promise.all([1, 2, 3].map((id) => listen({ toolsListChanged: true }, id)));
    await Promise.all(streams.map((stream) => stream.until(acknowledged)));
    expect((await stack.status()).sessions.streams).toBe(before + 3);
    for (const stream of streams) stream.leave();
    await waitFor(async () => (await stack.status()).sessions.streams === before, { what: "streams to go" });
  });

  test("is ended in order when the gateway stops, and a parked call with it", async () => {
    const own = await startStack({ mcpServers: { one: fakeBackend("--name", "one") } });
    const stream = await listen({ toolsListChanged: true }, "the end", own.mcpUrl);
    await stream.until(acknowledged);
    const question = { method: "elicitation/create", params: { message: "?", requestedSchema: {} } };
    const parked = await client.call("one__ask_client", question, {
      url: own.mcpUrl,
      capabilities: { elicitation: {} },
    });
    expect(parked.text).toContain("input_required");
    await within(12_000, "the stop", own.stop());
    await stream.ended;
    expect(stream.told.at(-1)).toMatchObject({
      id: "the end",
      result: { resultType: "complete", _meta: { [tag]: "the end" } },
    });
    await own[Symbol.asyncDispose]();
  });
});
