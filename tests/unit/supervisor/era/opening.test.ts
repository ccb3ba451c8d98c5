/** How a connection finds out which era a server speaks, and what is different in the stateless one. */
import { describe, expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import { Bench, initializeResult, reasonOf } from "../connections/fake-transport.ts";

const discovered = {
  resultType: "complete",
  supportedVersions: ["2026-07-28"],
  capabilities: { tools: { listChanged: true } },
  instructions: 'say "so"',
  ttlMs: 0,
  cacheScope: "public",
  _meta: { "io.modelcontextprotocol/serverInfo": { name: "s", version: "1" } },
};
const unsupported = { code: -32022, message: "Unsupported", data: { supported: ["2026-07-28"] } };

function refuse(bench: Bench, error: { code: number; message: string; data?: unknown }): void {
  bench.say(JSON.stringify({ jsonrpc: "2.0", id: bench.lastSent().id, error }));
}

async function messageOf(outcome: Promise<unknown>): Promise<string> {
  return outcome.then(
    () => "agreed",
    (error: unknown) => String(error),
  );
}

async function stateless(): Promise<Bench> {
  const bench = new Bench({ eras: ["stateless"], reverse: true });
  const done = bench.connection.handshake(1_000);
  bench.answer(bench.lastSent().id, discovered);
  await done;
  return bench;
}

describe("the era", () => {
  test("a server of sessions is asked nothing but `initialize`", async () => {
    const bench = new Bench({ eras: ["session", "stateless"] });
    const done = bench.connection.handshake(1_000);
    bench.answer(1, initializeResult("2025-06-18"));
    expect(await done).toMatchObject({ era: "session", protocolVersion: "2025-06-18" });
    expect(bench.sentMethods()).toEqual(["initialize", "notifications/initialized"]);
  });

  for (const error of [
    unsupported,
    { code: -32601, message: "Method not found" },
    { code: -32602, message: "Missing _meta" },
    { code: -32000, message: "anything else" },
  ]) {
    test(`a server that refuses \`initialize\` with ${error.code} is asked what it is`, async () => {
      const bench = new Bench({ eras: ["session", "stateless"], capabilities: { sampling: {} } });
      const done = bench.connection.handshake(1_000);
      refuse(bench, error);
      expect(bench.lastSent()).toEqual({
        jsonrpc: "2.0",
        id: 2,
        method: "server/discover",
        params: {
          _meta: {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { name: "mcp-gateway", version: "1.2.3" },
            "io.modelcontextprotocol/clientCapabilities": {},
          },
        },
      } as object);
      bench.answer(2, discovered);
      expect(await done).toMatchObject({ era: "stateless", protocolVersion: "2026-07-28" });
      expect(JSON.parse((await done).initializeResult)).toEqual({
        protocolVersion: "2026-07-28",
        capabilities: discovered.capabilities,
        serverInfo: { name: "s", version: "1" },
        instructions: 'say "so"',
      });
      // Nothing is confirmed, opened, pinged or waited for.
      expect(bench.transport.steps).toEqual(["initialize", "server/discover", "negotiated 2026-07-28"]);
      expect(bench.clock.pendingTimers).toBe(0);
    });
  }

  test("when it is neither, the first refusal is what is told", async () => {
    const bench = new Bench({ eras: ["session", "stateless"] });
    const done = messageOf(bench.connection.handshake(1_000));
    refuse(bench, { code: -32603, message: "no licence" });
    refuse(bench, { code: -32601, message: "Method not found" });
    expect(await done).toContain("no licence");
    expect(bench.closed.length).toBe(1);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test("a server that ignores the question is not waited for to the end", async () => {
    const bench = new Bench({ eras: ["session", "stateless"] });
    const done = messageOf(bench.connection.handshake(limits.eraProbeTimeoutMs * 10));
    refuse(bench, { code: -32603, message: "no licence" });
    bench.clock.advance(limits.eraProbeTimeoutMs);
    expect(await done).toContain("no licence");
  });

  test("where it was stateless before, a refusal or silence leads back to `initialize`", async () => {
    for (const isSilent of [false, true]) {
      const bench = new Bench({ eras: ["stateless", "session"] });
      const done = bench.connection.handshake(limits.eraProbeTimeoutMs * 10);
      expect(bench.sentMethods()).toEqual(["server/discover"]);
      if (isSilent) bench.clock.advance(limits.eraProbeTimeoutMs);
      else refuse(bench, { code: -32601, message: "Method not found" });
      expect(bench.lastSent().method).toBe("initialize");
      bench.answer(1, discovered); // Too late, where it was silent; a second answer, where it was not.
      bench.answer(2, initializeResult("2025-11-25"));
      expect((await done).era).toBe("session");
    }
  });

  test("a forced era is the only one tried", async () => {
    const session = new Bench({ eras: ["session"] });
    const first = messageOf(session.connection.handshake(1_000));
    refuse(session, unsupported);
    expect(await first).toContain("2026-07-28 only");
    const other = new Bench({ eras: ["stateless"] });
    const second = messageOf(other.connection.handshake(1_000));
    refuse(other, { code: -32601, message: "Method not found" });
    expect(await second).toContain("-32601");
    expect([session.sentMethods(), other.sentMethods()]).toEqual([["initialize"], ["server/discover"]]);
  });
});

describe("in the stateless era", () => {
  test("a request of the backend is refused, because it may send none", async () => {
    const bench = await stateless();
    bench.say('{"jsonrpc":"2.0","id":9,"method":"elicitation/create","params":{}}');
    expect(bench.lastSent()).toMatchObject({ id: 9, error: { code: -32601 } });
    expect(bench.reverses).toEqual([]);
  });

  test("what names a subscription belongs to the request for it, while that is open", async () => {
    const bench = await stateless();
    const listening = bench.call(1);
    const other = bench.call(2);
    const changed = (id: unknown) =>
      JSON.stringify({
        jsonrpc: "2.0",
        method: "notifications/tools/list_changed",
        params: { _meta: { "io.modelcontextprotocol/subscriptionId": id } },
      });
    for (const id of [2, 3, "2", 99, undefined]) bench.say(changed(id));
    expect(bench.notifications.map(({ owner }) => owner)).toEqual([
      listening,
      other,
      undefined,
      undefined,
      undefined,
    ]);
    // On a request's own stream the stream tells.
    bench.say(changed(2), 3);
    expect(bench.notifications.at(-1)?.owner).toEqual(other);
  });

  test("a subscription that the server ends has failed; a cancel of anything else is nothing", async () => {
    const bench = await stateless();
    const listening = bench.call(1);
    const cancelled = (requestId: unknown) =>
      bench.say(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } }));
    for (const id of [1, 77, "2", null]) cancelled(id);
    expect(bench.failures).toEqual([]);
    cancelled(2);
    expect(bench.failures.map(({ owner }) => owner)).toEqual([listening]);
    expect(reasonOf(bench.failures[0]?.error)).toBe("backend-lost");
  });

  test("progress still finds its call by its token", async () => {
    const bench = await stateless();
    const owner = bench.call(7, 3);
    bench.say(
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"3.7","progress":1}}',
    );
    expect(bench.notifications.map((notification) => notification.owner)).toEqual([owner]);
  });

  test("a cancel is told on the pipe, and leaves the request's own stream", async () => {
    const bench = await stateless();
    const owner = bench.call(1);
    bench.connection.cancel(owner, "enough");
    expect(bench.lastSent()).toMatchObject({ method: "notifications/cancelled", params: { requestId: 2 } });
    expect(bench.transport.abandoned).toEqual([2]);
  });

  test("a stall that lasts ends it, and no ping is ever sent", async () => {
    const bench = await stateless();
    bench.clock.advance(limits.pingEveryMs * 10);
    bench.transport.outcome = "stalled";
    bench.call(1);
    bench.clock.advance(limits.backendStalledMs);
    expect(bench.closed.map(({ message }) => message)).toEqual(["The server has stopped reading its input."]);
    const passing = await stateless();
    passing.transport.outcome = "stalled";
    passing.call(1);
    passing.transport.outcome = "sent";
    passing.clock.advance(limits.backendStalledMs);
    expect(passing.closed).toEqual([]);
    expect(passing.sentMethods()).toEqual(["server/discover", "server/discover"]);
  });
});
