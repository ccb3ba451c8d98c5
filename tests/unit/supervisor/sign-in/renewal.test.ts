import { beforeEach, describe, expect, test } from "bun:test";
import { limits, ManualClock } from "@mcp-gateway/kit";
import { Renewal } from "../../../../apps/supervisor/src/sign-in/renewal.ts";

let clock: ManualClock;
let asked: number;
let outcome: () => Promise<void>;
let dueAt: number | undefined;
let renewal: Renewal;

beforeEach(() => {
  clock = new ManualClock();
  asked = 0;
  outcome = () => Promise.resolve();
  dueAt = undefined;
  renewal = new Renewal({
    ...{ clock, random: () => 0.5, dueAt: () => dueAt },
    renew: () => {
      asked += 1;
      return outcome();
    },
  });
});

/** Lets what was settled go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a renewal", () => {
  test("is one for everybody who waits for it", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    outcome = () => promise;
    const waiting = Array.from({ length: 100 }, () => renewal.run());
    resolve();
    await Promise.all(waiting);
    expect(asked).toBe(1);
  });

  test("that failed is not repeated before its time, which grows", async () => {
    outcome = () => Promise.reject(new Error("down"));
    for (let failures = 0; failures < 5; failures += 1) {
      expect(await renewal.run().catch(String)).toBe("Error: down");
      expect(await renewal.run().catch(String)).toBe("Error: down");
      expect(asked).toBe(failures + 1);
      const waitMs = limits.signInRetryMsMin * 2 ** failures;
      clock.advance(waitMs - 1);
      await renewal.run().catch(() => undefined);
      expect(asked).toBe(failures + 1);
      clock.advance(2);
    }
    outcome = () => Promise.resolve();
    await renewal.run();
    expect(asked).toBe(6);
  });

  test("never waits longer than the bound", async () => {
    outcome = () => Promise.reject(new Error("down"));
    for (let failures = 0; failures < 40; failures += 1) {
      await renewal.run().catch(() => undefined);
      clock.advance(limits.signInRetryMsMax + 1);
    }
    expect(asked).toBe(40);
  });

  test("is free to be tried again at once when somebody signed in", async () => {
    outcome = () => Promise.reject(new Error("down"));
    await renewal.run().catch(() => undefined);
    renewal.reset();
    await renewal.run().catch(() => undefined);
    expect(asked).toBe(2);
  });

  test("is fresh for a while", async () => {
    expect(renewal.isFresh).toBe(false);
    await renewal.run();
    expect(renewal.isFresh).toBe(true);
    clock.advance(limits.signInRenewEveryMsMin);
    expect(renewal.isFresh).toBe(false);
  });
});

describe("in the background", () => {
  test("it comes when it is due, and again", async () => {
    dueAt = Date.now() + 60_000;
    renewal.schedule();
    clock.advance(50_000);
    expect(asked).toBe(0);
    clock.advance(10_000);
    expect(asked).toBe(1);
    dueAt = Date.now() + 60_000;
    await turn();
    clock.advance(60_000);
    expect(asked).toBe(2);
  });

  test("one that failed is tried again when its time has passed", async () => {
    outcome = () => Promise.reject(new Error("down"));
    dueAt = Date.now();
    renewal.schedule();
    clock.advance(1);
    await turn();
    expect(asked).toBe(1);
    clock.advance(limits.signInRetryMsMin + 1);
    await turn();
    expect(asked).toBe(2);
  });

  test("a token without a life is not renewed in a loop", async () => {
    dueAt = Date.now() - 1_000;
    renewal.schedule();
    for (let turns = 0; turns < 20; turns += 1) {
      clock.advance(limits.signInRenewGapMs / 10);
      await turn();
    }
    expect(asked).toBe(2);
    expect(renewal.isJustDone).toBe(true);
    clock.advance(limits.signInRenewGapMs / 2);
    expect(renewal.isJustDone).toBe(false);
  });

  test("an end that is months away is waited for in pieces", () => {
    dueAt = Date.now() + 100 * 24 * 3_600_000;
    renewal.schedule();
    clock.advance(2 ** 31);
    expect([asked, clock.pendingTimers]).toEqual([0, 1]);
  });

  test("nothing is left at the end", () => {
    dueAt = Date.now() + 60_000;
    renewal.schedule();
    renewal.end();
    renewal.schedule();
    expect(clock.pendingTimers).toBe(0);
  });
});
