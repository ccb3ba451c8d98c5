/** Connections to real programs on stdio, well-behaved and not. */
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { limits } from "@mcp-gateway/kit";
import { expectNoneLeft } from "../../support/processes.ts";
import { waitFor } from "../../support/wait-for.ts";
import { type Outcome, Probe, serverConfig } from "./support.ts";

const program = (mode: string) =>
  serverConfig({ command: process.execPath, args: [join(import.meta.dir, "misbehaving-program.ts"), mode] });

async function opened(mode: string, options: { readonly reverse?: boolean } = {}): Promise<Probe> {
  const probe = new Probe(program(mode), options);
  await probe.handshake();
  return probe;
}

const reasonOf = (outcome: Outcome): unknown =>
  outcome.kind === "failure" ? (outcome.error.data as { readonly reason?: unknown }).reason : "no failure";

const resultOf = (outcome: Outcome): unknown =>
  outcome.kind === "reply" ? (outcome.message as { readonly result?: unknown }).result : outcome.error;

afterAll(() => expectNoneLeft(`connections-${process.pid}`));

test("a thousand calls at once come back to their owners", async () => {
  await using probe = await opened("none");
  const owners = Array.from({ length: 1_000 }, (_, index) =>
    probe.start("tools/call", { name: "echo", arguments: { index } }),
  );
  const outcomes = await Promise.all(owners.map((owner) => probe.outcome(owner)));
  outcomes.forEach((outcome, index) => {
    expect(resultOf(outcome)).toEqual({ given: { index } });
  });
  expect(probe.connection.inFlight()).toBe(0);
});

test("F01, F02: a program that ends during a call fails it at once and says how it ended", async () => {
  for (const [mode, pattern] of [
    ["exit-mid-call", /exit code 1/],
    ["killed-mid-call", /SIGKILL/],
  ] as const) {
    await using probe = await opened(mode);
    const hanging = probe.start("tools/call", { name: "hang" });
    const startedAtMs = performance.now();
    expect(reasonOf(await probe.tool("misbehave"))).toBe("backend-lost");
    expect(reasonOf(await probe.outcome(hanging))).toBe("backend-lost");
    expect(performance.now() - startedAtMs).toBeLessThan(1_500);
    expect(probe.closed.map(({ stage }) => stage)).toEqual(["running"]);
    expect(probe.closed[0]?.message).toMatch(pattern);
  }
});

test("F05: a program that never answers initialize is given up in time", async () => {
  await using probe = new Probe(program("silent-initialize"));
  await expect(probe.handshake(300)).rejects.toThrow(/did not answer/);
  expect(probe.closed.map(({ stage }) => stage)).toEqual(["handshake"]);
});

test("a program that ends before the handshake says its exit code", async () => {
  await using probe = new Probe(program("exit-at-start"));
  await expect(probe.handshake()).rejects.toThrow(/exit code 3/);
  expect(probe.closed[0]?.stage).toBe("handshake");
});

test("F08, F09: banners and JSON that is no message are skipped and counted", async () => {
  await using probe = await opened("banner");
  expect(resultOf(await probe.tool("echo", { a: 1 }))).toEqual({ given: { a: 1 } });
  expect(probe.connection.dropped().malformed).toBe(6);
});

test("noise instead of an answer does not hold the handshake open, and is told of", async () => {
  await using probe = new Probe(program("endless-banner"));
  await expect(probe.handshake(1_500)).rejects.toThrow(
    'did not answer `initialize` within 1.5 s. It writes something else to its output: "still starting …".',
  );
});

test("F10: a message beyond the bound fails its call, and the next call is answered", async () => {
  await using probe = await opened("oversized");
  const rssBefore = process.memoryUsage().rss;
  expect(reasonOf(await probe.tool("misbehave"))).toBe("backend-oversized");
  expect(resultOf(await probe.tool("echo", { b: 2 }))).toEqual({ given: { b: 2 } });
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(3 * limits.backendMessageBytesMax);
  expect(probe.closed).toEqual([]);
}, 30_000);

test("F11: bytes split anywhere, CRLF and a byte order mark desynchronise nothing", async () => {
  await using split = await opened("split-utf8");
  expect(resultOf(await split.tool("misbehave"))).toEqual({ text: "äöü€😀\u2028" });
  await using crlf = await opened("crlf");
  expect(resultOf(await crlf.tool("echo", {}))).toEqual({ given: {} });
});

test("F12: a program that closes its output and lives is at its end after a moment", async () => {
  await using probe = await opened("closes-output");
  const owner = probe.start("tools/call", { name: "misbehave" });
  expect(reasonOf(await probe.outcome(owner))).toBe("backend-lost");
  expect(probe.closed[0]?.message).toContain("closed its output");
});

