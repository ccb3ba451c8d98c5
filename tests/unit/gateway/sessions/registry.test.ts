import { describe, expect, test } from "bun:test";
import { Log, limits, ManualClock } from "@mcp-gateway/kit";
import { SessionRegistry } from "../../../../apps/gateway/src/sessions/registry.ts";

function registry(sessions = 10) {
  const clock = new ManualClock();
  const ended: string[] = [];
  const made = new SessionRegistry({
    clock,
    log: new Log("test", "critical", undefined),
    limits: { sessions, sessionIdleMs: 60_000 },
    onEnded: (session) => ended.push(session.id),
  });
  return { clock, ended, made };
}

describe("the session table", () => {
  test("finds a session only on the front and the face it was made on", () => {
    const { made } = registry();
    const session = made.open("streamable", "a");
    expect(made.find(session.id, "streamable", "a")).toBe(session);
    expect(made.find(session.id, "streamable", undefined)).toBeUndefined();
    expect(made.find(session.id, "streamable", "b")).toBeUndefined();
    expect(made.find(session.id, "sse", "a")).toBeUndefined();
  });

  test("ends a client that went away without a word, once it is idle", () => {
    const { clock, ended, made } = registry();
    const session = made.open("streamable", undefined);
    session.isInitialized = true;
    clock.advance(59_000);
    made.sweep();
    expect(ended).toEqual([]);
    clock.advance(2_000);
    made.sweep();
    expect(ended).toEqual([session.id]);
    expect(made.size).toBe(0);
  });

  test("never ends a session with a call in flight", () => {
    const { clock, ended, made } = registry();
    const session = made.open("streamable", undefined);
    session.inFlight.set(1, { cancel: () => {} });
    clock.advance(600_000);
    made.sweep();
    expect(ended).toEqual([]);
  });

  test("when full makes room by ending the longest idle, and refuses when all are fresh", () => {
    const { clock, ended, made } = registry(2);
    const oldest = made.open("streamable", undefined);
    clock.advance(1_000);
    made.open("streamable", undefined);
    expect(() => made.open("streamable", undefined)).toThrow("as many sessions");
    clock.advance(limits.sessionSweepMs + 1);
    made.open("streamable", undefined);
    expect(ended).toEqual([oldest.id]);
    expect(made.size).toBe(2);
  });

  test("cancels what is in flight when a session ends", () => {
    const { made } = registry();
    const session = made.open("streamable", undefined);
    const reasons: string[] = [];
    session.inFlight.set("x", { cancel: (reason) => reasons.push(reason) });
    made.end(session, "gone");
    made.end(session, "twice");
    expect(reasons).toEqual(["gone"]);
  });
});
