import { describe, expect, test } from "bun:test";
import { isChainIntact, type ProcessTable, watchedAncestors } from "../../../apps/cli/src/ancestors.ts";

/** pid → [parent, command line] */
function tableOf(processes: Readonly<Record<number, readonly [number, string]>>): ProcessTable {
  return { parentOf: (pid) => processes[pid]?.[0], commandOf: (pid) => processes[pid]?.[1] ?? "" };
}

const byScript = { npm_lifecycle_event: "start" };
const launcher = "bun apps/cli/src/bootstrap.ts up";

describe("the processes whose end is ours too", () => {
  test("are all of them up to npx", () => {
    const table = tableOf({
      50: [40, launcher],
      40: [30, "bun run start"],
      30: [20, "sh -c 'bun' run start"],
      20: [10, "npm exec bun@1.4.5 run start"],
      10: [1, "bash"],
    });
    expect(watchedAncestors(byScript, 50, table)).toEqual([40, 30, 20]);
  });

  test("are only `bun run` when a shell started that", () => {
    const table = tableOf({
      50: [40, launcher],
      40: [30, "/usr/bin/bun run start"],
      30: [1, "sh -c bun run start &"],
    });
    expect(watchedAncestors(byScript, 50, table)).toEqual([40]);
  });

  test("are the shell too when npm runs the script by one", () => {
    const table = tableOf({ 50: [40, launcher], 40: [30, `sh -c ${launcher}`], 30: [1, "npm run start"] });
    expect(watchedAncestors(byScript, 50, table)).toEqual([40, 30]);
  });

  test("are none when we were started by hand, whatever the environment has", () => {
    const table = tableOf({ 50: [40, launcher], 40: [1, "bash"] });
    expect(watchedAncestors({}, 50, table)).toEqual([]);
    expect(watchedAncestors(byScript, 50, table)).toEqual([]);
    const underTests = tableOf({ 50: [40, launcher], 40: [30, "bun test tests"], 30: [1, "bash"] });
    expect(watchedAncestors({ npm_lifecycle_event: "test" }, 50, underTests)).toEqual([]);
  });

  test("are noticed when one has gone and the child got another parent", () => {
    const chain = [40, 30, 20];
    const intact = { 50: [40, ""], 40: [30, ""], 30: [20, ""], 20: [1, ""] } as const;
    expect(isChainIntact(chain, 50, tableOf(intact))).toBe(true);
    expect(isChainIntact(chain, 50, tableOf({ ...intact, 30: [1, ""] }))).toBe(false);
    expect(isChainIntact(chain, 50, tableOf({ ...intact, 50: [1, ""] }))).toBe(false);
    expect(isChainIntact([], 50, tableOf(intact))).toBe(true);
  });
});
