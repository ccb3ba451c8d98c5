/** The tasks extension between clients and servers without sessions, and what everybody else gets in its place. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type FakeHttpBackend, startFakeHttpBackend } from "../../support/fake-http-backend.ts";
import { type Stack, startStack } from "../../support/harness.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { sseEvents } from "../../support/sse-events.ts";
import { startTaskServer, type TaskServer } from "../../support/task-server.ts";
import { waitFor } from "../../support/wait-for.ts";
import { type AskOptions, type StatelessAnswer, StatelessClient, textIn } from "./stateless-client.ts";

setDefaultTimeout(40_000);

const ui = "io.modelcontextprotocol/ui";
const tasks = "io.modelcontextprotocol/tasks";
const declared = { extensions: { [tasks]: {} } };
let backend: TaskServer;
let other: FakeHttpBackend;
let stack: Stack;
let client: StatelessClient;

beforeAll(async () => {
  backend = startTaskServer();
  other = startFakeHttpBackend({ name: "other" });
  stack = await startStack({
    mcpServers: { jobs: { type: "http", url: backend.url }, other: { type: "http", url: other.mcpUrl } },
  });
  client = new StatelessClient(stack.mcpUrl);
}, 60_000);
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await backend?.[Symbol.asyncDispose]();
  await other?.[Symbol.asyncDispose]();
});

function ask(method: string, params: object, options: AskOptions = {}): Promise<StatelessAnswer> {
  return client.ask(method, params, { capabilities: declared, ...options });
}

async function begin(tool: string, args: object = {}, options: AskOptions = {}): Promise<string> {
  const { result, error } = await ask("tools/call", { name: tool, arguments: args }, options);
  expect(error).toBeUndefined();
  expect(result).toMatchObject({ resultType: "task", status: "working", ttlMs: 600_000 });
  return String(result?.["taskId"]);
}

async function untilStatus(
  taskId: string,
  status: string,
  options: AskOptions = {},
): Promise<StatelessAnswer> {
  return await waitFor(
    async () => {
      const answer = await ask("tasks/get", { taskId }, taskHead(taskId, options));
      return answer.result?.["status"] === status ? answer : undefined;
    },
    { what: `the task to be ${status}`, timeoutMs: 10_000 },
  );
}

/** `Mcp-Name` repeats the task's id. */
function taskHead(taskId: string, options: AskOptions = {}): AskOptions {
  return { ...options, headers: { "mcp-name": taskId, ...options.headers } };
}

const reasonOf = ({ error }: StatelessAnswer): unknown => [error?.code, error?.data?.["reason"]];
const unknown = [-32602, "unknown-task"];

