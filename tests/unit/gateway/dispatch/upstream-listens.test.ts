/** The listen that is kept open at a stateless backend is opened anew when what is watched changes, without a gap. */
import { describe, expect, test } from "bun:test";
import type { BackendState } from "@mcp-gateway/contract";
import { limits, ManualClock } from "@mcp-gateway/kit";
import { UpstreamListens } from "../../../../apps/gateway/src/dispatch/upstream-listens.ts";
import type { CallOwner, CallRequest, Calls } from "../../../../apps/gateway/src/link/calls.ts";
import type { Mirror } from "../../../../apps/gateway/src/link/mirror.ts";

const capabilities = { resources: { subscribe: true } };
const backend = {
  ...{ name: "b", index: 1, epoch: 1, phase: "ready", era: "stateless" },
  initializeResult: JSON.stringify({ capabilities }),
} as BackendState; // Nothing else of it is read.

function world() {
  const clock = new ManualClock();
  const uris: string[] = ["u:0"];
  const opened: { request: CallRequest; owner: CallOwner }[] = [];
  const cancelled: number[] = [];
  const calls = {
    start: (request: CallRequest, owner: CallOwner) => opened.push({ request, owner }),
    cancel: (number: number) => cancelled.push(number),
  };
  const listens = new UpstreamListens({
    calls: calls as unknown as Calls, // Only these are used.
    mirror: { byName: () => backend } as unknown as Mirror, // As above.
    log: { debug: () => undefined } as unknown as ConstructorParameters<typeof UpstreamListens>[0]["log"],
    clock,
    watched: () => uris,
    onNotification: () => undefined,
  });
  const acknowledge = (number: number, taskIds: readonly string[] = []): void => {
    const params = { notifications: { resourceSubscriptions: uris, taskIds } };
    const message = { jsonrpc: "2.0", method: "notifications/subscriptions/acknowledged", params };
    opened[number - 1]?.owner.onNotification?.(Buffer.from(JSON.stringify(message)));
  };
  const watch = (uri: string): void => {
    uris.push(uri);
    listens.onWatched("b");
  };
  listens.onBackend(backend);
  return { clock, opened, cancelled, listens, acknowledge, watch };
}

describe("a listen", () => {
  test("is replaced once for many changes, and ends only a moment after the next was acknowledged", () => {
    const { clock, opened, cancelled, acknowledge, watch } = world();
    acknowledge(1);
    for (const uri of ["u:1", "u:2", "u:3"]) watch(uri);
    expect(opened.length).toBe(1);
    clock.advance(limits.listenGatherMs);
    expect(opened.map(({ request }) => request.method)).toEqual([
      "subscriptions/listen",
      "subscriptions/listen",
    ]);
    expect(JSON.stringify(opened[1]?.request.params("t"))).toContain('["u:0","u:1","u:2","u:3"]');
    clock.advance(limits.listenOverlapMs);
    expect(cancelled).toEqual([]);
    acknowledge(2);
    clock.advance(limits.listenOverlapMs - 1);
    expect(cancelled).toEqual([]);
    clock.advance(1);
    expect(cancelled).toEqual([1]);
  });

  test("that is not acknowledged yet is replaced when it is", () => {
    const { clock, opened, acknowledge, watch } = world();
    watch("u:1");
    clock.advance(limits.listenGatherMs);
    expect(opened.length).toBe(1);
    acknowledge(1);
    clock.advance(limits.listenGatherMs);
    expect(opened.length).toBe(2);
  });

  test("that its server never acknowledges is replaced all the same, later", () => {
    const { clock, opened, watch } = world();
    watch("u:1");
    clock.advance(limits.listTimeoutMs + limits.listenGatherMs);
    expect(opened.length).toBe(2);
  });

  test("tells who asks what was agreed in the end, not what an older one said", async () => {
    const { clock, listens, acknowledge, watch } = world();
    acknowledge(1, ["old"]);
    watch("u:1");
    const asked = listens.agreedTasks("b");
    clock.advance(limits.listenGatherMs);
    acknowledge(2, ["old", "new"]);
    expect(await asked).toEqual(new Set(["old", "new"]));
  });
});
