/** What reaches another worker than its owner's: streams, ends, cancellations, answers, and what backends are told. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type Stack, startStack } from "../../support/harness.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { revision, StatelessClient, textIn } from "../stateless/stateless-client.ts";
import { WorkerConnection } from "./connections.ts";

setDefaultTimeout(30_000);

const workers = 2;
let stack: Stack;
let first: WorkerConnection;
let second: WorkerConnection;

beforeAll(async () => {
  stack = await startStack({
    gateway: { workers },
    mcpServers: { fake: fakeBackend("--tools", "1", "--resources", "2") },
  });
});
afterAll(async () => await stack?.[Symbol.asyncDispose]());

async function connected<T>(run: () => Promise<T>): Promise<void> {
  const [one, two] = await WorkerConnection.toEach(stack.port, workers);
  if (one === undefined || two === undefined) throw new Error("two workers were asked for");
  [first, second] = [one, two];
  try {
    await run();
  } finally {
    for (const connection of [first, second]) connection.close();
  }
}

const received = async (method: string): Promise<readonly Record<string, unknown>[]> => {
  const client = new StatelessClient(stack.mcpUrl);
  // What a test reads as it was sent by the gateway.
  return JSON.parse(textIn(await client.call("fake__received", { method }))) as Record<string, unknown>[];
};

describe("at another worker than the session's own", () => {
  test("a call is answered, and a deleted session is unknown to all of them", () =>
    connected(async () => {
      const { session } = first;
      const answer = await second.call(session, 1, "fake__echo", { nonce: "over there" });
      expect(answer.status).toBe(200);
      expect(answer.body).toContain("over there");
      expect((await second.delete(session)).status).toBe(200);
      for (const connection of [first, second]) {
        const gone = await connection.call(session, 2, "fake__echo", {});
        expect(gone.status).toBe(404);
        expect(JSON.parse(gone.body).error.data.reason).toBe("session-unknown");
      }
      // Only that one: the session of the other worker goes on.
      expect((await first.call(second.session, 3, "fake__echo", { nonce: 1 })).status).toBe(200);
    }));

  test("ids of workers that do not exist, and ids nobody made, are unknown", () =>
    connected(async () => {
      for (const session of [
        "3.abc",
        "0.abc",
        "99.abc",
        "2.",
        "1.abc",
        "abc",
        "-1.abc",
        `2.${"x".repeat(32)}`,
      ]) {
        for (const connection of [first, second])
          expect((await connection.call(session, 1, "fake__echo", {})).status).toBe(404);
      }
    }));

  test("the stream of a session is carried over, and news reach it at once", () =>
    connected(async () => {
      const { session } = second;
      first.send("GET", session, "/mcp", {}, "");
      expect(await first.received("retry:")).toContain("text/event-stream");
      const post = second.call(session, 1, "fake__add_tool", { name: `tool_${crypto.randomUUID()}` });
      await first.received("notifications/tools/list_changed");
      await post;
      const streams = (count: number) =>
        stack.waitForStatus(
          ({ workers: all }) => all[1]?.sessions.streams === count,
          `${count} streams there`,
        );
      await streams(1);
      first.close();
      await streams(0);
    }));

  test("a stream that broke is resumed with what was missed", () =>
    connected(async () => {
      const { session } = first;
      const params = {
        name: "fake__progress",
        arguments: { count: 6, everyMs: 20 },
        _meta: { progressToken: "p" },
      };
      const message = JSON.stringify({ jsonrpc: "2.0", id: 5, method: "tools/call", params });
      const broken = await WorkerConnection.open(stack.port);
      broken.send("POST", session, "/mcp", {}, message);
      const start = await broken.received("step 2");
      broken.close();
      const lastId = /id: (\d+-\d+)\ndata: [^\n]*step 1/.exec(start)?.[1] ?? "none";
      second.send("GET", session, "/mcp", { "last-event-id": lastId }, "");
      const rest = await second.received("progressed 6");
      expect([...rest.matchAll(/"message":"step (\d)"/g)].map((match) => match[1])).toEqual([
        "2",
        "3",
        "4",
        "5",
        "6",
      ]);
    }));

  test("a cancellation stops the call, and its own answer comes where it was asked", () =>
    connected(async () => {
      const { session } = first;
      const params = { name: "fake__hang", arguments: {} };
      first.send(
        "POST",
        session,
        "/mcp",
        {},
        JSON.stringify({ jsonrpc: "2.0", id: 9, method: "tools/call", params }),
      );
      await waitForInFlight(1);
      const cancel = {
        jsonrpc: "2.0",
        method: "notifications/cancelled",
        params: { requestId: 9, reason: "enough" },
      };
      expect((await second.post(cancel, session)).status).toBe(202);
      expect(JSON.parse((await first.answer()).body)).toMatchObject({ id: 9, error: { code: -32800 } });
      await waitForInFlight(0);
    }));

  test("a client that goes away is gone for the owner too", () =>
    connected(async () => {
      const client = new StatelessClient(stack.mcpUrl);
      const name = "fake__ask_client";
      const args = { method: "elicitation/create", params: { message: "well?" } };
      const parked = await parkedAt(client, name, args);
      // The retry asks again, and waits at the owner; then its connection is cut.
      const before = (await received("notifications/cancelled")).length;
      const retry = statelessBody(name, args, parked.state, {});
      const away = parked.owner === 1 ? second : first;
      away.send("POST", "", "/mcp", statelessHeaders(name), retry);
      const again = JSON.parse((await away.answer()).body);
      expect(again.result.resultType).toBe("input_required");
      const answer = {
        [Object.keys(again.result.inputRequests)[0] ?? ""]: { action: "accept", content: { a: 1 } },
      };
      const finished = statelessBody(name, args, again.result.requestState, answer);
      away.send("POST", "", "/mcp", statelessHeaders(name), finished);
      expect((await away.answer()).body).toContain('\\"a\\":1');
      // A call of its own, by another owner's session, cut in the middle.
      const hanging = await WorkerConnection.open(stack.port, "/mcp");
      hanging.send(
        "POST",
        "",
        "/mcp",
        statelessHeaders("fake__hang"),
        statelessBody("fake__hang", {}, undefined, {}),
      );
      await waitForInFlight(1);
      hanging.close();
      await waitForInFlight(0);
      await waitFor(async () => (await received("notifications/cancelled")).length > before, {
        timeoutMs: 10_000,
        what: "the backend to hear of the cancellation",
      });
    }));

  test("a requestState is of no use to anybody else, wherever it is shown", () =>
    connected(async () => {
      const args = { method: "elicitation/create", params: { message: "secret?" } };
      const parked = await parkedAt(new StatelessClient(stack.mcpUrl), "fake__ask_client", args);
      for (const connection of [first, second]) {
        connection.send(
          "POST",
          "",
          "/mcp",
          { ...statelessHeaders("fake__ask_client"), authorization: "Bearer of-another" },
          statelessBody("fake__ask_client", args, parked.state, {}),
        );
        expect(JSON.parse((await connection.answer()).body).error.data.reason).toBe("request-state-invalid");
      }
    }));

  test("what stateless clients listen to is told at every worker", () =>
    connected(async () => {
      const meta = JSON.parse(statelessBody("x", {}, undefined, {})).params._meta;
      const params = { notifications: { toolsListChanged: true }, _meta: meta };
      const listen = JSON.stringify({ jsonrpc: "2.0", id: "l", method: "subscriptions/listen", params });
      const headers = { "mcp-protocol-version": revision, "mcp-method": "subscriptions/listen" };
      for (const connection of [first, second]) connection.send("POST", "", "/mcp", headers, listen);
      for (const connection of [first, second])
        await connection.received("notifications/subscriptions/acknowledged");
      await new StatelessClient(stack.mcpUrl).call("fake__add_tool", { name: `tool_${crypto.randomUUID()}` });
      for (const connection of [first, second]) await connection.received("notifications/tools/list_changed");
    }));
});

describe("towards a shared backend", () => {
  test("one worker's last watcher does not take the resource from the other's", () =>
    connected(async () => {
      const uri = "fake://resource/0";
      const message = (method: string, id: number) => ({ jsonrpc: "2.0", id, method, params: { uri } });
      for (const { session } of [first, second])
        expect((await first.post(message("resources/subscribe", 1), session)).body).toContain('"result"');
      const before = (await received("resources/subscribe")).length;
      expect((await first.post(message("resources/unsubscribe", 2), first.session)).body).toContain(
        '"result"',
      );
      await waitFor(async () => (await received("resources/subscribe")).length > before, {
        timeoutMs: 10_000,
        what: "the other worker to subscribe again",
      });
      const order =
        (await received("resources/subscribe")).length + (await received("resources/unsubscribe")).length;
      expect(order).toBeGreaterThanOrEqual(4);
      second.send("GET", second.session, "/mcp", {}, "");
      await second.received("notifications/resources/updated");
    }));

  test("the log level is the most talkative one of all workers' clients, and falls with it", () =>
    connected(async () => {
      const setLevel = (level: string) => ({
        jsonrpc: "2.0",
        id: 1,
        method: "logging/setLevel",
        params: { level },
      });
      const last = async () => (await received("logging/setLevel")).at(-1)?.["params"];
      await first.post(setLevel("debug"), first.session);
      await second.post(setLevel("error"), second.session);
      await expectSoon(last, { level: "debug" });
      await first.delete(first.session);
      await expectSoon(last, { level: "error" });
    }));
});

async function waitForInFlight(count: number): Promise<void> {
  await stack.waitForStatus(({ servers }) => servers[0]?.inFlight === count, `${count} calls in flight`);
}

async function expectSoon(read: () => Promise<unknown>, expected: unknown): Promise<void> {
  await waitFor(async () => Bun.deepEquals(await read(), expected), {
    timeoutMs: 10_000,
    what: JSON.stringify(expected),
  });
}

interface Parked {
  readonly state: string;
  readonly owner: number;
}

async function parkedAt(client: StatelessClient, tool: string, args: object): Promise<Parked> {
  const asked = await client.call(tool, args, { capabilities: { elicitation: {} } });
  expect(asked.result?.["resultType"]).toBe("input_required");
  const state = String(asked.result?.["requestState"]);
  return { state, owner: Number(state.split(".")[0]) };
}

function statelessHeaders(name: string): Record<string, string> {
  return { "mcp-protocol-version": revision, "mcp-method": "tools/call", "mcp-name": name };
}

function statelessBody(
  name: string,
  args: object,
  requestState: string | undefined,
  inputResponses: object,
): string {
  const prefix = "io.modelcontextprotocol/";
  const meta = {
    [`${prefix}protocolVersion`]: revision,
    [`${prefix}clientInfo`]: { name: "by-hand", version: "1" },
    [`${prefix}clientCapabilities`]: { elicitation: {} },
  };
  const params = { name, arguments: args, requestState, inputResponses, _meta: meta };
  return JSON.stringify({ jsonrpc: "2.0", id: 4, method: "tools/call", params });
}

test("HTTP+SSE: what is posted to another worker is answered on the stream", async () => {
  await using client = await openRawClient(stack.sseUrl, { headers: { connection: "close" } });
  for (let call = 0; call < 12; call += 1)
    expect(JSON.parse(await client.callText("fake__echo", { nonce: call })).nonce).toBe(call);
});