describe("a task", () => {
  test("is made unasked, has an id of this hop, and its result comes as it was", async () => {
    const taskId = await begin("jobs__slow_compute", { seconds: 0.1 });
    const own = backend.seen.findLast(({ message }) => message.method === "tools/call");
    expect(own?.message.params?.["_meta"]).toMatchObject({
      "io.modelcontextprotocol/clientCapabilities": declared,
    });
    const done = await untilStatus(taskId, "completed");
    expect(done.text).toContain('"big":12345678901234567890');
    expect(done.result).toMatchObject({ resultType: "complete", taskId });
    const asked = backend.seen.findLast(({ message }) => message.method === "tasks/get");
    const upstreamId = String(asked?.message.params?.["taskId"]);
    expect(asked?.headers["mcp-name"]).toBe(upstreamId);
    expect(taskId).not.toContain(upstreamId);
    expect(done.text).not.toContain(upstreamId);
  });

  test("asks, is answered part by part, and goes on", async () => {
    const taskId = await begin("jobs__multi_input");
    const asking = await untilStatus(taskId, "input_required");
    expect(Object.keys(asking.result?.["inputRequests"] ?? {})).toEqual(["one", "two"]);
    const answer = (key: string) =>
      ask(
        "tasks/update",
        { taskId, inputResponses: { [key]: { action: "accept", content: { value: key } } } },
        taskHead(taskId),
      );
    expect((await answer("one")).result?.["resultType"]).toBe("complete");
    const half = await untilStatus(taskId, "input_required");
    expect(Object.keys(half.result?.["inputRequests"] ?? {})).toEqual(["two"]);
    await answer("two");
    expect((await untilStatus(taskId, "completed")).text).toContain("both: ");
  });

  test("is cancelled, and fails, as its server says", async () => {
    const taskId = await begin("jobs__slow_compute", { seconds: 60 });
    const answer = await ask("tasks/cancel", { taskId }, taskHead(taskId));
    expect(answer.result?.["resultType"]).toBe("complete");
    await untilStatus(taskId, "cancelled");
    const failed = await untilStatus(await begin("jobs__protocol_error_job"), "failed");
    expect(failed.result?.["error"]).toEqual({ code: -32603, message: "it broke" });
  });

  test("is made after questions, which come first", async () => {
    const params = { name: "jobs__test_tool_with_task", arguments: {} };
    const capabilities = { ...declared, elicitation: {} };
    const first = await ask("tools/call", params, { capabilities });
    expect(first.result?.["resultType"]).toBe("input_required");
    const [key = ""] = Object.keys(first.result?.["inputRequests"] ?? {});
    const again = { inputResponses: { [key]: { action: "accept", content: { value: "Ada" } } } };
    const made = await ask(
      "tools/call",
      { ...params, ...again, requestState: first.result?.["requestState"] },
      { capabilities },
    );
    expect(made.result?.["resultType"]).toBe("task");
    const done = await untilStatus(String(made.result?.["taskId"]), "completed");
    expect(done.text).toContain("Ada");
  });

  test("belongs to its credential and its face; a changed or made-up id leads nowhere", async () => {
    const mine = { headers: { authorization: "Bearer one" } };
    const taskId = await begin("jobs__slow_compute", { seconds: 60 }, mine);
    const middle = taskId.length >> 1;
    const changed = taskId.slice(0, middle) + (taskId[middle] === "A" ? "B" : "A") + taskId.slice(middle + 1);
    const upstream = backend.seen.length;
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
      const tries: readonly [string, AskOptions][] = [
        [taskId, {}],
        [taskId, { headers: { authorization: "Bearer two" } }],
        [changed, mine],
        ["00000000-0000-0000-0000-000000000000", mine],
        ["", mine],
      ];
      for (const [id, options] of tries)
        expect(reasonOf(await ask(method, { taskId: id }, taskHead(id, options)))).toEqual(unknown);
    }
    const there = taskHead(taskId, { ...mine, url: stack.serverUrl("other", "mcp") });
    expect((await ask("tasks/get", { taskId }, there)).status).toBe(404);
    expect(backend.seen.length).toBe(upstream);
    // The same client on the server's own face goes on with it.
    await untilStatus(taskId, "working", { ...mine, url: stack.serverUrl("jobs", "mcp") });
    await ask("tasks/cancel", { taskId }, taskHead(taskId, mine));
  });

  test("outlives the gateway, as it does at its server", async () => {
    const taskId = await begin("jobs__slow_compute", { seconds: 1 });
    const { gateway } = await stack.pids();
    process.kill(gateway, "SIGKILL");
    await waitFor(async () => (await stack.pids()).gateway !== gateway, {
      what: "the next gateway",
      timeoutMs: 15_000,
    });
    await stack.waitReady();
    await untilStatus(taskId, "completed");
  });
});

describe("listening", () => {
  interface Told {
    readonly method: string;
    readonly params: Readonly<Record<string, unknown>>;
  }

  async function listen(
    taskIds: readonly string[],
    id: string,
  ): Promise<{ told: Told[]; stop: () => Promise<void> }> {
    const closing = new AbortController();
    const options = { capabilities: declared, id, signal: closing.signal };
    const response = await client.fetch("subscriptions/listen", { notifications: { taskIds } }, options);
    const told: Told[] = [];
    const read = (async () => {
      for await (const { data } of sseEvents(response.body ?? new ReadableStream()))
        if (data !== "") told.push(JSON.parse(data) as Told); // The product's output, looked at member by member.
    })().catch(() => undefined); // Its own end.
    await waitFor(() => told.length > 0, { what: "the acknowledgement" });
    const stop = async (): Promise<void> => {
      closing.abort();
      await read;
    };
    return { told, stop };
  }

  test("brings every state of the tasks that are named, under the listener's own id, to nobody else", async () => {
    const [mine = "", others = ""] = [
      await begin("jobs__confirm_delete"),
      await begin("jobs__confirm_delete"),
    ];
    const one = await listen([mine, "made-up"], "first");
    const two = await listen([mine], "second");
    const bystander = await listen([others], "third");
    expect(one.told[0]?.params).toMatchObject({ notifications: { taskIds: [mine] } });
    await ask(
      "tasks/update",
      { taskId: mine, inputResponses: { confirm: { action: "accept", content: { value: "yes" } } } },
      taskHead(mine),
    );
    for (const [{ told }, id] of [
      [one, "first"],
      [two, "second"],
    ] as const) {
      await waitFor(() => told.some(({ params }) => params["status"] === "completed"), { what: "the end" });
      expect(told.slice(1).map(({ method }) => method)).toEqual([
        "notifications/tasks",
        "notifications/tasks",
      ]);
      for (const { params } of told.slice(1)) {
        expect(params["taskId"]).toBe(mine);
        expect(params["_meta"]).toEqual({ "io.modelcontextprotocol/subscriptionId": id });
      }
    }
    expect(bystander.told.length).toBe(1);
    for (const listener of [one, two, bystander]) await listener.stop();
  });

  test("misses nothing while others begin and end to listen", async () => {
    const seconds = Array.from({ length: 100 }, (_, n) => 0.2 + n / 100);
    const ids = await Promise.all(seconds.map((each) => begin("jobs__slow_compute", { seconds: each })));
    const steady = await listen(ids, "steady");
    const completed = () => steady.told.filter(({ params }) => params["status"] === "completed");
    // What was over before it listened is not told again, and not waited for.
    const statuses = await Promise.all(ids.map((id) => ask("tasks/get", { taskId: id }, taskHead(id))));
    const running = ids.filter((_, n) => statuses[n]?.result?.["status"] === "working");
    expect(running.length).toBeGreaterThan(30);
    for (let turn = 0; completed().length < running.length && turn < 100; turn += 1)
      await (await listen(ids.slice(0, 1 + (turn % 3)), "passing")).stop();
    await waitFor(() => running.every((id) => completed().some(({ params }) => params["taskId"] === id)), {
      what: "the end of every task",
      explain: () => `${running.length} were running, ${completed().length} ends were told`,
    });
    await steady.stop();
  });

  test("of a client that did not declare the extension is refused", async () => {
    const answer = await client.ask("subscriptions/listen", { notifications: { taskIds: ["x"] } });
    expect([answer.status, answer.error?.code]).toEqual([400, -32021]);
    expect(answer.error?.data?.["requiredCapabilities"]).toEqual(declared);
  });
});

