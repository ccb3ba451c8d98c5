/** One timer for many waits. */
import { expect, test } from "bun:test";
import { ManualClock, SharedTimer } from "@mcp-gateway/kit";

function world() {
  const clock = new ManualClock();
  const due: string[] = [];
  const timer = new SharedTimer<string>((item) => due.push(`${item} at ${clock.nowMs()}`), clock);
  return { clock, due, timer };
}

test("each item is due once and in its time, with one timer for all", () => {
  const { clock, due, timer } = world();
  timer.add("a", 20);
  clock.advance(5);
  timer.add("b", 20);
  timer.add("c", 20);
  expect(clock.pendingTimers).toBe(1);
  clock.advance(100);
  expect(due).toEqual(["a at 20", "b at 25", "c at 25"]);
  expect(clock.pendingTimers).toBe(0);
  timer.add("a", 1);
  clock.advance(1);
  expect(due).toHaveLength(4);
});

test("what is deleted is never due, and tells whether it was waited for", () => {
  const { clock, due, timer } = world();
  timer.add("a", 20);
  timer.add("b", 20);
  expect([timer.delete("a"), timer.delete("a"), timer.delete("c")]).toEqual([true, false, false]);
  clock.advance(20);
  expect(due).toEqual(["b at 20"]);
  expect(timer.delete("b")).toBe(false);
});

test("a shorter wait brings the timer forward, a longer one is not forgotten", () => {
  const { clock, due, timer } = world();
  timer.add("long", 100);
  timer.add("short", 10);
  expect(clock.pendingTimers).toBe(1);
  clock.advance(100);
  expect(due).toEqual(["short at 10", "long at 100"]);
});

test("an item that is due may delete another, or wait again", () => {
  const clock = new ManualClock();
  const due: string[] = [];
  const timer = new SharedTimer<string>((item) => {
    due.push(item);
    timer.delete("b");
    if (due.length === 1) timer.add("a", 5);
  }, clock);
  timer.add("a", 1);
  timer.add("b", 1);
  clock.advance(100);
  expect(due).toEqual(["a", "a"]);
});
