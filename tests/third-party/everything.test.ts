/** `server-everything` in its three modes, running already and started by the gateway, on both fronts. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { freePort } from "../support/free-port.ts";
import { type Stack, startStack } from "../support/harness.ts";
import { openRawClient, type RawClient } from "../support/raw-client.ts";
import { openStdioClient } from "../support/raw-stdio-client.ts";
import { ensureThirdParty, programs, serverRuntime } from "../support/third-party.ts";
import { waitFor } from "../support/wait-for.ts";
import { expectSameBytes, expectSameLists, toolCall } from "./compare.ts";

const stdioProgram = { command: serverRuntime, args: [programs.everything, "stdio"] };

/** Name of the backend → how long the gateway should think it takes to come up. */
const backends = ["stdio", "sse-started", "http-started", "sse-running", "http-running"] as const;

const running: { kill(): void; readonly exited: Promise<number> }[] = [];
let stack: Stack;
let direct: RawClient;

async function runAlready(mode: "sse" | "streamableHttp", port: number): Promise<void> {
  const child = Bun.spawn([serverRuntime, programs.everything, mode], {
    env: { ...process.env, PORT: String(port) },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  running.push(child);
  await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/nothing`)).status > 0, {
    what: `${mode} to listen`,
  });
}

beforeAll(async () => {
  await ensureThirdParty();
  const [sseStarted, httpStarted, sseRunning, httpRunning] = [freePort(), freePort(), freePort(), freePort()];
  await Promise.all([runAlready("sse", sseRunning), runAlready("streamableHttp", httpRunning)]);
  // Its list depends on what its client can do; a shared server is told what any client of the gateway may.
  const capabilities = { sampling: { tools: {} }, elicitation: { form: {}, url: {} } };
  direct = await openStdioClient(stdioProgram, { capabilities });
  const started = (mode: string, port: number) => ({
    command: serverRuntime,
    args: [programs.everything, mode],
    env: { PORT: String(port) },
    startupDelayMs: 200,
    startupTimeoutMs: 30_000,
  });
  stack = await startStack({
    mcpServers: {
      stdio: stdioProgram,
      "sse-started": {
        type: "sse",
        url: `http://127.0.0.1:${sseStarted}/sse`,
        ...started("sse", sseStarted),
      },
      "http-started": {
        type: "http",
        url: `http://127.0.0.1:${httpStarted}/mcp`,
        ...started("streamableHttp", httpStarted),
      },
      "sse-running": { type: "sse", url: `http://127.0.0.1:${sseRunning}/sse` },
      "http-running": { type: "http", url: `http://127.0.0.1:${httpRunning}/mcp` },
    },
  });
}, 60_000);

afterAll(async () => {
  await direct?.close();
  await stack?.[Symbol.asyncDispose]();
  for (const child of running) child.kill();
  await Promise.all(running.map((child) => child.exited));
}, 30_000);

const questions = [
  toolCall("echo", { message: 'grüße 漢字 😀 \u2028 \\ " end' }),
  toolCall("get-sum", { a: 2, b: 40.5 }),
  toolCall("get-sum", { a: "not a number" }),
  toolCall("get-tiny-image"),
  toolCall("get-annotated-message", { messageType: "error", includeImage: true }),
  toolCall("get-structured-content", { location: "Chicago" }),
  toolCall("get-resource-links", { count: 3 }),
  toolCall("no-such-tool"),
  { method: "resources/read", params: { uri: "demo://resource/static/document/features.md" } },
  { method: "prompts/get", params: { name: "simple-prompt" } },
  { method: "prompts/get", params: { name: "args-prompt", arguments: { city: "Berlin" } } },
  { method: "prompts/get", params: { name: "args-prompt" } },
  {
    method: "completion/complete",
    params: {
      ref: { type: "ref/prompt", name: "completable-prompt" },
      argument: { name: "department", value: "E" },
    },
  },
];

const listMethods = ["tools/list", "resources/list", "resources/templates/list", "prompts/list"];

for (const backend of backends) {
  for (const front of ["mcp", "sse"] as const) {
    describe(`${backend} on its own ${front} address`, () => {
      test("answers byte for byte what the server says", async () => {
        await using client = await openRawClient(stack.serverUrl(backend, front));
        await expectSameBytes(direct, client, questions);
      });

      test("lists what the server lists, under its own names", async () => {
        await using client = await openRawClient(stack.serverUrl(backend, front));
        await expectSameLists(direct, client, listMethods);
      });
    });

    test(`${backend} is called through the merged ${front} address`, async () => {
      await using client = await openRawClient(front === "mcp" ? stack.mcpUrl : stack.sseUrl);
      expect(await client.callText(`${backend}__echo`, { message: "hello" })).toBe("Echo: hello");
      expect(await client.callText(`${backend}/get-sum`, { a: 1, b: 2 })).toBe("The sum of 1 and 2 is 3.");
    });

    test(`progress of ${backend} reaches the ${front} client that asked, under its own token`, async () => {
      await using client = await openRawClient(stack.serverUrl(backend, front));
      await using bystander = await openRawClient(stack.serverUrl(backend, front));
      const params = {
        name: "trigger-long-running-operation",
        arguments: { duration: 0.4, steps: 4 },
        _meta: { progressToken: "mine" },
      };
      const answer = await client.request("tools/call", params);
      expect(answer.error).toBeUndefined();
      const progress = client.received.filter((message) => message.method === "notifications/progress");
      expect(progress.map((message) => message.params?.["progressToken"])).toEqual([
        "mine",
        "mine",
        "mine",
        "mine",
      ]);
      expect(bystander.received.filter((message) => message.method === "notifications/progress")).toEqual([]);
    });
  }
}

test("the merged lists hold every tool and prompt of every backend once", async () => {
  await using client = await openRawClient(stack.mcpUrl);
  for (const [method, key] of [
    ["tools/list", "tools"],
    ["prompts/list", "prompts"],
  ] as const) {
    const own = names((await direct.request(method)).result?.[key]);
    const merged = names((await client.request(method)).result?.[key]);
    expect(merged).toEqual(backends.flatMap((backend) => own.map((name) => `${backend}__${name}`)));
  }
});

function names(list: unknown): string[] {
  // The servers under test answer with lists of named things.
  return (list as readonly { readonly name: string }[]).map(({ name }) => name);
}
