import { describe, expect, test } from "bun:test";
import { judgeProgress } from "../../../apps/cli/src/operation-progress.ts";
import type { ServerRow } from "../../../apps/cli/src/view/status-model.ts";

const row = (fields: Partial<ServerRow>): ServerRow => ({
  name: "a",
  transport: "stdio",
  state: "ready",
  note: "",
  pid: 1,
  since: 100,
  nextTryAt: null,
  restarts: 0,
  counts: { tools: 3, calls: 0, errors: 0, inFlight: 0 },
  fault: null,
  warnings: [],
  ...fields,
});
const fault = (at: number) => ({
  stage: "startup",
  message: "broken",
  remedy: "mend it",
  at,
  stderrTail: [],
});

describe("a restart", () => {
  test("is not done while the row shows how it was before", () => {
    expect(judgeProgress("restart", row({}), row({}), 200).kind).toBe("pending");
    expect(judgeProgress("restart", row({}), row({ state: "starting", since: 210 }), 200).kind).toBe(
      "pending",
    );
    expect(judgeProgress("restart", row({}), row({ since: 250 }), 200)).toEqual({ kind: "ready", tools: 3 });
  });

  test("has failed with a new fault, not with the one from before", () => {
    const before = row({ state: "failed", fault: fault(50) });
    expect(
      judgeProgress("restart", before, row({ state: "starting", since: 210, fault: fault(50) }), 200).kind,
    ).toBe("pending");
    const now = row({ state: "backing-off", since: 260, fault: fault(260) });
    expect(judgeProgress("restart", before, now, 200)).toEqual({
      kind: "failed",
      stage: "startup",
      message: "broken",
      remedy: "mend it",
    });
  });
});

describe("a start and a stop", () => {
  test("are done when it is so", () => {
    expect(judgeProgress("start", row({}), row({}), 200).kind).toBe("ready");
    expect(judgeProgress("stop", row({}), row({}), 200).kind).toBe("pending");
    expect(judgeProgress("stop", row({}), row({ state: "stopped" }), 200).kind).toBe("stopped");
    expect(judgeProgress("start", undefined, undefined, 200).kind).toBe("pending");
  });
});
