/** The opening of a session. */
import { expect, test } from "bun:test";
import { isGatewayError, limits } from "@mcp-gateway/kit";
import { readInitializeReply } from "../../../../apps/supervisor/src/connections/handshake.ts";
import { Bench, initializeResult } from "./fake-transport.ts";

const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test("the newest session revision is asked for, with our name and the given capabilities", () => {
  const bench = new Bench({ capabilities: { roots: {} } });
  void bench.connection.handshake(1_000).catch(() => undefined);
  expect(bench.lastSent()).toEqual({
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: {
      protocolVersion: "2025-11-25",
      capabilities: { roots: {} },
      clientInfo: { name: "mcp-gateway", version: "1.2.3" },
    },
  } as object);
});

test("the result is returned as the bytes that came, and the session is opened in order", async () => {
  const bench = new Bench();
  const done = bench.connection.handshake(1_000);
  const raw =
    '{ "capabilities":{"x":12345678901234567890} ,"protocolVersion" : "2025-06-18","serverInfo":{"name":"s","version":"1","icons":[]},"n\\u0065w":1}';
  bench.say(`{"jsonrpc":"2.0","id":1,"result": ${raw} }`);
  expect(await done).toEqual({ initializeResult: raw, protocolVersion: "2025-06-18", era: "session" });
  expect(bench.transport.steps).toEqual([
    "initialize",
    "negotiated 2025-06-18",
    "notifications/initialized",
    "opened",
  ]);
});

for (const revision of ["2024-10-07", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]) {
  test(`a server of revision ${revision} is accepted`, () => {
    const reply = bytes({ jsonrpc: "2.0", id: 1, result: initializeResult(revision) });
    expect(readInitializeReply(reply, "2025-11-25").kind).toBe("done");
  });
}

test("other revisions and broken results are refused with the reason", () => {
  const replies: readonly (readonly [unknown, RegExp])[] = [
    [{ result: initializeResult("2026-07-28") }, /2026-07-28/],
    [{ result: initializeResult("latest") }, /latest/],
    [{ result: { protocolVersion: "2025-11-25", serverInfo: { name: "x", version: "1" } } }, /capabilities/],
    [{ result: { capabilities: {}, serverInfo: { name: "x", version: "1" } } }, /protocolVersion/],
    [{ result: "ok" }, /Expected object/],
    [{ error: { code: -32603, message: "no\nlicence" } }, /-32603: no licence/],
    [{ error: { code: -32022, message: "v", data: { supported: ["2026-07-28"] } } }, /2026-07-28 only/],
    ["{}", /neither/],
    ["not JSON", /not JSON/],
  ];
  for (const [reply, pattern] of replies) {
    const message = typeof reply === "string" ? reply : { jsonrpc: "2.0", id: 1, ...(reply as object) };
    const outcome = readInitializeReply(bytes(message), "2025-11-25");
    expect(outcome.kind === "fault" ? outcome.fault.message : outcome.kind).toMatch(pattern);
    expect(outcome.kind === "fault" ? outcome.fault.stage : "").toBe("handshake");
  }
});

test("a server that refuses the revision and names an older one is asked again, once", async () => {
  const bench = new Bench();
  const done = rejection(bench.connection.handshake(1_000));
  const refusal = {
    code: -32602,
    message: "Unsupported protocol version",
    data: { supported: ["2024-11-05"] },
  };
  bench.say(JSON.stringify({ jsonrpc: "2.0", id: 1, error: refusal }));
  expect(bench.lastSent().params?.["protocolVersion"]).toBe("2024-11-05");
  const next = { ...refusal, data: { supported: ["2025-03-26"] } };
  bench.say(JSON.stringify({ jsonrpc: "2.0", id: 2, error: next }));
  expect(isGatewayError(await done)).toBe(true);
  expect(bench.closed.length).toBe(1);
  expect(bench.sentMethods()).toEqual(["initialize", "initialize"]);
});

test("a server that is silent is given up in time; its late answer changes nothing", async () => {
  const bench = new Bench();
  const done = rejection(bench.connection.handshake(1_000));
  bench.clock.advance(1_000);
  expect(bench.closed.map(({ stage }) => stage)).toEqual(["handshake"]);
  bench.answer(1, initializeResult("2025-11-25"));
  const error = await done;
  expect(isGatewayError(error) ? error.facts["stage"] : undefined).toBe("handshake");
  expect(bench.sentMethods()).toEqual(["initialize"]);
  expect(bench.clock.pendingTimers).toBe(0);
});

test("a transport that closes meanwhile fails the handshake with its fault", async () => {
  const bench = new Bench();
  const done = rejection(bench.connection.handshake(1_000));
  bench.transport.events.onClosed({ stage: "connect", message: "Exit 127.", remedy: "Check it." });
  const error = await done;
  expect(isGatewayError(error) ? [error.message, error.facts["remedy"]] : []).toEqual([
    "Exit 127.",
    "Check it.",
  ]);
  expect(bench.closed.length).toBe(1);
});

test("a close that was asked for rejects the handshake and is not told", async () => {
  const bench = new Bench();
  const done = rejection(bench.connection.handshake(1_000));
  await bench.connection.close("stopped");
  expect(isGatewayError(await done)).toBe(true);
  expect(bench.closed).toEqual([]);
  expect(bench.clock.pendingTimers).toBe(0);
});

test("initialize is never cancelled", async () => {
  const bench = new Bench();
  const done = rejection(bench.connection.handshake(1_000));
  bench.connection.cancelAllOf(0, "x");
  bench.connection.cancel({ link: 0, call: 0 }, "x");
  expect(bench.sentMethods()).toEqual(["initialize"]);
  await bench.connection.close("x");
  await done;
  expect(limits.handshakeTimeoutMs).toBeGreaterThan(0);
});

test("a time-out is told in whole seconds, so that what the launch left of it is no news", async () => {
  for (const timeoutMs of [2_910, 3_000, 3_049]) {
    const bench = new Bench();
    const done = bench.connection.handshake(timeoutMs);
    bench.clock.advance(timeoutMs);
    await expect(done).rejects.toThrow("The server did not answer `initialize` within 3 s.");
  }
});
