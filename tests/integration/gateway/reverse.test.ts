/** Requests of servers to clients: exactly the client whose call caused them, or an error; on both fronts. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Stack, startStack } from "../../support/harness.ts";
import { isAlive } from "../../support/processes.ts";
import { openRawClient, type RawClient, type RawMessage } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";
import { waitFor, within } from "../../support/wait-for.ts";

setDefaultTimeout(60_000);

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    mcpServers: {
      shared: fakeBackend("--name", "shared"),
      own: { ...fakeBackend("--name", "own"), isolation: "session" },
    },
  });
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

const everything = { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };
const sampling = { method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } };

/** Waits for the server's request and answers it. */
async function answer(client: RawClient, method: string, result: unknown): Promise<RawMessage> {
  const asked = await client.waitForMessage(
    method,
    (message) => message.method === method && message.id !== undefined,
  );
  await client.send(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result }));
  return asked;
}

describe.each(["mcp", "sse"] as const)("on /%s", (front) => {
  const open = (capabilities: object = everything) =>
    openRawClient(front === "mcp" ? stack.mcpUrl : stack.sseUrl, {
      protocolVersion: front === "mcp" ? "2025-11-25" : "2024-11-05",
      capabilities: { ...capabilities },
    });

  test("a request within a call reaches its client under an id of this hop, and the answer its server", async () => {
    await using client = await open();
    const call = client.callText("shared__ask_client", sampling);
    const asked = await answer(client, "sampling/createMessage", {
      role: "assistant",
      content: { type: "text", text: "hi" },
      model: "m",
    });
    expect(asked.params).toEqual(sampling.params);
    expect(String(asked.id)).not.toStartWith("s");
    expect(JSON.parse(await call)).toMatchObject({ result: { content: { text: "hi" } } });
  });

  test("progress on a question goes under a token of this hop, and to the server under its own", async () => {
    await using client = await open();
    const params = { ...sampling.params, _meta: { progressToken: "theirs", other: 1 } };
    const call = client.callText("shared__ask_client", { ...sampling, params });
    const asked = await client.waitForMessage("sampling", ({ id }) => id !== undefined);
    const token = (asked.params?.["_meta"] as typeof params._meta | undefined)?.progressToken; // As it was sent.
    expect(token).not.toBe("theirs");
    expect(asked.params).toEqual({ ...params, _meta: { progressToken: token, other: 1 } });
    const report = (progressToken: unknown, message: string): Promise<void> =>
      client.send(
        `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${JSON.stringify(progressToken)},"progress":1.50,"message":"${front} ${message}"}}`,
      );
    await report("theirs", "guessed");
    await report(token, "told");
    await client.send(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: {} }));
    await call;
    const received = await client.callText("shared__lines", { containing: `"message":"${front} ` });
    expect(received).toBe(
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"theirs","progress":1.50,"message":"${front} told"}}`,
    );
  });

  test("a client's refusal reaches the server as it is", async () => {
    await using client = await open();
    const call = client.callText("shared__ask_client", {
      method: "elicitation/create",
      params: { message: "?", requestedSchema: {} },
    });
    const asked = await client.waitForMessage("elicitation", ({ method }) => method === "elicitation/create");
    await client.send(
      JSON.stringify({
        jsonrpc: "2.0",
        id: asked.id,
        error: { code: -1, message: "User rejected", data: { a: [1] } },
      }),
    );
    expect(JSON.parse(await call)).toMatchObject({
      error: { code: -1, message: "User rejected", data: { a: [1] } },
    });
  });

  test("a client that did not declare the capability is never asked", async () => {
    await using client = await open({ elicitation: {} });
    expect(JSON.parse(await client.callText("shared__ask_client", sampling))).toMatchObject({
      error: { code: -32601 },
    });
    const url = {
      method: "elicitation/create",
      params: { mode: "url", url: "https://x", elicitationId: "e", message: "m" },
    };
    expect(JSON.parse(await client.callText("shared__ask_client", url))).toMatchObject({
      error: { code: -32601 },
    });
    expect(client.received.filter(({ id }) => id !== undefined)).toEqual([]);
  });

  test("on a shared pipe with calls of two clients nobody is asked and the server is told why", async () => {
    await using one = await open();
    await using two = await open();
    const hanging = two.request("tools/call", { name: "shared__echo", arguments: { ms: 1_500 } });
    await waitFor(
      async () =>
        (await stack.status()).servers.some(({ name, inFlight }) => name === "shared" && inFlight > 0),
      { what: "the other's call", timeoutMs: 5_000 },
    );
    const told = JSON.parse(await one.callText("shared__ask_client", sampling));
    expect(told.error.data.reason).toBe("client-request-unattributed");
    await hanging;
    for (const client of [one, two]) expect(client.received.filter(({ id }) => id !== undefined)).toEqual([]);
  });

  test("nobody else can answer, and a second answer changes nothing", async () => {
    await using client = await open();
    await using stranger = await open();
    const call = client.callText("shared__ask_client", sampling);
    const asked = await client.waitForMessage(
      "sampling",
      ({ method }) => method === "sampling/createMessage",
    );
    await stranger.send(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: { forged: true } }));
    await client.send(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: { real: true } }));
    await client.send(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: { late: true } }));
    expect(JSON.parse(await call).result).toEqual({ real: true });
  });

  test("with isolation each client has its own process, told what that client declared, gone with it", async () => {
    const one = await open({ roots: {} });
    await using two = await open({});
    const pidOf = async (client: RawClient): Promise<number> =>
      JSON.parse(await client.callText("own__whoami")).pid;
    const [a, b] = [await pidOf(one), await pidOf(two)];
    expect(a).not.toBe(b);
    expect(await pidOf(one)).toBe(a);
    const told = async (client: RawClient) =>
      JSON.parse(await client.callText("own__received", { method: "initialize" }))[0].params.capabilities;
    expect(await told(one)).toEqual({ roots: {} });
    expect(await told(two)).toEqual({});
    const call = one.callText("own__ask_client", { method: "roots/list", params: {} });
    await answer(one, "roots/list", { roots: [{ uri: "file:///mine" }] });
    expect(await call).toContain("file:///mine");
    await one.close();
    await waitFor(() => !isAlive(a), { what: "the end of the first client's process", timeoutMs: 15_000 });
    expect(isAlive(b)).toBe(true);
  });

  test("with isolation calls of other clients leave no doubt", async () => {
    await using one = await open();
    await using two = await open();
    const hanging = two.request("tools/call", { name: "own__echo", arguments: { ms: 1_000 } });
    const call = one.callText("own__ask_client", sampling);
    await answer(one, "sampling/createMessage", { mine: true });
    expect(JSON.parse(await call).result).toEqual({ mine: true });
    await hanging;
    expect(two.received.filter(({ id }) => id !== undefined)).toEqual([]);
  });

  test("changed roots are told only to a server of the client's own", async () => {
    await using client = await open();
    await client.callText("own__whoami");
    await client.notify("notifications/roots/list_changed");
    await waitFor(
      async () =>
        (await client.callText("own__received", { method: "notifications/roots/list_changed" })) !== "[]",
      { what: "the change at the server", timeoutMs: 5_000 },
    );
    expect(await client.callText("shared__received", { method: "notifications/roots/list_changed" })).toBe(
      "[]",
    );
  });

  test("a client that leaves in the middle leaves no server waiting", async () => {
    const client = await open();
    await using other = await open();
    client.callText("shared__ask_client", sampling).catch(() => undefined); // Ends with its client.
    await client.waitForMessage("sampling", ({ method }) => method === "sampling/createMessage");
    await client.close();
    // The question is withdrawn, so the other client's own can be attributed again.
    await waitFor(async () => (await stack.status()).servers.every(({ inFlight }) => inFlight === 0), {
      what: "the call's end",
      timeoutMs: 10_000,
    });
    const call = other.callText("shared__ask_client", sampling);
    await answer(other, "sampling/createMessage", { ok: true });
    expect(JSON.parse(await within(5_000, "the answer", call)).result).toEqual({ ok: true });
  });
});
