/** Whatever happens in whatever order: every call has at most one outcome, its own, and nothing is left. */
import { expect, test } from "bun:test";
import { GatewayError } from "@mcp-gateway/kit";
import fc from "fast-check";
import { Bench } from "./fake-transport.ts";

type Step =
  | { readonly kind: "call" | "cancel"; readonly link: number; readonly call: number }
  | { readonly kind: "answer" | "fail" | "malformed"; readonly id: number }
  | { readonly kind: "gone"; readonly link: number }
  | { readonly kind: "send"; readonly outcome: "sent" | "stalled" };

const link = fc.integer({ min: 1, max: 3 });
const call = fc.integer({ min: 1, max: 6 });
const id = fc.integer({ min: 0, max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("call" as const), link, call }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), link, call }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom("answer" as const, "fail" as const, "malformed" as const),
      id,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("gone" as const), link }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      outcome: fc.constantFrom("sent" as const, "stalled" as const),
    }),
  },
);

const seed = process.env["MCP_GATEWAY_SEED"];
const options = { numRuns: 300, ...(seed === undefined ? {} : { seed: Number(seed) }) };

test("random conversations leave no call without or with two outcomes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const bench = new Bench();
      await bench.open();
      /** Calls that must still have an outcome, by owner, with their upstream id. */
      const open = new Map<string, number>();
      let outcomes = 0;
      let nextId = 2;
      for (const one of steps) {
        switch (one.kind) {
          case "call": {
            const key = `${one.link}.${one.call}`;
            const isTaken = open.has(key);
            bench.call(one.call, one.link);
            if (isTaken) break;
            if (bench.transport.outcome === "sent") open.set(key, nextId);
            else outcomes += 1;
            nextId += 1;
            break;
          }
          case "cancel":
            bench.connection.cancel(one, "cancelled");
            open.delete(`${one.link}.${one.call}`);
            break;
          case "gone":
            bench.connection.cancelAllOf(one.link, "gone");
            for (const key of [...open.keys()]) if (key.startsWith(`${one.link}.`)) open.delete(key);
            break;
          case "send":
            bench.transport.outcome = one.outcome;
            break;
          default: {
            if (one.kind === "answer") bench.answer(one.id);
            else if (one.kind === "fail")
              bench.transport.events.onRequestFailed(one.id, new GatewayError("backend-http"));
            else bench.say(`{"jsonrpc":"2.0","id":${one.id},"result":{}`);
            const key = [...open].find(([, upstream]) => upstream === one.id)?.[0];
            if (key === undefined) break;
            const told = [...bench.replies, ...bench.failures].filter(
              ({ owner }) => `${owner.link}.${owner.call}` === key,
            );
            expect(told.length).toBeGreaterThan(0);
            open.delete(key);
            outcomes += 1;
          }
        }
        expect(bench.connection.inFlight()).toBe(open.size);
        expect(bench.replies.length + bench.failures.length).toBe(outcomes);
      }
      await bench.connection.close("end");
      expect(bench.replies.length + bench.failures.length).toBe(outcomes + open.size);
      expect(bench.connection.inFlight()).toBe(0);
      expect(bench.clock.pendingTimers).toBe(0);
    }),
    options,
  );
});