describe("who has no tasks", () => {
  test("is answered when the work is done, or told what is required", async () => {
    const capabilities = {};
    const done = await client.call("jobs__slow_compute", { seconds: 0 }, { capabilities });
    expect([done.result?.["resultType"], textIn(done)]).toEqual(["complete", "computed"]);
    const needing = await client.call("jobs__failing_job", {}, { capabilities });
    expect([needing.status, needing.error?.code]).toEqual([400, -32021]);
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
      const answer = await client.ask(method, { taskId: "x" }, taskHead("x", { capabilities }));
      expect([answer.status, answer.error?.code]).toEqual([400, -32021]);
    }
  });

  test("never gets one, though the server sends it", async () => {
    const answer = await client.call("jobs__rude");
    expect(reasonOf(answer)).toEqual([-32603, "backend-malformed"]);
    await using session = await openRawClient(stack.mcpUrl);
    const { error } = await session.request("tools/call", { name: "jobs__rude", arguments: {} });
    expect(error?.data?.["reason"]).toBe("backend-malformed");
  });

  test.each(["mcp", "sse"] as const)(
    "has sessions, on /%s: the call is answered when it is done",
    async (front) => {
      await using session = await openRawClient(front === "mcp" ? stack.mcpUrl : stack.sseUrl, {
        capabilities: { extensions: { [tasks]: {}, [ui]: { mimeTypes: ["text/html;profile=mcp-app"] } } },
      });
      expect(await session.callText("jobs__slow_compute", { seconds: 0 })).toBe("computed");
      const call = backend.seen.findLast(({ message }) => message.method === "tools/call");
      expect(call?.message.params?.["_meta"]).toMatchObject({
        "io.modelcontextprotocol/clientCapabilities": {
          extensions: { [ui]: { mimeTypes: ["text/html;profile=mcp-app"] } },
        },
      });
      expect(JSON.stringify(call?.message.params)).not.toContain(tasks);
      const { error } = await session.request("tools/call", { name: "jobs__failing_job", arguments: {} });
      expect([error?.code, error?.data?.["requiredCapabilities"]]).toEqual([-32021, declared]);
    },
  );
});

describe("extensions", () => {
  test("are declared where they are relayed, and no others", async () => {
    const extensionsAt = async (url: string): Promise<unknown> => {
      const { result } = await ask("server/discover", {}, { url });
      const capabilities = result?.["capabilities"] as { extensions?: unknown } | undefined; // Of a discover result.
      return capabilities?.extensions;
    };
    const both = { [ui]: {}, [tasks]: {} };
    expect(await extensionsAt(stack.mcpUrl)).toEqual(both);
    expect(await extensionsAt(stack.serverUrl("jobs", "mcp"))).toEqual(both);
    expect(await extensionsAt(stack.serverUrl("other", "mcp"))).toBeUndefined();
    await using session = await openRawClient(stack.serverUrl("jobs", "mcp"));
    expect(session.initializeResult["capabilities"]).toEqual({ tools: {}, extensions: { [ui]: {} } });
  });

  test("of a client reach its server only when they are relayed", async () => {
    const extensions = { [tasks]: {}, [ui]: { mimeTypes: ["x"] }, "com.example/own": { a: 1 } };
    await ask(
      "tools/call",
      { name: "jobs__greet", arguments: { name: "A" } },
      { capabilities: { extensions } },
    );
    const call = backend.seen.findLast(({ message }) => message.method === "tools/call");
    const { "com.example/own": _, ...relayed } = extensions;
    expect(call?.message.params?.["_meta"]).toMatchObject({
      "io.modelcontextprotocol/clientCapabilities": { extensions: relayed },
    });
    expect(JSON.stringify(call?.message)).not.toContain("com.example");
  });
});
