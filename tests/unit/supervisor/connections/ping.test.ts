/** Whether a quiet backend is still there. */
import { expect, test } from "bun:test";
import { GatewayError, limits } from "@mcp-gateway/kit";
import { Bench } from "./fake-transport.ts";

const pings = (bench: Bench): number => bench.sentMethods().filter((method) => method === "ping").length;

/** Opened, and its first ping answered. */
async function answering(): Promise<Bench> {
  const bench = new Bench();
  await bench.open();
  bench.clock.advance(limits.pingFirstMs);
  bench.answer(bench.lastSent().id);
  return bench;
}

test("a ping goes out only when nothing came for the whole interval", async () => {
  const bench = await answering();
  expect(pings(bench)).toBe(1);
  for (let count = 0; count < 5; count += 1) {
    bench.clock.advance(limits.pingEveryMs - 1);
    bench.say('{"jsonrpc":"2.0","method":"notifications/message","params":{}}');
  }
  bench.clock.advance(limits.pingEveryMs);
  expect(pings(bench)).toBe(1);
  bench.clock.advance(limits.pingEveryMs);
  expect(pings(bench)).toBe(2);
});

test("an idle backend that stops answering pings is closed as a running fault", async () => {
  const bench = await answering();
  bench.clock.advance(limits.pingEveryMs);
  bench.clock.advance(limits.pingTimeoutMs - 1);
  expect(bench.closed).toEqual([]);
  bench.clock.advance(1);
  expect(bench.closed.map(({ stage }) => stage)).toEqual(["running"]);
});

test("an error answer to a ping counts as alive", async () => {
  const bench = await answering();
  bench.clock.advance(limits.pingEveryMs);
  const { id } = bench.lastSent();
  bench.say(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } }));
  bench.clock.advance(limits.pingTimeoutMs);
  expect(bench.closed).toEqual([]);
});

test("silence does not kill a backend that works on a call, and no ping is left in the table", async () => {
  const bench = await answering();
  bench.call(1);
  bench.clock.advance(20 * (limits.pingEveryMs + limits.pingTimeoutMs));
  expect(bench.closed).toEqual([]);
  expect(pings(bench)).toBeGreaterThan(10);
  const call = bench.transport.sent.find(({ method }) => method === "tools/call");
  bench.answer(call?.id);
  expect(bench.replies.length).toBe(1);
});

test("any output while a ping is out proves life", async () => {
  const bench = await answering();
  bench.clock.advance(limits.pingEveryMs);
  bench.say("a banner");
  bench.clock.advance(limits.pingTimeoutMs);
  expect(bench.closed).toEqual([]);
});

test("a backend that never answered a ping is not restarted for it, and not asked again", async () => {
  const bench = new Bench();
  await bench.open();
  bench.clock.advance(limits.pingFirstMs + limits.pingTimeoutMs);
  bench.clock.advance(10 * limits.pingEveryMs);
  expect(bench.closed).toEqual([]);
  expect(pings(bench)).toBe(1);
});

test("while reading is paused silence means nothing", async () => {
  const bench = await answering();
  bench.clock.advance(limits.pingEveryMs);
  bench.connection.pause();
  bench.clock.advance(limits.pingTimeoutMs + 5 * limits.pingEveryMs);
  expect(bench.closed).toEqual([]);
});

test("a ping that can't be delivered ends an idle connection, a refused one does not", async () => {
  const bench = await answering();
  bench.clock.advance(limits.pingEveryMs);
  bench.transport.events.onRequestFailed(
    Number(bench.lastSent().id),
    new GatewayError("backend-http", "HTTP 400"),
  );
  expect(bench.closed).toEqual([]);
  bench.clock.advance(limits.pingEveryMs);
  bench.transport.events.onRequestFailed(
    Number(bench.lastSent().id),
    new GatewayError("backend-lost", "reset"),
  );
  expect(bench.closed.map(({ message }) => message)).toEqual(["reset"]);
});
