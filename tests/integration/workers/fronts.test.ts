/** Several workers look like one gateway, on every front, wherever a client's connections land. */
import { describe, expect, test } from "bun:test";
import { startStack } from "../../support/harness.ts";
import { openRawClient, type RawClient } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";
import { StatelessClient, textIn } from "../stateless/stateless-client.ts";

/** Every request on a connection of its own, which the system gives to any worker. */
const anywhere = { headers: { connection: "close" } };
const workers = 3;
const clientsOfEachFront = 16;
const callsOfEach = 8;

/** The same ids and the same work at the same time; only what is said differs. */
async function callWithRawClient(client: RawClient, tool: string, name: string): Promise<number> {
  let wrong = 0;
  const asked = Array.from({ length: callsOfEach }, async (_, call) => {
    const nonce = `${name} ${call}`;
    const text = await client.callText(tool, { nonce, ms: (call % 4) * 5 }, { id: call + 1_000 });
    if (JSON.parse(text).nonce !== nonce) wrong += 1;
  });
  await Promise.all(asked);
  return wrong;
}

async function callStateless(url: string, name: string): Promise<number> {
  const client = new StatelessClient(url);
  let wrong = 0;
  for (let call = 0; call < callsOfEach; call += 1) {
    const nonce = `${name} ${call}`;
    const answer = await client.call("fake__echo", { nonce }, { id: call + 1_000, ...anywhere });
    if (JSON.parse(textIn(answer)).nonce !== nonce) wrong += 1;
  }
  return wrong;
}

function total(page: string, series: RegExp): number {
  const values = page
    .split("\n")
    .flatMap((line) => (series.test(line) ? [Number(line.split(" ").at(-1))] : []));
  return values.reduce((sum, value) => sum + value, 0);
}

