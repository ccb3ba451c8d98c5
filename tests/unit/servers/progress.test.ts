/** What a client sees of a command that runs. */
import { describe, expect, test } from "bun:test";
import { type Progress, ProgressReporter } from "../../../servers/shell-core/src/progress.ts";
import { waitFor } from "../../support/wait-for.ts";

describe("progress", () => {
  test("grows with each report, and no character is torn between two", async () => {
    const reports: Progress[] = [];
    const reporter = new ProgressReporter(9_000, (progress) => reports.push(progress));
    const bytes = Buffer.from("一二三");
    reporter.output(bytes.subarray(0, 4));
    await waitFor(() => reports.length === 1);
    reporter.output(bytes.subarray(4));
    await waitFor(() => reports.length === 2);
    reporter.stop();
    expect(reports.map(({ message }) => message)).toEqual(["一", "二三"]);
    expect(reports.every(({ total }) => total === 9_000)).toBe(true);
    expect(reports[1]?.progress).toBeGreaterThan(reports[0]?.progress ?? Number.NaN);
  });

  test("has the end of a flood, at a bounded rate", async () => {
    const reports: Progress[] = [];
    const reporter = new ProgressReporter(9_000, (progress) => reports.push(progress));
    const untilMs = performance.now() + 600;
    let count = 0;
    while (performance.now() < untilMs) {
      for (let i = 0; i < 1_000; i++) reporter.output(Buffer.from(`line ${count++}\n`));
      await Bun.sleep(1);
    }
    await waitFor(() => reports.at(-1)?.message?.endsWith(`line ${count - 1}\n`));
    reporter.stop();
    expect(reports.length).toBeLessThanOrEqual(6);
    for (const { message = "" } of reports) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(2_048);
  });
});
