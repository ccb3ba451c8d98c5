/** Clients of others at one address: SDK v2 pinned, choosing and with sessions, and SDK v1. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { type FakeHttpBackend, startFakeHttpBackend } from "../../support/fake-http-backend.ts";
import { type Stack, startStack } from "../../support/harness.ts";
import { waitFor } from "../../support/wait-for.ts";
import { revision } from "./stateless-client.ts";

setDefaultTimeout(30_000);

let backend: FakeHttpBackend;
let stack: Stack;

beforeAll(async () => {
  backend = startFakeHttpBackend({ name: "web", resources: 2, prompts: 1 });
  stack = await startStack({ mcpServers: { web: { type: "http", url: backend.mcpUrl } } });
}, 60_000);
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await backend?.[Symbol.asyncDispose]();
});

type Mode = "legacy" | "auto" | { readonly pin: string };
const modes: readonly (readonly [name: string, mode: Mode, agreed: string])[] = [
  ["pinned to the stateless revision", { pin: revision }, revision],
  ["that chooses", "auto", revision],
  ["with sessions", "legacy", "2025-11-25"],
];

const question = {
  method: "elicitation/create",
  params: {
    message: "Your name?",
    requestedSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
  },
};

async function connect(mode: Mode): Promise<Client> {
  const client = new Client(
    { name: "sdk-v2", version: "1.0.0" },
    { capabilities: { elicitation: { form: {} }, sampling: {} }, versionNegotiation: { mode } },
  );
  client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { name: "Ada" } }));
  await client.connect(new StreamableHTTPClientTransport(new URL(stack.mcpUrl)));
  return client;
}

function textOf(result: object): string {
  const { content } = result as { readonly content?: { readonly text?: string }[] }; // Read, and compared by the test.
  return content?.[0]?.text ?? "";
}

describe.each(modes)("SDK v2, a client %s", (_name, mode, agreed) => {
  test("lists, calls, reads and is asked", async () => {
    const client = await connect(mode);
    expect(client.getNegotiatedProtocolVersion()).toBe(agreed);
    expect(client.getServerVersion()).toMatchObject({ name: "mcp-gateway" });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("web__echo");
    const called = await client.callTool({ name: "web__echo", arguments: { nonce: "é\n1" } });
    expect(JSON.parse(textOf(called))).toEqual({ nonce: "é\n1" });
    const read = await client.readResource({ uri: "fake://web/0" });
    expect(JSON.stringify(read.contents)).toContain("content of fake://web/0");
    const got = await client.getPrompt({ name: "web__prompt_0" });
    expect(JSON.stringify(got.messages)).toContain("prompt prompt_0 of web");
    const asked = await client.callTool({ name: "web__ask_client", arguments: question });
    expect(JSON.parse(textOf(asked))).toMatchObject({ result: { content: { name: "Ada" } } });
    const many = { requests: [question, question, question], inTurn: true };
    const answers = JSON.parse(textOf(await client.callTool({ name: "web__ask_many", arguments: many })));
    expect(answers).toHaveLength(3);
    expect(client.callTool({ name: "web__nothing", arguments: {} })).rejects.toThrow("Unknown tool");
    await client.close();
  });

  test("hears progress, and cancels", async () => {
    const client = await connect(mode);
    const steps: number[] = [];
    await client.callTool(
      { name: "web__progress", arguments: { count: 3 } },
      { onprogress: ({ progress }) => void steps.push(progress) },
    );
    expect(steps).toEqual([1, 2, 3]);
    const stopping = new AbortController();
    const nonce = crypto.randomUUID();
    const hanging = client.callTool({ name: "web__hang", arguments: { nonce } }, { signal: stopping.signal });
    const received = async (method: string): Promise<string> =>
      textOf(await client.callTool({ name: "web__received", arguments: { method } }));
    await waitFor(async () => (await received("tools/call")).includes(nonce), { what: "the call" });
    const before = (await received("notifications/cancelled")).length;
    stopping.abort("enough");
    expect(hanging).rejects.toThrow();
    await waitFor(async () => (await received("notifications/cancelled")).length > before, {
      what: "the cancellation",
    });
    await client.close();
  });
});

test("SDK v2 listens, hears of changes, and is told when it is over", async () => {
  const client = await connect({ pin: revision });
  const heard: string[] = [];
  client.setNotificationHandler("notifications/tools/list_changed", ({ method }) => void heard.push(method));
  client.setNotificationHandler(
    "notifications/resources/updated",
    ({ params }) => void heard.push(params.uri),
  );
  const subscription = await client.listen({
    toolsListChanged: true,
    resourceSubscriptions: ["fake://web/1"],
  });
  await client.callTool({ name: "web__add_tool", arguments: { name: "for_v2" } });
  await client.callTool({ name: "web__updated", arguments: { uri: "fake://web/1" } });
  await waitFor(() => heard.length >= 2, { what: "both changes" });
  expect(heard.sort()).toEqual(["fake://web/1", "notifications/tools/list_changed"]);
  await subscription.close();
  expect(await subscription.closed).toBe("local");
  await client.close();
});

test("SDK v1 has its session at the same address", async () => {
  const client = new ClientV1({ name: "sdk-v1", version: "1.0.0" });
  // The SDK's own types do not fit each other under exactOptionalPropertyTypes.
  await client.connect(new TransportV1(new URL(stack.mcpUrl)) as Parameters<typeof client.connect>[0]);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toContain("web__whoami");
  expect(textOf(await client.callTool({ name: "web__whoami", arguments: {} }))).toContain("web");
  await client.close();
});