describe("three workers", () => {
  test("ask each other what no client can ask, whosever session it names", async () => {
    await using stack = await startStack({ gateway: { workers }, mcpServers: { fake: fakeBackend() } });
    const ask = async (address: string, worker: number, method = "GET"): Promise<number> => {
      const headers = { "mcp-session-id": `${worker}.x`, connection: "close" };
      return (await fetch(stack.url + address, { method, headers })).status;
    };
    // Wherever a connection lands, two of the three are handed over, and by each worker sooner or later.
    for (let round = 0; round < 6; round += 1) {
      for (let worker = 1; worker <= workers; worker += 1) {
        for (const address of [
          "port",
          "ready",
          "report",
          "level?worker=9&level=debug",
          "released?server=fake",
        ])
          expect([address, await ask(`/worker/${address}`, worker)]).toEqual([address, 404]);
        expect(await ask("//worker/report", worker)).toBe(404);
        expect(await ask("/health", worker)).toBe(200);
      }
    }
    expect(stack.logs()).not.toContain("request failed");
  }, 60_000);

  test("bring each answer to whoever asked, on every front, and add up in status and metrics", async () => {
    await using stack = await startStack({
      gateway: { workers },
      mcpServers: { fake: fakeBackend("--tools", "3") },
    });
    const fronts = [
      [stack.mcpUrl, "fake__echo"],
      [stack.sseUrl, "fake__echo"],
      [stack.serverUrl("fake", "mcp"), "echo"],
      [stack.serverUrl("fake", "sse"), "echo"],
    ] as const;
    const opened = fronts.flatMap(([url, tool]) =>
      Array.from({ length: clientsOfEachFront }, async () => ({
        tool,
        client: await openRawClient(url, anywhere),
      })),
    );
    const clients = await Promise.all(opened);
    try {
      const wrong = await Promise.all([
        ...clients.map(({ client, tool }, at) => callWithRawClient(client, tool, `client ${at}`)),
        ...Array.from({ length: clientsOfEachFront }, (_, at) =>
          callStateless(stack.mcpUrl, `stateless ${at}`),
        ),
      ]);
      expect(wrong.reduce((sum, one) => sum + one, 0)).toBe(0);

      const calls = (clients.length + clientsOfEachFront) * callsOfEach;
      const status = await stack.status();
      expect(status.workers.map(({ worker, state }) => [worker, state])).toEqual([
        [1, "up"],
        [2, "up"],
        [3, "up"],
      ]);
      const { sse, streamable, streams } = status.sessions;
      expect([streamable, sse]).toEqual([2 * clientsOfEachFront, 2 * clientsOfEachFront]);
      for (const kind of ["sse", "streamable", "streams"] as const) {
        const each = status.workers.map(({ sessions }) => sessions[kind]);
        expect(each.reduce((sum, one) => sum + one, 0)).toBe({ sse, streamable, streams }[kind]);
      }
      // 64 sessions on random connections: that one of three has none is one case in 10^11.
      for (const { sessions } of status.workers)
        expect(sessions.sse + sessions.streamable).toBeGreaterThan(0);
      expect(status.servers[0]).toMatchObject({ calls, errors: 0, inFlight: 0 });
      expect(status.workers.reduce((sum, worker) => sum + worker.calls, 0)).toBe(calls);

      const page = await (await fetch(`${stack.url}/metrics`)).text();
      expect(total(page, /^mcp_gateway_calls_total\{.*outcome="ok".*worker="/)).toBe(calls);
      expect(total(page, /^mcp_gateway_call_duration_seconds_count\{/)).toBe(calls);
      expect(total(page, /^mcp_gateway_sessions\{kind="sse"/)).toBe(sse);
      expect(total(page, /^mcp_gateway_server_tools\{server="fake"\}/)).toBe(status.servers[0]?.tools ?? -1);
    } finally {
      await Promise.all(clients.map(({ client }) => client.close()));
    }
    // Each client's end reached the owner of its session, by DELETE or by the end of its stream.
    await stack.waitForStatus(
      ({ sessions }) => sessions.sse + sessions.streamable + sessions.streams === 0,
      "no session to be left at any worker",
    );
  }, 60_000);

  test("take a client's kept connections to the worker of its session, after a few requests elsewhere", async () => {
    await using stack = await startStack({ gateway: { workers }, mcpServers: { fake: fakeBackend() } });
    const handedOver = async (): Promise<number> => {
      const page = await (await fetch(`${stack.url}/metrics`)).text();
      return total(page, /^mcp_gateway_requests_handed_over_total\{worker="/);
    };
    const client = await openRawClient(stack.mcpUrl);
    try {
      // The client keeps connections as any other does: `fetch` has as many as there are calls at once.
      const round = (at: number) =>
        Promise.all(
          Array.from({ length: 6 }, async (_, call) => {
            const nonce = `${at} ${call}`;
            const text = await client.callText(
              "fake__echo",
              { nonce, ms: 5 },
              { id: at * 10 + call + 1_000 },
            );
            expect(JSON.parse(text).nonce).toBe(nonce);
          }),
        );
      // Each new connection is right once in three times, so that the last wrong one is soon gone.
      let elsewhere = Number.POSITIVE_INFINITY;
      for (let at = 0; at < 60 && elsewhere > 0; at += 1) {
        const before = await handedOver();
        for (let same = 0; same < 5; same += 1) await round(at * 5 + same);
        elsewhere = (await handedOver()) - before;
      }
      expect(elsewhere).toBe(0);
    } finally {
      await client.close();
    }
  }, 60_000);

  test("keep a session's own backend process with it, and bring its questions to it alone", async () => {
    await using stack = await startStack({
      gateway: { workers },
      mcpServers: { own: { ...fakeBackend(), isolation: "session" }, shared: fakeBackend() },
    });
    const capabilities = { elicitation: {} };
    const clients = await Promise.all(
      Array.from({ length: 6 }, () => openRawClient(stack.mcpUrl, { ...anywhere, capabilities })),
    );
    try {
      const pids = await Promise.all(
        clients.map(async (client) => {
          const seen = new Set<string>();
          for (let call = 0; call < 4; call += 1) seen.add(await client.callText("own__whoami"));
          expect(seen.size).toBe(1);
          return [...seen].join();
        }),
      );
      expect(new Set(pids).size).toBe(clients.length);

      const asked = await Promise.all(
        clients.map(async (client, at) => {
          const request = { method: "elicitation/create", params: { message: `for ${at}` } };
          const answer = client.callText("own__ask_client", request, { id: 7 });
          const question = await client.waitForMessage(
            "its question",
            ({ method }) => method === request.method,
          );
          expect(question.params?.["message"]).toBe(`for ${at}`);
          const result = { action: "accept", content: { at } };
          await client.send(JSON.stringify({ jsonrpc: "2.0", id: question.id, result }));
          return JSON.parse(await answer).result.content.at === at;
        }),
      );
      expect(asked).toEqual(clients.map(() => true));
      for (const client of clients)
        expect(client.received.filter(({ id }) => id !== undefined)).toHaveLength(1);
    } finally {
      await Promise.all(clients.map((client) => client.close()));
    }
  }, 60_000);
});
