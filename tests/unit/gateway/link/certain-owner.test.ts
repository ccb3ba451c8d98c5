/** Whose a message is that names no call: only what is certain counts. */
import { describe, expect, test } from "bun:test";
import { type BackendState, type FrameFields, FrameKind } from "@mcp-gateway/contract";
import { limits, ManualClock } from "@mcp-gateway/kit";
import { type CallOwner, Calls } from "../../../../apps/gateway/src/link/calls.ts";
import type { Link } from "../../../../apps/gateway/src/link/link.ts";

const backend = { name: "b", index: 3, epoch: 1, phase: "ready", transport: "stdio" } as BackendState; // Calls reads nothing else of it.

function owner(sessionId: string | undefined, isHousekeeping?: true): CallOwner {
  return {
    sessionId,
    onReply: () => undefined,
    onFailure: () => undefined,
    ...(isHousekeeping === undefined ? {} : { isHousekeeping }),
  };
}

function callsOf(...owners: readonly CallOwner[]): Calls {
  const link = { isUp: true, gatewayNumber: 1, send: () => true } as unknown as Link; // As above.
  const calls = new Calls(link, new ManualClock(), { onStarted: () => undefined, onEnded: () => undefined });
  for (const one of owners) calls.start({ backend, method: "m", params: () => ({}), timeoutMs: 1_000 }, one);
  return calls;
}

test("calls of one session leave no doubt, calls of two do, and so does one in nobody's name", () => {
  const [one, same, other] = [owner("s"), owner("s"), owner("t")];
  expect(callsOf(one, same).certainOwnerAt(3)).toBe(one);
  expect(callsOf(one, other).certainOwnerAt(3)).toBeUndefined();
  expect(callsOf(one, owner(undefined)).certainOwnerAt(3)).toBeUndefined();
  expect(callsOf(one).certainOwnerAt(4)).toBeUndefined();
  expect(callsOf().certainOwnerAt(3)).toBeUndefined();
});

test("the gateway's own reading of lists and setting of levels makes no doubt, and owns nothing", () => {
  const one = owner("s");
  expect(callsOf(owner(undefined, true), one, owner(undefined, true)).certainOwnerAt(3)).toBe(one);
  expect(callsOf(owner(undefined, true)).certainOwnerAt(3)).toBeUndefined();
});

describe("a call that was given up", () => {
  function world() {
    const sent: FrameFields[] = [];
    const link = { isUp: true, gatewayNumber: 1, send: (frame: FrameFields) => sent.push(frame) > 0 };
    const clock = new ManualClock();
    const observer = { onStarted: () => undefined, onEnded: () => undefined };
    const calls = new Calls(link as unknown as Link, clock, observer); // As above.
    const start = (one: CallOwner): number =>
      calls.start({ backend, method: "m", params: () => ({}), timeoutMs: 1_000 }, one);
    const pings = () => sent.filter(({ payload }) => Buffer.from(payload).includes('"ping"'));
    const answer = (kind: FrameKind, call: number, payload: string): void => {
      const place = { backend: 3, epoch: 1, instance: 0, reference: 0, idStart: 0, idLength: 1 };
      const [flags, roomBytes] = [0, 0];
      calls.onFrame({ ...place, flags, roomBytes, kind, call, payload: Buffer.from(payload) });
    };
    return { calls, clock, start, sent, pings, answer };
  }

  test("leaves a doubt about others until the backend has read that it was", () => {
    const { calls, start, sent, pings, answer } = world();
    const mine = owner("s");
    start(mine);
    const theirs = start(owner("t"));
    expect(calls.certainOwnerAt(3)).toBeUndefined();
    calls.cancel(theirs, "enough");
    expect(sent.slice(-2).map(({ kind }) => kind)).toEqual([FrameKind.cancel, FrameKind.call]);
    // What it wrote before may be on its way: a question for `t` must not be shown to `s`.
    expect(calls.certainOwnerAt(3)).toBeUndefined();
    expect(calls.certainOwnerAt(4)).toBeUndefined();
    answer(FrameKind.reply, pings()[0]?.call ?? 0, '{"id":1,"error":{"code":-32601,"message":"no"}}');
    expect(calls.certainOwnerAt(3)).toBe(mine);
  });

  test("of the same session leaves none", () => {
    const { calls, start } = world();
    const mine = owner("s");
    start(mine);
    calls.cancel(start(owner("s")), "enough");
    expect(calls.certainOwnerAt(3)).toBe(mine);
  });

  test("is asked about again while the backend does not answer, and forgotten with its connection", () => {
    const { calls, clock, start, pings, answer } = world();
    const mine = owner("s");
    calls.cancel(start(owner("t")), "enough");
    const late = { data: { reason: "call-timeout" } };
    answer(FrameKind.failure, pings()[0]?.call ?? 0, JSON.stringify(late));
    start(mine);
    expect([pings().length, calls.certainOwnerAt(3)]).toEqual([1, undefined]);
    clock.advance(limits.listTimeoutMs);
    expect([pings().length, calls.certainOwnerAt(3)]).toEqual([2, undefined]);
    answer(FrameKind.failure, pings()[1]?.call ?? 0, JSON.stringify({ data: { reason: "backend-lost" } }));
    expect(calls.certainOwnerAt(3)).toBe(mine);
  });
});
