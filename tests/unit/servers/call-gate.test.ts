/** A bounded number at once, the others in order. */
import { describe, expect, test } from "bun:test";
import { CallGate } from "../../../servers/shell-core/src/call-gate.ts";

const never = new AbortController().signal;

async function enter(gate: CallGate, cancelled: AbortSignal = never) {
  const admission = await gate.enter(cancelled);
  if (admission.kind !== "admitted") throw new Error(admission.kind);
  return admission;
}

describe("the gate", () => {
  test("lets the others in, in their order, when one leaves", async () => {
    const gate = new CallGate(1, 10);
    const first = await enter(gate);
    const order: string[] = [];
    const second = enter(gate).then((admission) => {
      order.push("second");
      return admission;
    });
    const third = enter(gate).then(() => order.push("third"));
    await Promise.resolve();
    expect(order).toEqual([]);
    first.leave();
    (await second).leave();
    await third;
    expect(order).toEqual(["second", "third"]);
  });

  test("refuses when too many wait, and never lets in more than it may when one leaves twice", async () => {
    const gate = new CallGate(1, 1);
    const first = await enter(gate);
    const second = enter(gate);
    expect(await gate.enter(never)).toEqual({ kind: "full" });
    first.leave();
    first.leave();
    await second;
    const waiting = new AbortController();
    const third = gate.enter(waiting.signal);
    waiting.abort();
    expect(await third).toEqual({ kind: "cancelled" });
  });

  test("forgets who was cancelled while waiting, and refuses who was cancelled before", async () => {
    const gate = new CallGate(1, 10);
    const first = await enter(gate);
    const cancelled = new AbortController();
    const second = gate.enter(cancelled.signal);
    const third = enter(gate);
    cancelled.abort();
    expect(await second).toEqual({ kind: "cancelled" });
    first.leave();
    (await third).leave();
    expect(await gate.enter(cancelled.signal)).toEqual({ kind: "cancelled" });
    expect((await gate.enter(never)).kind).toBe("admitted");
  });
});
