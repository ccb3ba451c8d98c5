import { describe, expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import {
  decideRestart,
  freshHistory,
  noteStart,
  type RestartHistory,
} from "../../../../apps/supervisor/src/restart.ts";

const program = { mode: "always", local: true } as const;
const remote = { mode: "always", local: false } as const;

describe("the restart policy", () => {
  test("delays double from 250 ms to 30 s, spread by 20 %", () => {
    let history: RestartHistory = freshHistory;
    const delays: number[] = [];
    for (let attempt = 0; attempt < 10; attempt++) {
      const decision = decideRestart(remote, history, { clean: false }, attempt * 1e6, 0.5);
      if (decision.kind !== "retry") throw new Error(decision.kind);
      delays.push(decision.delayMs);
      history = decision.history;
    }
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    expect(decideRestart(remote, freshHistory, { clean: false }, 0, 0)).toMatchObject({ delayMs: 200 });
    expect(decideRestart(remote, freshHistory, { clean: false }, 0, 0.999999)).toMatchObject({
      delayMs: 300,
    });
  });

  test("a forgotten session is renewed at once, but not twice in a row", () => {
    const atOnce = { clean: false, atOnce: true };
    const first = decideRestart(remote, freshHistory, atOnce, 0, 0.5);
    expect(first).toMatchObject({ kind: "retry", delayMs: 0 });
    if (first.kind !== "retry") throw new Error(first.kind);
    expect(decideRestart(remote, first.history, atOnce, 10, 0.5)).toMatchObject({ delayMs: 500 });
    expect(decideRestart({ mode: "never", local: false }, freshHistory, atOnce, 0, 0.5).kind).toBe("ended");
  });

  test("a program that was started five times within a minute has failed, and is tried every five minutes", () => {
    let history: RestartHistory = freshHistory;
    const kinds: string[] = [];
    for (let start = 0; start < 7; start++) {
      history = noteStart(history, start * 1000);
      const decision = decideRestart(program, history, { clean: false }, start * 1000 + 10, 0.5);
      kinds.push(decision.kind);
      if (decision.kind !== "ended") history = decision.history;
    }
    expect(kinds).toEqual(["retry", "retry", "retry", "retry", "failed", "failed", "failed"]);
    const slow = decideRestart(program, noteStart(history, 1e9), { clean: false }, 1e9 + 10, 0.5);
    expect(slow).toMatchObject({ kind: "failed", delayMs: limits.restartFailedEveryMs });
  });

  test("starts that are further apart than the window do not count together", () => {
    let history: RestartHistory = freshHistory;
    for (let start = 0; start < 20; start++) {
      const nowMs = start * limits.restartWindowMs * 0.3;
      history = noteStart(history, nowMs);
      const decision = decideRestart(program, history, { clean: false }, nowMs + 1, 0.5);
      expect(decision.kind).toBe("retry");
      if (decision.kind === "retry") history = decision.history;
    }
  });

  test("a remote address is never given up", () => {
    let history: RestartHistory = freshHistory;
    for (let start = 0; start < 50; start++) {
      history = noteStart(history, start);
      const decision = decideRestart(remote, history, { clean: false }, start, 0.5);
      expect(decision.kind).toBe("retry");
      if (decision.kind === "retry") history = decision.history;
    }
  });

  test("`on-failure` takes a clean end for the end, `never` takes every end for it", () => {
    expect(decideRestart({ mode: "on-failure", local: true }, freshHistory, { clean: true }, 0, 0)).toEqual({
      kind: "ended",
      clean: true,
    });
    expect(
      decideRestart({ mode: "on-failure", local: true }, freshHistory, { clean: false }, 0, 0).kind,
    ).toBe("retry");
    expect(decideRestart({ mode: "never", local: true }, freshHistory, { clean: false }, 0, 0)).toEqual({
      kind: "ended",
      clean: false,
    });
    expect(decideRestart(program, freshHistory, { clean: true }, 0, 0).kind).toBe("retry");
  });
});
