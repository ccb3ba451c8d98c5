/** Whose a message is that names no call: only what is certain counts. */
import { expect, test } from "bun:test";
import type { BackendState } from "@mcp-gateway/contract";
import { ManualClock } from "@mcp-gateway/kit";
import { type CallOwner, Calls } from "../../../../apps/gateway/src/link/calls.ts";
import type { Link } from "../../../../apps/gateway/src/link/link.ts";

const backend = { name: "b", index: 3, epoch: 1, phase: "ready" } as BackendState; // Calls reads nothing else of it.

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
