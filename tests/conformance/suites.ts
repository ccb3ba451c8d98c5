/** The official suite in its two releases: what each demands, and what a run of it found. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow, runProgram } from "../support/run-program.ts";
import { tempDir } from "../support/temp-dir.ts";
import { programs } from "../support/third-party.ts";

/**
 * `0.1.16` is the release whose every scenario counts; its successor holds, for each revision, the list of what an
 * implementation must pass.
 */
export const suiteNames = ["0.1.16", "2025-11-25", "2026-07-28"] as const;
export type SuiteName = (typeof suiteNames)[number];
export type Side = "server" | "client";

export interface ScenarioResult {
  readonly scenario: string;
  readonly passed: number;
  readonly warnings: readonly string[];
  /** Why it failed; empty when it passed. */
  readonly faults: readonly string[];
}

interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "INFO" | "SKIPPED";
  readonly errorMessage?: string;
}

const runTimeoutMs = 120_000;

export function programOf(suite: SuiteName): string {
  return suite === "0.1.16" ? programs.conformance : programs.conformanceStateless;
}

/** The scenarios that count. */
export async function requiredScenarios(suite: SuiteName, side: Side): Promise<readonly string[]> {
  if (suite !== "0.1.16") {
    const path = join(programs.conformanceStateless, "../../requirements", `${suite}.yaml`);
    // The pinned suite's own file.
    const parsed = Bun.YAML.parse(readFileSync(path, "utf8")) as Record<Side, readonly string[]>;
    return parsed[side];
  }
  const text = await runOrThrow([process.execPath, programs.conformance, "list", `--${side}`]);
  const [first = "", second = ""] = text.split("Client scenarios");
  const listed = (side === "server" ? first : second).matchAll(/^ {2}- (\S+)/gmu);
  return Array.from(listed, ([, name]) => name ?? "");
}

/**
 * All scenarios, or some, against the server at this address, one after the other: a stdio server's log lines name no
 * call, so with two clients calling at once they would rightly reach nobody.
 */
export async function runServerSuite(
  suite: SuiteName,
  url: string,
  only: readonly string[] | undefined,
): Promise<readonly ScenarioResult[]> {
  using output = tempDir("conformance");
  const whole = suite === "0.1.16" ? ["--suite", "all"] : ["--requirements", suite];
  const version = suite === "0.1.16" ? [] : ["--spec-version", suite];
  const runs = only === undefined ? [whole] : only.map((scenario) => ["--scenario", scenario, ...version]);
  let said = "";
  for (const which of runs)
    said = await run([programOf(suite), "server", "--url", url, ...which, "-o", output.path]);
  const scenarios = only ?? (await requiredScenarios(suite, "server"));
  return scenarios.map((scenario) => resultOf(scenario, found(output.path, `server-${scenario}`), said));
}

/** One scenario with a client that `command` starts; the suite adds its server's address. */
export async function runClientScenario(
  suite: SuiteName,
  scenario: string,
  command: string,
): Promise<ScenarioResult> {
  using output = tempDir("conformance");
  const version = suite === "0.1.16" ? [] : ["--spec-version", suite];
  const which = ["--scenario", scenario, ...version, "--command", command, "--timeout", "60000"];
  const said = await run([programOf(suite), "client", ...which, "-o", output.path]);
  return resultOf(scenario, found(output.path, scenario), said);
}

/** @returns the end of what it said, for a scenario that left no result */
async function run(command: readonly string[]): Promise<string> {
  using home = tempDir("home");
  const { stdout, stderr, signal } = await runProgram([process.execPath, ...command], {
    environment: { HOME: home.path },
    timeoutMs: runTimeoutMs,
  });
  const end = `${stdout}${stderr}`.slice(-1_500);
  return signal === null ? end : `it was ended after ${runTimeoutMs} ms: ${end}`;
}

/** The suite writes `<scenario>-<time>/checks.json`; a scenario's name may have a slash. */
function found(directory: string, name: string): readonly Check[] | undefined {
  const parent = join(directory, name, "..");
  if (!existsSync(parent)) return undefined;
  const last = name.slice(name.lastIndexOf("/") + 1);
  const folder = readdirSync(parent).find((entry) => new RegExp(`^${last}-\\d{4}-`, "u").test(entry));
  const path = join(parent, folder ?? "none", "checks.json");
  if (folder === undefined || !existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, "utf8")) as Check[]; // The pinned suite's own format.
}

function resultOf(scenario: string, checks: readonly Check[] | undefined, said: string): ScenarioResult {
  if (checks === undefined)
    return { scenario, passed: 0, warnings: [], faults: [`the suite wrote no result: ${said}`] };
  const having = (status: Check["status"]): Check[] => checks.filter((check) => check.status === status);
  const told = (check: Check): string => `${check.id}: ${check.errorMessage ?? "no reason given"}`;
  return {
    scenario,
    passed: having("SUCCESS").length,
    warnings: having("WARNING").map(told),
    faults: checks.length === 0 ? ["the suite checked nothing"] : having("FAILURE").map(told),
  };
}