test("F13: a program that ends is at its end although a grandchild holds its output", async () => {
  await using probe = await opened("grandchild-holds-output");
  expect(reasonOf(await probe.tool("misbehave"))).toBe("backend-lost");
  expect(probe.closed[0]?.message).toContain("exit code 0");
});

test("F15: a program that never reads stalls: new calls fail at once, memory stays bounded", async () => {
  await using probe = await opened("never-reads");
  const text = "x".repeat(256 * 1024);
  const owners = Array.from({ length: 64 }, () =>
    probe.start("tools/call", { name: "echo", arguments: { text } }),
  );
  const failed = owners.filter((owner) => probe.outcomes.get(owner.call)?.[0]?.kind === "failure");
  expect(failed.length).toBeGreaterThan(40);
  const [first] = failed;
  if (first === undefined) throw new Error("no call failed");
  expect(reasonOf(await probe.outcome(first))).toBe("backend-stalled");
  expect(probe.connection.inFlight()).toBe(owners.length - failed.length);
});

test("F21: answers to nothing, and second ones, are dropped and counted", async () => {
  await using probe = await opened("wrong-ids");
  const owner = probe.start("tools/call", { name: "misbehave" });
  expect(resultOf(await probe.outcome(owner))).toEqual({ first: true });
  expect(resultOf(await probe.tool("echo", {}))).toEqual({ given: {} });
  const { malformed, unknownReplies } = probe.connection.dropped();
  expect(malformed + unknownReplies).toBe(6);
  expect(probe.outcomes.get(owner.call)?.length).toBe(1);
});

test("an answer with two ids fails its call and reaches no other", async () => {
  await using probe = await opened("two-ids");
  const first = probe.start("tools/call", { name: "misbehave" });
  const second = probe.start("tools/call", { name: "hang" });
  expect(reasonOf(await probe.outcome(first))).toBe("backend-malformed");
  expect(probe.outcomes.get(second.call)).toEqual([]);
});

test("F22: a request to a client is refused, and forwarded only where that is asked for", async () => {
  await using refusing = await opened("asks");
  refusing.start("tools/call", { name: "misbehave" });
  const refusal = await waitFor(() => refusing.notifications[0], { what: "the refusal to be repeated" });
  expect(JSON.stringify(refusal.message)).toContain("-32601");
  await using forwarding = await opened("asks", { reverse: true });
  forwarding.start("tools/call", { name: "misbehave" });
  const reverse = await waitFor(() => forwarding.reverses[0], { what: "the request" });
  forwarding.connection.answer(reverse.reference, Buffer.from('"result":{"ok":true}}'));
  const told = await waitFor(() => forwarding.notifications[0], { what: "the answer to be repeated" });
  expect(told.message.params?.["data"]).toEqual({ jsonrpc: "2.0", id: "q", result: { ok: true } });
});

test("F23: a flood of notifications is cut, and the answer behind it comes through", async () => {
  await using probe = await opened("flood");
  expect(resultOf(await probe.tool("misbehave"))).toEqual({ done: true });
  const dropped = probe.connection.dropped().notifications;
  expect(probe.notifications.length + dropped).toBe(100_000);
  expect(dropped).toBeGreaterThan(0);
}, 30_000);

test("a cancelled call reaches the program with its upstream id, and its place is free", async () => {
  await using probe = await opened("none");
  const owner = probe.start("tools/call", { name: "hang" });
  probe.connection.cancel(owner, "no longer wanted");
  expect(probe.connection.inFlight()).toBe(0);
  const told = await waitFor(() => probe.notifications[0], { what: "the cancellation" });
  expect(told.message.params?.["data"]).toEqual({ requestId: 2, reason: "no longer wanted" });
});

test("while paused nothing is read; on resuming everything comes", async () => {
  await using probe = await opened("big");
  probe.connection.pause();
  const owners = Array.from({ length: 8 }, () => probe.start("tools/call", { name: "misbehave" }));
  await Bun.sleep(200);
  // What was being read when the pause came may still arrive.
  expect(owners.filter((owner) => probe.outcomes.get(owner.call)?.length === 1).length).toBeLessThan(3);
  probe.connection.resume();
  for (const owner of owners) expect((await probe.outcome(owner)).kind).toBe("reply");
});

test("closing ends a program that leaves when its input ends", async () => {
  const probe = await opened("none");
  await probe.connection.close("done");
  const exit = await probe.process?.exited;
  expect(exit?.exitCode).toBe(0);
  expect(probe.closed).toEqual([]);
  await probe[Symbol.asyncDispose]();
});
