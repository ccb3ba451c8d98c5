/** Questions of backends with sessions to clients without one: parked, asked, answered, or clearly refused. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type FakeHttpBackend, startFakeHttpBackend } from "../../support/fake-http-backend.ts";
import { type Stack, startStack } from "../../support/harness.ts";
import { fakeBackend } from "../../support/repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { type AskOptions, type StatelessAnswer, StatelessClient, textIn } from "./stateless-client.ts";

setDefaultTimeout(30_000);

let backend: FakeHttpBackend;
let stack: Stack;
let client: StatelessClient;

beforeAll(async () => {
  backend = startFakeHttpBackend({ name: "web" });
  stack = await startStack({
    mcpServers: { web: { type: "http", url: backend.mcpUrl }, pipe: fakeBackend("--name", "pipe") },
  });
  client = new StatelessClient(stack.mcpUrl);
}, 60_000);
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await backend?.[Symbol.asyncDispose]();
});

const all = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };
const form = (message: string, key?: string) => ({
  method: "elicitation/create",
  params: {
    message,
    requestedSchema: { type: "object", properties: { x: { type: "string" } } },
    ...(key === undefined ? {} : { _meta: { "mcp-gateway/inputKey": key, "com.example/kept": 1 } }),
  },
});
const model = { method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } };
const roots = { method: "roots/list", params: {} };
const accepted = (x: string) => ({ action: "accept", content: { x } });

interface Asked {
  readonly resultType: string;
  readonly inputRequests: Readonly<Record<string, { method: string; params: Record<string, unknown> }>>;
  readonly requestState: string;
}

function askedBy(answer: StatelessAnswer): Asked {
  expect([answer.result?.["resultType"], answer.error]).toEqual(["input_required", undefined]);
  expect(typeof answer.result?.["requestState"]).toBe("string");
  return answer.result as unknown as Asked; // Looked at member by member below.
}

function ask(args: object, options: AskOptions = {}, more: object = {}): Promise<StatelessAnswer> {
  const params = { name: "web__ask_many", arguments: args, ...more };
  return client.ask("tools/call", params, { capabilities: all, ...options });
}

function again(args: object, first: Asked, inputResponses: object, options: AskOptions = {}) {
  return ask(args, options, { requestState: first.requestState, inputResponses });
}

function answersIn(answer: StatelessAnswer): { result?: unknown; error?: { code: number } }[] {
  expect(answer.result?.["resultType"]).toBe("complete");
  return JSON.parse(textIn(answer));
}

describe("a backend's question", () => {
  test("is put as `input_required`, and the answer brings the call to its end", async () => {
    const args = { requests: [form("Who?")] };
    const first = askedBy(await ask(args));
    expect(first.inputRequests).toEqual({ "elicitation-1": form("Who?") });
    const last = await again(args, first, { "elicitation-1": accepted("me") }, { id: "the second" });
    expect(last.id).toBe("the second");
    expect(answersIn(last)).toMatchObject([{ result: accepted("me") }]);
  });

  test("may be one of several at once, of every kind", async () => {
    const args = { requests: [form("A?"), model, roots, form("B?")] };
    const first = askedBy(await ask(args));
    expect(Object.keys(first.inputRequests).sort()).toEqual([
      "elicitation-1",
      "elicitation-2",
      "roots-1",
      "sampling-1",
    ]);
    const said = { role: "assistant", content: { type: "text", text: "hm" }, model: "m" };
    const last = await again(args, first, {
      "elicitation-2": accepted("b"),
      "elicitation-1": accepted("a"),
      "sampling-1": said,
      "roots-1": { roots: [{ uri: "file:///r" }] },
      unknown: { ignored: true },
    });
    expect(answersIn(last)).toMatchObject([
      { result: accepted("a") },
      { result: said },
      { result: { roots: [{ uri: "file:///r" }] } },
      { result: accepted("b") },
    ]);
  });

  test("may be followed by another, round by round, each with a state of its own", async () => {
    const args = { requests: [form("1?"), form("2?"), form("3?")], inTurn: true };
    let answer = await ask(args);
    const states = new Set<string>();
    for (const x of ["1", "2", "3"]) {
      const asked = askedBy(answer);
      states.add(asked.requestState);
      expect(asked.inputRequests["elicitation-1"]?.params["message"]).toBe(`${x}?`);
      answer = await again(args, asked, { "elicitation-1": accepted(x) });
    }
    expect(states.size).toBe(3);
    expect(answersIn(answer)).toMatchObject(["1", "2", "3"].map((x) => ({ result: accepted(x) })));
  });

  test("that was not answered is asked again", async () => {
    const args = { requests: [form("A?"), form("B?")] };
    const first = askedBy(await ask(args));
    const second = askedBy(await again(args, first, { "elicitation-2": accepted("b") }));
    expect(Object.keys(second.inputRequests)).toEqual(["elicitation-1"]);
    const third = askedBy(await again(args, second, {}));
    const last = await again(args, third, { "elicitation-1": accepted("a") });
    expect(answersIn(last)).toMatchObject([{ result: accepted("a") }, { result: accepted("b") }]);
  });

  test("has the key its server gave it, and can be answered before it is asked", async () => {
    const args = { requests: [form("Who?", "who")] };
    const first = askedBy(await ask(args));
    expect(first.inputRequests["who"]?.params["_meta"]).toEqual({ "com.example/kept": 1 });
    expect(answersIn(await again(args, first, { who: accepted("me") }))).toMatchObject([
      { result: accepted("me") },
    ]);
    const atOnce = await ask(args, {}, { inputResponses: { who: accepted("known"), other: {} } });
    expect(answersIn(atOnce)).toMatchObject([{ result: accepted("known") }]);
  });

  test("is refused when the client did not declare what it takes, and the others are asked", async () => {
    const args = { requests: [form("A?"), model] };
    const first = askedBy(await ask(args, { capabilities: { sampling: {} } }));
    expect(Object.keys(first.inputRequests)).toEqual(["sampling-1"]);
    const said = { role: "assistant", content: { type: "text", text: "hm" }, model: "m" };
    const last = await again(args, first, { "sampling-1": said }, { capabilities: { sampling: {} } });
    expect(answersIn(last)).toMatchObject([{ error: { code: -32601 } }, { result: said }]);
  });

  test("on a pipe reaches the only client there is, in a tool's call and in no completion's", async () => {
    const params = { name: "pipe__ask_client", arguments: form("Who?") };
    const first = askedBy(await client.ask("tools/call", params, { capabilities: all }));
    const last = await client.ask(
      "tools/call",
      {
        ...params,
        requestState: first.requestState,
        inputResponses: { "elicitation-1": { action: "decline" } },
      },
      { capabilities: all },
    );
    expect(JSON.parse(textIn(last))).toMatchObject({ result: { action: "decline" } });
  });

  test("leaves the call the rest of its time: progress and result come with the retry", async () => {
    const params = { name: "web__ask_client", arguments: form("Who?") };
    const meta = { progressToken: "first" };
    const first = askedBy(await client.ask("tools/call", params, { capabilities: all, meta }));
    const retry = {
      ...params,
      requestState: first.requestState,
      inputResponses: { "elicitation-1": accepted("x") },
    };
    const last = await client.ask("tools/call", retry, {
      capabilities: all,
      meta: { progressToken: "second" },
    });
    for (const { params: told } of last.notifications) expect(told["progressToken"]).toBe("second");
    expect(JSON.parse(textIn(last))).toMatchObject({ result: accepted("x") });
  });

  test("to open a page first, told as an error, is put as a question, and the call is made again", async () => {
    const page = { mode: "url", elicitationId: "e1", url: "https://example.com/go", message: "Sign in" };
    const failing = { code: -32042, message: "Sign in first", data: { elicitations: [page] } };
    const params = { name: "web__fail", arguments: failing };
    const first = askedBy(await client.ask("tools/call", params, { capabilities: all }));
    expect(first.inputRequests).toEqual({
      "open-1": { method: "elicitation/create", params: { mode: "url", message: "Sign in", url: page.url } },
    });
    const retry = (action: string) =>
      client.ask(
        "tools/call",
        { ...params, requestState: first.requestState, inputResponses: { "open-1": { action } } },
        { capabilities: all },
      );
    expect((await retry("decline")).error?.data?.["reason"]).toBe("input-declined");
    askedBy(await retry("accept")); // The scripted server asks for the page each time.
    const unable = await client.ask("tools/call", params, { capabilities: { elicitation: { form: {} } } });
    expect([unable.status, unable.error?.code]).toEqual([400, -32021]);
    expect(unable.error?.data?.["requiredCapabilities"]).toEqual({ elicitation: { url: {} } });
  });
});

describe("a state that is brought back", () => {
  const args = { requests: [form("Who?")] };
  const right = { "elicitation-1": accepted("me") };
  const reasonOf = (answer: StatelessAnswer): unknown => [answer.error?.code, answer.error?.data?.["reason"]];

  test("changed, made up or cut is refused, and the true one still leads on", async () => {
    const first = askedBy(await ask(args));
    const { requestState } = first;
    const middle = requestState.length >> 1;
    const flipped = requestState[middle] === "A" ? "B" : "A";
    for (const bad of [
      `${requestState}-TAMPERED`,
      requestState.slice(0, -2),
      requestState.slice(0, middle) + flipped + requestState.slice(middle + 1),
      ` ${requestState}`,
      "",
      "e30",
      "x".repeat(100_000),
      42,
    ]) {
      const answer = await ask(args, {}, { requestState: bad, inputResponses: right });
      expect(reasonOf(answer)).toEqual([-32602, "request-state-invalid"]);
    }
    expect(answersIn(await again(args, first, right))).toMatchObject([{ result: accepted("me") }]);
  });

  test("belongs to its credential, its request, its tool and its face", async () => {
    const first = askedBy(await ask(args, { headers: { authorization: "Bearer one" } }));
    const own = { headers: { authorization: "Bearer one" } };
    const invalid = [-32602, "request-state-invalid"];
    expect(reasonOf(await again(args, first, right))).toEqual(invalid);
    const other = { headers: { authorization: "Bearer two" } };
    expect(reasonOf(await again(args, first, right, other))).toEqual(invalid);
    expect(reasonOf(await again({ requests: [form("What?")] }, first, right, own))).toEqual(invalid);
    const face = { ...own, url: stack.serverUrl("web", "mcp") };
    expect(reasonOf(await again(args, first, right, face))).toEqual(invalid);
    const elsewhere = await client.ask(
      "tools/call",
      { name: "web__ask_client", arguments: args, requestState: first.requestState, inputResponses: right },
      { capabilities: all, ...own },
    );
    expect(reasonOf(elsewhere)).toEqual(invalid);
    expect(answersIn(await again(args, first, right, own))).toMatchObject([{ result: accepted("me") }]);
  });

  test("is good for one time", async () => {
    const twice = { requests: [form("1?"), form("2?")], inTurn: true };
    const first = askedBy(await ask(twice));
    const second = askedBy(await again(twice, first, right));
    const over = [-32602, "request-state-over"];
    expect(reasonOf(await again(twice, first, right))).toEqual(over);
    answersIn(await again(twice, second, right));
    expect(reasonOf(await again(twice, second, right))).toEqual(over);
  });

  test("with answers that are none is refused, and the call goes on waiting", async () => {
    const first = askedBy(await ask(args));
    for (const wrong of [
      { "elicitation-1": { action: "maybe" } },
      { "elicitation-1": 12345 },
      { "elicitation-1": { roots: [] } },
    ])
      expect((await again(args, first, wrong)).error?.code).toBe(-32602);
    const none = await ask(args, {}, { requestState: first.requestState, inputResponses: null });
    expect(none.error?.code).toBe(-32602);
    answersIn(await again(args, first, right));
  });

  test("does not outlive its backend: the client hears once what happened, and then that it is over", async () => {
    const mortal = { mcpServers: { mortal: fakeBackend("--name", "mortal") } };
    await using own = await startStack(mortal);
    const there = { url: own.mcpUrl, capabilities: all };
    const params = { name: "mortal__ask_client", arguments: form("Who?") };
    const first = askedBy(await client.ask("tools/call", params, there));
    const pidOf = async () => (await own.status()).servers[0]?.pid ?? 0;
    const pid = await pidOf();
    process.kill(pid, "SIGKILL");
    await own.waitForStatus(
      ({ state, servers }) => state === "ready" && servers[0]?.pid !== pid,
      "it to be back",
    );
    const retry = { ...params, requestState: first.requestState, inputResponses: right };
    expect(reasonOf(await client.ask("tools/call", retry, there))).toEqual([-32000, "backend-lost"]);
    expect(reasonOf(await client.ask("tools/call", retry, there))).toEqual([-32602, "request-state-over"]);
    // The new one was never asked, and answers a new call of its own.
    const anew = askedBy(await client.ask("tools/call", params, there));
    const last = await client.ask(
      "tools/call",
      { ...params, requestState: anew.requestState, inputResponses: right },
      there,
    );
    expect(JSON.parse(textIn(last))).toMatchObject({ result: accepted("me") });
  });

  test("of a server that was taken out of the configuration leads nowhere", async () => {
    const entry = { web: { type: "http", url: backend.mcpUrl } };
    await using own = await startStack({ mcpServers: { ...entry, stays: fakeBackend() } });
    const there = { url: own.mcpUrl };
    const first = askedBy(await ask(args, there));
    own.writeConfig({ mcpServers: { stays: fakeBackend() } });
    await own.waitForStatus(({ servers }) => servers.length === 1, "the server to be gone");
    const answer = await again(args, first, right, there);
    expect(answer.error?.data?.["reason"]).toMatch(/backend-lost|backend-unknown|request-state-over/);
  });

  test("is void after the gateway was started again, and its backend was told", async () => {
    await using own = await startStack({ mcpServers: { web: { type: "http", url: backend.mcpUrl } } });
    const there = { url: own.mcpUrl };
    const first = askedBy(await ask(args, there));
    process.kill((await own.pids()).gateway, "SIGTERM");
    // The old one may still answer that it is going.
    const reason = await waitFor(
      async () => {
        const [code, given] = reasonOf(await again(args, first, right, there)) as readonly unknown[];
        return given !== "shutting-down" && [code, given];
      },
      { what: "the gateway to be back", timeoutMs: 15_000 },
    );
    expect(reason).toEqual([-32602, "request-state-invalid"]);
    await own.waitReady();
    const told = await client.call("web__received", { method: "notifications/cancelled" }, there);
    expect(textIn(told)).toContain("notifications/cancelled");
  });
});

describe("a capability that a tool can't do without", () => {
  test("and the client has not is told with 400 and what is required", async () => {
    const refusing = startFakeHttpBackend({ name: "strict" });
    await using own = await startStack({ mcpServers: { strict: { type: "http", url: refusing.mcpUrl } } });
    const strict = new StatelessClient(own.mcpUrl);
    // The scripted tool repeats what it was told, as an SDK's error does; only an error counts as one.
    const answer = await strict.call("strict__ask_client", model);
    expect([answer.status, answer.result?.["resultType"]]).toEqual([200, "complete"]);
    const failed = await strict.call("strict__need_client", model);
    expect([failed.status, failed.error?.code]).toEqual([400, -32021]);
    expect(failed.error?.data?.["requiredCapabilities"]).toEqual({ sampling: {} });
    await refusing[Symbol.asyncDispose]();
  });
});
