/** Compares what was found with what is known to fail, tells people, and counts. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { say } from "../support/say.ts";
import type { ScenarioResult, Side, SuiteName } from "./suites.ts";
import type { Backend } from "./targets.ts";

interface KnownFailure {
  readonly suite: SuiteName;
  /** Only with this backend. */
  readonly backend?: Backend;
  readonly scenarios: readonly string[];
  readonly reason: string;
}

// The file is ours and beside this one; a wrong shape shows at the first use.
const known = Bun.YAML.parse(readFileSync(join(import.meta.dir, "expected-failures.yaml"), "utf8")) as Record<
  Side,
  readonly KnownFailure[]
>;

/** Why each scenario is known to fail there. */
export function knownFailures(side: Side, suite: SuiteName, backend?: Backend): ReadonlyMap<string, string> {
  const here = known[side].filter(
    (entry) => entry.suite === suite && (entry.backend === undefined || entry.backend === backend),
  );
  return new Map(
    here.flatMap(({ scenarios, reason }) => scenarios.map((one) => [one, reason.trim()] as const)),
  );
}

export class Tally {
  #passed = 0;
  #failed = 0;

  /** One line for all, one for each scenario that is not simply passed, and one for those known to fail. */
  take(title: string, results: readonly ScenarioResult[], expected: ReadonlyMap<string, string>): void {
    const lines = results.flatMap((result) => this.#judge(result, expected.get(result.scenario)));
    for (const reason of new Set(expected.values())) {
      const here = results.filter(
        ({ scenario, faults }) => faults.length > 0 && expected.get(scenario) === reason,
      );
      if (here.length > 0) lines.push(`known  ${here.map(({ scenario }) => scenario).join(", ")}: ${reason}`);
    }
    const stale = [...expected.keys()].filter((name) => !results.some(({ scenario }) => scenario === name));
    for (const name of stale) {
      this.#failed += 1;
      lines.push(`STALE  ${name} is no scenario of this run: remove it from expected-failures.yaml`);
    }
    const passed = results.filter(({ faults }) => faults.length === 0).length;
    const checks = results.reduce((sum, result) => sum + result.passed, 0);
    say([`${title}: ${passed} of ${results.length} scenarios pass, ${checks} checks`, ...lines].join("\n  "));
  }

  /** The last line, the totals for who counts all suites, and the exit code. */
  end(name: string): void {
    const totals = { passed: this.#passed, failed: this.#failed };
    say(`${name}: ${totals.passed} passed, ${totals.failed} failed`);
    const file = process.env["MGW_TOTALS_FILE"];
    if (file !== undefined) writeFileSync(file, JSON.stringify(totals));
    process.exitCode = totals.failed === 0 ? 0 : 1;
  }

  /** A known failure counts as passed as long as it fails. */
  #judge({ scenario, faults, warnings }: ScenarioResult, reason: string | undefined): readonly string[] {
    const hasFailed = faults.length > 0;
    if (hasFailed === (reason !== undefined)) this.#passed += 1;
    else this.#failed += 1;
    const warned = warnings.map((warning) => `warn   ${scenario}: ${warning}`);
    if (hasFailed && reason !== undefined) return warned;
    if (hasFailed) return [`FAIL   ${scenario}`, ...faults.map((fault) => `       ${fault}`), ...warned];
    if (reason === undefined) return warned;
    return [`STALE  ${scenario} passes: remove it from expected-failures.yaml`, ...warned];
  }
}

/** Runs the jobs, so many at once. */
export async function inParallel(jobs: readonly (() => Promise<void>)[], atOnce: number): Promise<void> {
  const waiting = jobs.values();
  const work = async (): Promise<void> => {
    for (const job of waiting) await job();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
