/** Calls through a connection: ids, owners, outcomes, bounds. */
import { expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import { Bench, reasonOf } from "./fake-transport.ts";

test("requests get small ids from 1, and an answer finds its owner with the place of its id", async () => {
  const bench = new Bench();
  await bench.open();
  const first = bench.call(70);
  const second = bench.call(70, 2);
  expect(bench.transport.sent.slice(-2).map(({ id }) => id)).toEqual([2, 3]);
  const text = '{"result":{"big":12345678901234567890},"jsonrpc":"2.0","id":3}';
  bench.say(text);
  bench.answer(2);
  expect(bench.replies.map(({ owner, id }) => ({ owner, id }))).toEqual([
    { owner: second, id: "3" },
    { owner: first, id: "2" },
  ]);
  expect(bench.replies[0]?.text).toBe(text);
  expect(bench.connection.inFlight()).toBe(0);
});

test("an error of the backend is a reply like any other", async () => {
  const bench = new Bench();
  await bench.open();
  bench.call(1);
  const text = '{"jsonrpc":"2.0","id":2,"error":{"code":-32042,"message":"m","data":{"elicitations":[]}}}';
  bench.say(text);
  expect(bench.replies[0]?.text).toBe(text);
  expect(bench.failures).toEqual([]);
});

test("unknown, late, second and foreign ids are dropped and counted", async () => {
  const bench = new Bench();
  await bench.open();
  bench.call(1);
  bench.answer(2);
  bench.answer(2);
  bench.answer(99);
  bench.answer("2");
  bench.say('{"jsonrpc":"2.0","id":-2,"result":{}}');
  bench.say('{"jsonrpc":"2.0","id":2.0,"result":{}}');
  expect(bench.replies.length).toBe(1);
  expect(bench.connection.dropped().unknownReplies).toBe(5);
});

test("an answer after a cancel is dropped, the backend is told, and the stream is abandoned", async () => {
  const bench = new Bench();
  await bench.open();
  const owner = bench.call(1);
  bench.connection.cancel(owner, "enough");
  bench.connection.cancel(owner, "enough");
  expect(bench.lastSent()).toEqual({
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId: 2, reason: "enough" },
  } as object);
  expect(bench.sentMethods().filter((method) => method === "notifications/cancelled").length).toBe(1);
  expect(bench.transport.abandoned).toEqual([2]);
  bench.answer(2);
  expect(bench.replies).toEqual([]);
  expect(bench.failures).toEqual([]);
  expect(bench.connection.dropped().unknownReplies).toBe(1);
});

test("a gateway that goes takes only its own calls along", async () => {
  const bench = new Bench();
  await bench.open();
  bench.call(1, 1);
  bench.call(2, 1);
  const other = bench.call(1, 2);
  expect(bench.connection.inFlightOfOthers(1)).toBe(1);
  expect(bench.connection.inFlightOfOthers(2)).toBe(2);
  bench.connection.cancelAllOf(1, "gone");
  expect(bench.connection.inFlight()).toBe(1);
  expect(bench.transport.abandoned).toEqual([2, 3]);
  bench.answer(4);
  expect(bench.replies.map(({ owner }) => owner)).toEqual([other]);
});

test("a call number that is in flight already is not sent again", async () => {
  const bench = new Bench();
  await bench.open();
  bench.call(1);
  const sentBefore = bench.transport.sent.length;
  bench.call(1);
  expect(bench.transport.sent.length).toBe(sentBefore);
  bench.answer(2);
  expect(bench.told).toEqual(["reply"]);
});

test("calls beyond the bound fail at once and leave the others alone", async () => {
  const bench = new Bench();
  await bench.open();
  for (let call = 1; call <= limits.backendCallsInFlightMax; call += 1) bench.call(call);
  expect(bench.failures).toEqual([]);
  bench.call(limits.backendCallsInFlightMax + 1);
  expect(reasonOf(bench.failures[0]?.error)).toBe("backend-overloaded");
  expect(bench.failures.length).toBe(1);
  expect(bench.connection.inFlight()).toBe(limits.backendCallsInFlightMax);
});

test("a request that its transport could not deliver fails with that error, once", async () => {
  const bench = new Bench();
  await bench.open();
  const owner = bench.call(1);
  const { GatewayError } = await import("@mcp-gateway/kit");
  bench.transport.events.onRequestFailed(2, new GatewayError("backend-http", "HTTP 500"));
  bench.transport.events.onRequestFailed(2, new GatewayError("backend-http", "HTTP 500"));
  bench.answer(2);
  expect(bench.failures.map((failure) => [failure.owner, reasonOf(failure.error)])).toEqual([
    [owner, "backend-http"],
  ]);
  expect(bench.replies).toEqual([]);
});

test("the end fails every call in flight before it is told, once, and later calls fail at once", async () => {
  const bench = new Bench();
  await bench.open();
  bench.call(1);
  bench.call(2);
  const fault = { stage: "running", message: "It died.", remedy: "" };
  bench.transport.events.onClosed(fault);
  bench.transport.events.onClosed(fault);
  expect(bench.told).toEqual(["failure", "failure", "closed"]);
  expect(bench.failures.map(({ error }) => reasonOf(error))).toEqual(["backend-lost", "backend-lost"]);
  bench.answer(2);
  bench.call(3);
  expect(reasonOf(bench.failures[2]?.error)).toBe("backend-not-ready");
  expect(bench.transport.steps.at(-1)).toBe("close");
  expect(bench.clock.pendingTimers).toBe(0);
});

test("a close that was asked for fails what is in flight and is not told", async () => {
  const bench = new Bench();
  await bench.open();
  bench.call(1);
  await bench.connection.close("stopped by request");
  expect(bench.told).toEqual(["failure"]);
  expect(bench.clock.pendingTimers).toBe(0);
});

test("a stall fails new calls at once, and one that lasts ends the connection", async () => {
  const bench = new Bench();
  await bench.open();
  bench.transport.outcome = "stalled";
  bench.call(1);
  expect(reasonOf(bench.failures[0]?.error)).toBe("backend-stalled");
  expect(bench.connection.inFlight()).toBe(0);
  bench.clock.advance(limits.backendStalledMs - 1);
  expect(bench.closed).toEqual([]);
  bench.clock.advance(1);
  expect(bench.closed[0]?.stage).toBe("running");
});

test("a stall that passes is forgiven", async () => {
  const bench = new Bench();
  await bench.open();
  bench.transport.outcome = "stalled";
  bench.call(1);
  bench.transport.outcome = "sent";
  bench.clock.advance(limits.backendStalledMs);
  expect(bench.closed).toEqual([]);
});

test("pausing reaches the transport", async () => {
  const bench = new Bench();
  bench.connection.pause();
  expect(bench.transport.isPaused).toBe(true);
  bench.connection.resume();
  expect(bench.transport.isPaused).toBe(false);
});
