/** Tasks of revision 2025-11-25 with `server-everything`: made, watched, asked within, cancelled, listed, kept apart. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { StatelessClient } from "../integration/stateless/stateless-client.ts";
import { freePort } from "../support/free-port.ts";
import { type Stack, startStack } from "../support/harness.ts";
import { openRawClient, type RawClient, type RawMessage } from "../support/raw-client.ts";
import { ensureThirdParty, programs, serverRuntime } from "../support/third-party.ts";

setDefaultTimeout(60_000);

const relatedTask = "io.modelcontextprotocol/related-task";
const capabilities = { elicitation: {}, sampling: {} };
const stdio = { command: serverRuntime, args: [programs.everything, "stdio"] };
let stack: Stack;

beforeAll(async () => {
  await ensureThirdParty();
  const port = freePort();
  stack = await startStack({
    mcpServers: {
      pipe: stdio,
      own: { ...stdio, isolation: "session" },
      web: {
        type: "http",
        url: `http://127.0.0.1:${port}/mcp`,
        command: serverRuntime,
        args: [programs.everything, "streamableHttp"],
        env: { PORT: String(port) },
      },
    },
  });
}, 60_000);
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
}, 30_000);

interface Task {
  readonly taskId: string;
  readonly status: string;
}

interface Place {
  readonly server: string;
  readonly url: () => string;
  /** As the server's tools are called there. */
  readonly prefix: string;
}

const places: readonly (readonly [string, Place])[] = ["pipe", "own", "web"].flatMap((server) =>
  (["mcp", "sse"] as const).flatMap((front): (readonly [string, Place])[] => [
    [
      `${server} on /${front}`,
      { server, url: () => (front === "mcp" ? stack.mcpUrl : stack.sseUrl), prefix: `${server}__` },
    ],
    [
      `${server} on /servers/${server}/${front}`,
      { server, url: () => stack.serverUrl(server, front), prefix: "" },
    ],
  ]),
);

async function begin(client: RawClient, prefix: string, args: object): Promise<Task> {
  const answer = await client.request("tools/call", {
    name: `${prefix}simulate-research-query`,
    arguments: args,
    task: { ttl: 120_000 },
  });
  expect(answer.error).toBeUndefined();
  return answer.result?.["task"] as Task; // Looked at member by member below.
}

function textOf(answer: RawMessage): string {
  expect(answer.error).toBeUndefined();
  return JSON.stringify(answer.result);
}

async function statusOf(client: RawClient, taskId: string): Promise<string> {
  const answer = await client.request("tasks/get", { taskId });
  expect(answer.result?.["taskId"]).toBe(taskId);
  return String(answer.result?.["status"]);
}

const unknown = [-32602, "unknown-task"];
const reasonOf = ({ error }: RawMessage): unknown => [error?.code, error?.data?.["reason"]];

