/** What our own processes do about the cost of their start, and what nobody else gets to see of it. */
import { describe, expect, test } from "bun:test";
import { withoutStartPolicy, withStartPolicy } from "@mcp-gateway/kit";
import { fileCode } from "../../../packages/kit/src/release-start-code.ts";

const variable = "BUN_JSC_thresholdForJITAfterWarmUp";

describe("the start policy", () => {
  test("is set for our processes and taken away again for others", () => {
    const own: NodeJS.ProcessEnv = withStartPolicy({ A: "1" });
    expect(own).toEqual({ A: "1", [variable]: "10000" });
    expect(withoutStartPolicy(own)).toEqual({ A: "1" });
  });

  test("leaves alone what the user has set", () => {
    const set: NodeJS.ProcessEnv = { [variable]: "7" };
    expect(withStartPolicy(set)).toEqual(set);
    expect(withoutStartPolicy(set)).toEqual(set);
  });
});

test("code of files is told from code made at run time, and from data", () => {
  const maps = [
    "00200000-01000000 r--p 00000000 fe:01 1234  /opt/bun/bun",
    "01000000-05e00000 r-xp 00e00000 fe:01 1234  /opt/bun/bun with space",
    "05e00000-05f00000 rw-p 05c00000 fe:01 1234  /opt/bun/bun",
    "7f0000000000-7f0000400000 rwxp 00000000 00:00 0 ",
    "7f0000400000-7f0000500000 r-xp 00000000 00:00 0 ",
    "7ffd1000-7ffd3000 r-xp 00000000 00:00 0  [vdso]",
  ].join("\n");
  expect(fileCode(maps)).toEqual([{ start: 0x1000000n, end: 0x5e00000n }]);
});
