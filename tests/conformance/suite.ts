/** Runs scenarios of the official suite, one process each, and reads what it found. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow, runProgram } from "../support/run-program.ts";
import { tempDir } from "../support/temp-dir.ts";
import { programs } from "../support/third-party.ts";

export interface ScenarioResult {
  readonly scenario: string;
  readonly passed: number;
  readonly failed: number;
  readonly warnings: readonly string[];
  /** Why it failed; empty when it passed. */
  readonly faults: readonly string[];
  readonly durationMs: number;
}

interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "INFO";
  readonly errorMessage?: string;
}

const scenarioTimeoutMs = 45_000;

/** The server scenarios the installed suite has, in its order. */
export async function listServerScenarios(): Promise<string[]> {
  const text = await runOrThrow([process.execPath, programs.conformance, "list", "--server"]);
  const scenarios = (text.split("Client scenarios")[0] ?? "").matchAll(/^ {2}- (\S+)/gmu);
  return Array.from(scenarios, ([, name]) => name ?? "");
}

/**
 * One after the other: a stdio server's log lines name no call, so with two clients calling at once their owner
 * is unknown and the gateway rightly passes them to nobody.
 */
export async function* runScenarios(
  scenarios: readonly string[],
  url: string,
): AsyncGenerator<ScenarioResult> {
  for (const scenario of scenarios) yield await runScenario(scenario, url);
}

async function runScenario(scenario: string, url: string): Promise<ScenarioResult> {
  using output = tempDir("conf");
  const startedAtMs = performance.now();
  const command = [
    process.execPath,
    programs.conformance,
    "server",
    "--url",
    url,
    "--scenario",
    scenario,
    "-o",
    output.path,
  ];
  const { stdout, stderr, signal } = await runProgram(command, {
    environment: { HOME: output.path },
    timeoutMs: scenarioTimeoutMs,
  });
  const durationMs = Math.round(performance.now() - startedAtMs);
  const checks = readChecks(output.path);
  if (checks === undefined) {
    const why = signal === null ? "the suite wrote no result" : `no result within ${scenarioTimeoutMs} ms`;
    return {
      scenario,
      passed: 0,
      failed: 1,
      warnings: [],
      faults: [`${why}: ${`${stdout}${stderr}`.slice(-500)}`],
      durationMs,
    };
  }
  const having = (status: Check["status"]): Check[] => checks.filter((check) => check.status === status);
  const told = (check: Check): string => `${check.id}: ${check.errorMessage ?? "no reason given"}`;
  const failures = having("FAILURE");
  const passed = having("SUCCESS").length;
  const faults = checks.length === 0 ? ["the suite checked nothing"] : failures.map(told);
  return {
    scenario,
    passed,
    failed: failures.length,
    warnings: having("WARNING").map(told),
    faults,
    durationMs,
  };
}

/** The suite writes `<something>/checks.json`. */
function readChecks(directory: string): readonly Check[] | undefined {
  for (const entry of readdirSync(directory)) {
    const path = join(directory, entry, "checks.json");
    if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as Check[]; // The pinned suite's own format.
  }
  return undefined;
}