describe.concurrent.each(places)("%s", (_, { url, prefix }) => {
  test("a task is made, seen by its client alone, waited for and read", async () => {
    await using client = await openRawClient(url(), { capabilities });
    await using other = await openRawClient(url(), { capabilities });
    const { taskId, status } = await begin(client, prefix, { topic: "alone" });
    expect(status).toBe("working");
    const result = client.request("tasks/result", { taskId }, { timeoutMs: 30_000 });
    expect(await statusOf(client, taskId)).toMatch(/working|completed/);
    for (const method of ["tasks/get", "tasks/result", "tasks/cancel"])
      expect(reasonOf(await other.request(method, { taskId }))).toEqual(unknown);
    expect((await other.request("tasks/list")).result).toEqual({ tasks: [] });
    const listed = (await client.request("tasks/list")).result?.["tasks"] as readonly Task[]; // As above.
    expect(listed.map((task) => task.taskId)).toEqual([taskId]);
    const answer = await result;
    expect(textOf(answer)).toContain("# Research Report: alone");
    expect(answer.result?.["_meta"]).toEqual({ [relatedTask]: { taskId } });
    expect(await statusOf(client, taskId)).toBe("completed");
    expect(other.received).toEqual([]);
    const told = client.received.filter(({ method }) => method === "notifications/tasks/status");
    expect(new Set(told.map(({ params }) => params?.["taskId"]))).toEqual(new Set([taskId]));
    expect(told.map(({ params }) => params?.["status"])).toContain("completed");
  });

  test("a question within a task is put to the client that waits for it, and names the task", async () => {
    await using client = await openRawClient(url(), { capabilities });
    await using other = await openRawClient(url(), { capabilities });
    const { taskId } = await begin(client, prefix, { topic: "python", ambiguous: true });
    const result = client.request("tasks/result", { taskId }, { timeoutMs: 40_000 });
    const asked = await client.waitForMessage(
      "the question",
      ({ method }) => method === "elicitation/create",
      20_000,
    );
    expect(asked.params?.["_meta"]).toEqual({ [relatedTask]: { taskId } });
    expect(await statusOf(client, taskId)).toBe("input_required");
    const answer = { action: "accept", content: { interpretation: "snake" } };
    await client.send(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: answer }));
    expect(textOf(await result)).toContain("python (snake)");
    expect(other.received).toEqual([]);
  });

  test("a task is cancelled by its client", async () => {
    await using client = await openRawClient(url(), { capabilities });
    const { taskId } = await begin(client, prefix, { topic: "stopped" });
    const cancelled = await client.request("tasks/cancel", { taskId });
    expect(cancelled.result).toMatchObject({ taskId, status: "cancelled" });
    expect(await statusOf(client, taskId)).toBe("cancelled");
    const again = await client.request("tasks/cancel", { taskId });
    expect(again.error?.code).toBe(-32602);
  });
});

test.each(["pipe", "own", "web"])(
  "a client without a session waits for the task that a tool of %s demands",
  async (server) => {
    const client = new StatelessClient(stack.mcpUrl);
    const params = {
      name: `${server}__simulate-research-query`,
      arguments: { topic: "python", ambiguous: true },
    };
    const options = { capabilities: { elicitation: { form: {} } } };
    const first = await client.ask("tools/call", params, options);
    expect(first.result?.["resultType"]).toBe("input_required");
    const [key = ""] = Object.keys(first.result?.["inputRequests"] ?? {});
    const inputResponses = { [key]: { action: "accept", content: { interpretation: "comedy" } } };
    const requestState = first.result?.["requestState"];
    const last = await client.ask("tools/call", { ...params, inputResponses, requestState }, options);
    expect([last.result?.["resultType"], last.error]).toEqual(["complete", undefined]);
    expect(last.text).toContain("python (comedy)");
  },
);

test("one client's list holds its tasks of all servers", async () => {
  await using client = await openRawClient(stack.mcpUrl, { capabilities });
  const made: string[] = [];
  for (const server of ["pipe", "own", "web"])
    made.push((await begin(client, `${server}__`, { topic: server })).taskId);
  const { result } = await client.request("tasks/list");
  const listed = result?.["tasks"] as readonly Task[]; // Looked at member by member.
  expect(listed.map(({ taskId }) => taskId).sort()).toEqual(made.sort());
});

test("a task ends with its server's process, and its client is told so", async () => {
  await using client = await openRawClient(stack.serverUrl("pipe", "mcp"), { capabilities });
  const { taskId } = await begin(client, "", { topic: "lost" });
  const result = client.request("tasks/result", { taskId }, { timeoutMs: 30_000 });
  const pid = pidOf(await stack.status());
  process.kill(pid ?? 0, "SIGKILL");
  expect((await result).error?.data?.["reason"]).toBe("backend-lost");
  await stack.waitForStatus(
    (status) => status.state === "ready" && pidOf(status) !== pid,
    "the server to be back",
  );
  const after = await client.request("tasks/get", { taskId });
  expect(reasonOf(after)).toEqual([-32602, "task-lost"]);
  expect(after.error?.message).toContain("pipe");
  expect((await client.request("tasks/list")).result).toEqual({ tasks: [] });
});

function pidOf({ servers }: Awaited<ReturnType<Stack["status"]>>): number | null | undefined {
  return servers.find(({ name }) => name === "pipe")?.pid;
}
