/** What the backend says on its own: notifications, requests, noise. */
import { expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import { errorBody, resultBody } from "@mcp-gateway/mcp";
import { Bench, reasonOf } from "./fake-transport.ts";

const progress = (token: unknown): string =>
  JSON.stringify({
    jsonrpc: "2.0",
    method: "notifications/progress",
    params: { progressToken: token, progress: 1 },
  });

test("progress goes to the gateway whose token it names, which knows if the call, or its task, still is", async () => {
  const bench = new Bench();
  await bench.open();
  const owner = bench.call(7, 3);
  bench.say(progress("3.7"));
  expect(bench.notifications).toEqual([{ text: progress("3.7"), owner }]);
  bench.answer(2);
  bench.say(progress("3.7"));
  expect(bench.notifications.slice(1)).toEqual([{ text: progress("3.7"), owner }]);
  for (const token of [7, "7", "03.7", "3.7 ", "3.7.1", null, "99999.7", "3.99999999999"])
    bench.say(progress(token));
  bench.say('{"jsonrpc":"2.0","method":"notifications/progress"}');
  expect(bench.notifications.length).toBe(2);
  expect(bench.connection.dropped().notifications).toBe(9);
});

test("other notifications belong to the request on whose stream they came", async () => {
  const bench = new Bench();
  await bench.open();
  const owner = bench.call(1);
  const text = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}';
  bench.say(text, 2);
  bench.say(text);
  bench.answer(2);
  bench.say(text, 2);
  expect(bench.notifications.map((notification) => notification.owner)).toEqual([
    owner,
    undefined,
    undefined,
  ]);
});

test("a flood of log messages and progress is cut each second; changes of lists always pass", async () => {
  const bench = new Bench();
  await bench.open();
  const text = '{"jsonrpc":"2.0","method":"notifications/message","params":{}}';
  const max = limits.backendNotificationsPerSecondMax;
  for (let count = 0; count < max + 500; count += 1) bench.say(text);
  expect(bench.notifications.length).toBe(max);
  expect(bench.connection.dropped().notifications).toBe(500);
  bench.say('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
  expect(bench.notifications.length).toBe(max + 1);
  bench.clock.advance(1_000);
  bench.say(text);
  expect(bench.notifications.length).toBe(max + 2);
});

test("a ping of the backend is answered at once, whatever its id", async () => {
  const bench = new Bench({ reverse: true });
  await bench.open();
  bench.say('{"jsonrpc":"2.0","id":"p-1","method":"ping"}');
  expect(bench.lastSent()).toEqual({ jsonrpc: "2.0", id: "p-1", result: {} } as object);
  expect(bench.reverses).toEqual([]);
});

test("other requests of the backend are refused with a method error unless they are forwarded", async () => {
  const bench = new Bench();
  await bench.open();
  bench.say('{"jsonrpc":"2.0","id":5,"method":"sampling/createMessage","params":{}}');
  expect(bench.lastSent().error?.code).toBe(-32601);
  expect(bench.lastSent().error?.message).toContain("sampling/createMessage");
  expect(bench.lastSent().id).toBe(5);
});

test("a forwarded request is answered under the backend's own id, once", async () => {
  const bench = new Bench({ reverse: true });
  await bench.open();
  const owner = bench.call(1);
  bench.say('{"jsonrpc":"2.0","id":"\\u0061","method":"roots/list"}', 2);
  bench.say('{"jsonrpc":"2.0","id":"a","method":"roots/list"}', 2);
  expect(bench.reverses).toEqual([{ reference: 1, owner }]);
  bench.connection.answer(1, resultBody('{"roots":[]}'));
  expect(bench.lastSent()).toEqual({ jsonrpc: "2.0", id: "a", result: { roots: [] } } as object);
  const sentBefore = bench.transport.sent.length;
  bench.connection.answer(1, errorBody({ code: 1, message: "late" }));
  expect(bench.transport.sent.length).toBe(sentBefore);
  expect(bench.connection.dropped().reverse).toBe(2);
});

test("a request that the backend takes back is cancelled, and its answer dropped", async () => {
  const bench = new Bench({ reverse: true });
  await bench.open();
  bench.say('{"jsonrpc":"2.0","id":11,"method":"roots/list"}');
  bench.say('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":12}}');
  bench.say('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":11}}');
  expect(bench.reverseCancels).toEqual([1]);
  const sentBefore = bench.transport.sent.length;
  bench.connection.answer(1, resultBody("{}"));
  expect(bench.transport.sent.length).toBe(sentBefore);
  expect(bench.notifications).toEqual([]);
});

test("requests of the backend beyond the bound are refused", async () => {
  const bench = new Bench({ reverse: true });
  await bench.open();
  for (let id = 0; id <= limits.backendReverseInFlightMax; id += 1) {
    bench.say(`{"jsonrpc":"2.0","id":${id},"method":"roots/list"}`);
  }
  expect(bench.reverses.length).toBe(limits.backendReverseInFlightMax);
  expect(bench.lastSent().error?.code).toBe(-32005);
});

test("noise is dropped and counted, and nothing else happens", async () => {
  const bench = new Bench();
  await bench.open();
  bench.call(1);
  const noise = [
    "hello",
    "42",
    "[]",
    "null",
    '{"a":1}',
    "{",
    '{"jsonrpc":"2.0"}',
    '{"id":2}x',
    "\u0000",
    '{"id":2,"result":{}}x"method"',
  ];
  for (const text of noise) bench.say(text);
  expect(bench.connection.dropped().malformed).toBe(noise.length);
  expect(bench.replies).toEqual([]);
});

test("a malformed answer that names a call fails it; one with two ids fails no other", async () => {
  const bench = new Bench();
  await bench.open();
  const first = bench.call(1);
  bench.call(2);
  bench.say('{"jsonrpc":"2.0","id":2,"result":{},"id":3}');
  expect(bench.failures.map(({ owner }) => owner)).toEqual([first]);
  expect(reasonOf(bench.failures[0]?.error)).toBe("backend-malformed");
  bench.answer(3);
  expect(bench.replies.length).toBe(1);
});

test("a batch of revision 2025-03-26 is taken apart byte for byte", async () => {
  const bench = new Bench();
  await bench.open();
  const first = bench.call(1);
  const second = bench.call(2);
  const answer = '{"jsonrpc":"2.0","id":3,"result":{"n":9007199254740993,"s":"],["}}';
  bench.say(` [${answer}, {"jsonrpc":"2.0","id":2,"result":{}} ,${progress("1.2")}]`);
  expect(bench.replies.map(({ owner }) => owner)).toEqual([second, first]);
  expect(bench.replies[0]?.text).toBe(answer);
  bench.say("[[]]");
  bench.say(`[${Array.from({ length: limits.batchMessagesMax + 1 }, () => answer).join()}]`);
  expect(bench.connection.dropped().malformed).toBe(2);
});

test("a fault in the owner's code over one message does not stop the next", async () => {
  const bench = new Bench();
  await bench.open();
  bench.notifications.push = () => {
    throw new Error("a fault of ours");
  };
  bench.say('{"jsonrpc":"2.0","method":"notifications/message","params":{}}');
  bench.call(1);
  bench.answer(2);
  expect(bench.replies.length).toBe(1);
});
