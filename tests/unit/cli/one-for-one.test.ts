import { describe, expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import {
  describeExit,
  type EndHistory,
  judgeExit,
  type ProcessExit,
} from "../../../apps/cli/src/one-for-one.ts";

const killed: ProcessExit = { name: "gateway", exitCode: null, signal: "SIGKILL", isFirst: false };

describe("a process that ended", () => {
  test("ends the start when its first start failed for a lasting reason", () => {
    for (const exitCode of [2, 3, 4]) {
      const verdict = judgeExit([], { name: "gateway", exitCode, signal: null, isFirst: true }, 0, 0.5, 2);
      expect(verdict).toEqual({ kind: "start-failed", exitCode });
    }
  });

  test("leaves it to the launcher to tell what is wrong with a configuration", () => {
    const exit = { name: "supervisor", exitCode: 5, signal: null } as const;
    expect(judgeExit([], { ...exit, isFirst: true }, 0, 0.5, 2)).toEqual({ kind: "config-faulty" });
    expect(judgeExit([], { ...exit, isFirst: false }, 0, 0.5, 2).kind).toBe("restart");
    expect(describeExit(exit)).toContain("configuration has faults");
  });

  test("is started again when the same happens later, or when it crashed", () => {
    expect(
      judgeExit([], { name: "gateway", exitCode: 3, signal: null, isFirst: false }, 0, 0.5, 2).kind,
    ).toBe("restart");
    expect(
      judgeExit([], { name: "supervisor", exitCode: 70, signal: null, isFirst: true }, 0, 0.5, 2).kind,
    ).toBe("restart");
    expect(
      judgeExit([], { name: "supervisor", exitCode: 0, signal: null, isFirst: true }, 0, 0.5, 2).kind,
    ).toBe("restart");
  });

  test("waits longer each time, and not because the other one ended", () => {
    let history: EndHistory = [];
    const delays: number[] = [];
    for (let end = 0; end < 4; end += 1) {
      const verdict = judgeExit(history, killed, end * 10, 0.5, 2);
      if (verdict.kind !== "restart") throw new Error(verdict.kind);
      history = verdict.history;
      delays.push(verdict.delayMs);
    }
    const min = limits.processRestartDelayMsMin;
    expect(delays).toEqual([min, min * 2, min * 4, min * 8]);
    const other = judgeExit(history, { ...killed, name: "supervisor" }, 50, 0.5, 2);
    expect(other).toMatchObject({ kind: "restart", delayMs: min });
  });

  test("is given up when all together end too often within the window", () => {
    let history: EndHistory = [];
    for (let end = 0; end < limits.restartsPerProcessMax * 2; end += 1) {
      const name = end % 2 === 0 ? "gateway" : "supervisor";
      const verdict = judgeExit(history, { ...killed, name }, end, 0.5, 2);
      if (verdict.kind !== "restart") throw new Error(`${verdict.kind} after ${end}`);
      history = verdict.history;
    }
    expect(judgeExit(history, killed, 100, 0.5, 2)).toEqual({
      kind: "give-up",
      ends: limits.restartsPerProcessMax * 2 + 1,
    });
    expect(judgeExit(history, killed, 100, 0.5, 3).kind).toBe("restart");
    expect(judgeExit(history, killed, limits.processRestartWindowMs + 100, 0.5, 2)).toMatchObject({
      kind: "restart",
      delayMs: limits.processRestartDelayMsMin,
    });
  });

  test("is described in one clause", () => {
    expect(describeExit(killed)).toBe("gateway ended by SIGKILL");
    expect(describeExit({ name: "supervisor", exitCode: 70, signal: null })).toBe(
      "supervisor ended with code 70",
    );
    expect(describeExit({ name: "supervisor", exitCode: 0, signal: null })).toBe(
      "supervisor ended by itself",
    );
  });
});
