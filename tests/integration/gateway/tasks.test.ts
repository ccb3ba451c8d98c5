/** Tasks of 2025-11-25 where servers give out the same ids: no client ever gets another task than its own. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { type Stack, startStack } from "../../support/harness.ts";
import { openRawClient, type RawClient, type RawMessage } from "../../support/raw-client.ts";
import { sseEvents } from "../../support/sse-events.ts";
import { waitFor } from "../../support/wait-for.ts";
import { StatelessClient } from "../stateless/stateless-client.ts";

setDefaultTimeout(40_000);

const program = { command: process.execPath, args: [join(import.meta.dir, "counting-tasks.ts")] };
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    mcpServers: { one: program, two: program, own: { ...program, isolation: "session" } },
  });
}, 60_000);
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

async function restart(server: string): Promise<void> {
  const stateOf = async () => (await stack.status()).servers.find(({ name }) => name === server);
  const pid = (await stateOf())?.pid ?? 0;
  process.kill(pid, "SIGKILL");
  await stack.waitForStatus(({ servers }) => {
    const now = servers.find(({ name }) => name === server);
    return now?.state === "ready" && now.pid !== pid;
  }, `${server} to be back`);
}

function work(client: RawClient, tool: string, args: object = {}, meta: object = {}): Promise<RawMessage> {
  return client.request("tools/call", { name: tool, arguments: args, task: {}, _meta: meta });
}

function idIn(answer: RawMessage): string {
  expect(answer.error).toBeUndefined();
  const task = answer.result?.["task"] as { taskId: string } | undefined; // Made by the fake.
  return task?.taskId ?? "none";
}

const reasonOf = ({ error }: RawMessage): unknown => [error?.code, error?.data?.["reason"]];

test("a second task under an id that the client holds at another server is refused, and given up", async () => {
  await using client = await openRawClient(stack.mcpUrl);
  const first = idIn(await work(client, "one__work"));
  // The other server counts too; it gets to the same id sooner or later.
  const answers: RawMessage[] = [];
  for (const _ of Array.from({ length: Number(first.slice(5)) }))
    answers.push(await work(client, "two__work"));
  const refused = answers.at(-1);
  expect(refused === undefined ? [] : reasonOf(refused)).toEqual([-32603, "task-id-taken"]);
  expect(await client.callText("two__cancelled")).toContain(first);
  expect(JSON.parse(await client.callText("one__cancelled"))).not.toContain(first);
  const answer = await client.request("tasks/result", { taskId: first });
  expect(answer.text).toContain(first);
  // On the servers' own addresses there is no such clash.
  await using own = await openRawClient(stack.serverUrl("two", "mcp"));
  expect(idIn(await work(own, "work"))).toBe(`task-${answers.length + 1}`);
});

test("a restarted server counts anew: the old task is lost, the new one under its id is the new client's alone", async () => {
  await using before = await openRawClient(stack.serverUrl("two", "mcp"));
  await using after = await openRawClient(stack.serverUrl("two", "mcp"));
  await restart("two");
  const first = idIn(await work(before, "work"));
  await restart("two");
  expect(idIn(await work(after, "work"))).toBe(first);
  for (const method of ["tasks/get", "tasks/result", "tasks/cancel"])
    expect(reasonOf(await before.request(method, { taskId: first }))).toEqual([-32602, "task-lost"]);
  expect((await before.request("tasks/list")).result).toEqual({ tasks: [] });
  expect((await after.request("tasks/get", { taskId: first })).result?.["taskId"]).toBe(first);
  // The old owner's next task takes the id's place.
  expect(idIn(await work(before, "work"))).toBe("task-2");
});

test("a session's list holds all of its tasks, however many, and each once", async () => {
  await using client = await openRawClient(stack.serverUrl("one", "sse"));
  const made = await Promise.all(Array.from({ length: 100 }, () => work(client, "work")));
  const { result } = await client.request("tasks/list");
  const listed = (result?.["tasks"] ?? []) as readonly { readonly taskId: string }[]; // As above.
  expect(listed.map(({ taskId }) => taskId).sort()).toEqual(made.map(idIn).sort());
});

test("sessions with processes of their own have the same ids side by side", async () => {
  await using one = await openRawClient(stack.mcpUrl);
  await using other = await openRawClient(stack.sseUrl);
  const ids = [idIn(await work(one, "own__work")), idIn(await work(other, "own__work"))];
  expect(ids).toEqual(["task-1", "task-1"]);
  expect(idIn(await work(other, "own__work"))).toBe("task-2");
  expect(reasonOf(await one.request("tasks/get", { taskId: "task-2" }))).toEqual([-32602, "unknown-task"]);
});

test("progress of a task reaches its client under its own token, after the answer that made it", async () => {
  await using client = await openRawClient(stack.mcpUrl);
  await using other = await openRawClient(stack.mcpUrl);
  const taskId = idIn(await work(client, "one__work", {}, { progressToken: "mine" }));
  await work(other, "one__work", {}, { progressToken: "mine" });
  await client.request("tasks/result", { taskId });
  const told = await client.waitForMessage("progress", ({ method }) => method === "notifications/progress");
  expect(told.params).toEqual({ progressToken: "mine", progress: 1 });
  expect(other.received).toEqual([]);
});

test.each([
  ["2025-06-18", "mcp"],
  ["2024-11-05", "sse"],
] as const)(
  "a client of %s on /%s calls a tool that demands a task, and gets its result",
  async (protocolVersion, front) => {
    const capabilities = { elicitation: {} };
    await using client = await openRawClient(front === "mcp" ? stack.mcpUrl : stack.sseUrl, {
      protocolVersion,
      capabilities,
    });
    await using other = await openRawClient(stack.mcpUrl, { capabilities });
    await work(other, "one__work", { ask: true });
    const params = { name: "one__work", arguments: { ask: true }, _meta: { progressToken: "mine" } };
    const call = client.request("tools/call", params);
    const asked = await client.waitForMessage(
      "the question",
      ({ method }) => method === "elicitation/create",
    );
    await client.send(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: { action: "accept" } }));
    const answer = await call;
    expect(answer.text).toContain('\\"answer\\":{\\"action\\":\\"accept\\"}');
    const told = client.received.filter(({ method }) => method === "notifications/progress");
    expect(told.map((message) => message.params)).toEqual([{ progressToken: "mine", progress: 1 }]);
    expect(other.received.filter(({ method }) => method !== undefined)).toEqual([]);
  },
);

test("a client without a session hears of the task's progress on its request's own stream", async () => {
  const client = new StatelessClient(stack.mcpUrl);
  const answer = await client.call("one__work", {}, { meta: { progressToken: "mine" } });
  expect([answer.result?.["resultType"], answer.error]).toEqual(["complete", undefined]);
  expect(answer.notifications.map(({ params }) => params)).toEqual([{ progressToken: "mine", progress: 1 }]);
});

test("a call that waits for its task cancels it when its client does", async () => {
  await using client = await openRawClient(stack.mcpUrl, {
    protocolVersion: "2025-06-18",
    capabilities: { elicitation: {} },
  });
  const call = client.request(
    "tools/call",
    { name: "two__work", arguments: { ask: true } },
    { id: "waiting" },
  );
  call.catch(() => undefined); // It is never answered.
  const asked = await client.waitForMessage("the question", ({ method }) => method === "elicitation/create");
  const taskId = String(asked.params?.["message"]);
  await client.notify("notifications/cancelled", { requestId: "waiting" });
  await waitFor(async () => JSON.parse(await client.callText("two__cancelled")).includes(taskId), {
    what: "the task to be cancelled",
  });
});

test("a server that makes up progress tokens reaches no call and no task of another server", async () => {
  await using client = await openRawClient(stack.mcpUrl, { capabilities: { elicitation: {} } });
  const meta = { progressToken: "mine" };
  const taskId = idIn(await work(client, "one__work", { ask: true }, meta));
  const wait = client.request("tasks/result", { taskId, _meta: { progressToken: "wait" } });
  const asked = await client.waitForMessage("the question", ({ method }) => method === "elicitation/create");
  expect(await client.callText("two__forge")).toBe("forged");
  expect(await client.callText("own__forge")).toBe("forged");
  await client.send(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: { action: "accept" } }));
  await wait;
  const told = client.received.filter(({ method }) => method === "notifications/progress");
  expect(told.map(({ params }) => params)).toEqual([{ progressToken: "mine", progress: 1 }]);
});

test("a question within a task is put where its client waits, though it listens nowhere else", async () => {
  await using other = await openRawClient(stack.mcpUrl, { capabilities: { elicitation: {} } });
  await work(other, "one__work");
  const headers: Record<string, string> = {
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
  };
  const post = (message: object) =>
    fetch(stack.mcpUrl, { method: "POST", headers, body: JSON.stringify({ jsonrpc: "2.0", ...message }) });
  const info = { clientInfo: { name: "deaf", version: "1" }, capabilities: { elicitation: {} } };
  const params = { protocolVersion: "2025-11-25", ...info };
  headers["mcp-session-id"] =
    (await post({ id: 0, method: "initialize", params })).headers.get("mcp-session-id") ?? "";
  await post({ method: "notifications/initialized" });
  const call = { name: "one__work", arguments: { ask: true }, task: {} };
  const made = (await (await post({ id: 1, method: "tools/call", params: call })).json()) as RawMessage; // JSON-RPC.
  const taskId = idIn(made);
  const waited = await post({ id: 2, method: "tasks/result", params: { taskId } });
  const came: RawMessage[] = [];
  for await (const { data } of sseEvents(waited.body ?? new ReadableStream())) {
    if (data === "") continue;
    const message = JSON.parse(data) as RawMessage; // As above.
    came.push(message);
    if (message.method === "elicitation/create") await post({ id: message.id, result: { action: "accept" } });
  }
  expect(came.map(({ method }) => method)).toEqual(["elicitation/create", undefined]);
  expect(JSON.stringify(came[1]?.result)).toContain(
    JSON.stringify(JSON.stringify({ taskId, answer: { action: "accept" } })).slice(1, -1),
  );
  expect(other.received.some(({ method }) => method === "elicitation/create")).toBe(false);
  await fetch(stack.mcpUrl, { method: "DELETE", headers });
});
