/**
 * `bun run test`: installs what is missing, runs the suites one after the other, each in a process of its own,
 * and ends with one line, `N passed, N failed`.
 *
 *   bun run test                  tidy, support, unit, property, integration
 *   bun run test --all            those, and matrix, third-party, conformance, conformance-client, cross-talk,
 *                                 fidelity, windows, systemd, chaos, bench (smoke)
 *   bun run test --ci             typecheck and lint, then --all
 *   bun run test --suite chaos    one suite; may be repeated
 *   bun run test -- PATTERN …     further arguments go to `bun test`
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { expectNoneLeft } from "./support/processes.ts";
import { repositoryDirectory } from "./support/repository.ts";
import { runProgram } from "./support/run-program.ts";
import { say } from "./support/say.ts";
import { tempDir } from "./support/temp-dir.ts";
import { ensureThirdParty } from "./support/third-party.ts";

interface Suite {
  readonly name: string;
  /** Arguments after `bun`. A suite of `bun test` counts its tests; any other program counts as one, or says its totals. */
  readonly command: readonly string[];
  /** Nothing to run, nothing to count, when this is absent. */
  readonly needs: string;
  /** Before the suite's process: a Bun that looked for packages before they were installed does not find them later. */
  readonly prepare?: () => Promise<void>;
  readonly timeoutMinutes: number;
}

interface Totals {
  readonly passed: number;
  readonly failed: number;
  /** What this machine could not show; it counts for nothing. */
  readonly skipped: number;
}

const testTimeoutMs = 30_000;

const suites: readonly Suite[] = [
  { name: "typecheck", command: ["run", "typecheck"], needs: "tsconfig.json", timeoutMinutes: 3 },
  { name: "lint", command: ["run", "lint"], needs: "biome.json", timeoutMinutes: 3 },
  { name: "tidy", command: ["test", "./tests/tidy.test.ts"], needs: "tests/tidy.test.ts", timeoutMinutes: 2 },
  { name: "support", command: ["test", "./tests/support/"], needs: "tests/support", timeoutMinutes: 2 },
  { name: "unit", command: ["test", "./tests/unit/"], needs: "tests/unit", timeoutMinutes: 4 },
  { name: "property", command: ["test", "./tests/property/"], needs: "tests/property", timeoutMinutes: 5 },
  {
    name: "integration",
    command: ["test", "./tests/integration/"],
    needs: "tests/integration",
    timeoutMinutes: 8,
  },
  {
    name: "matrix",
    command: ["test", "./tests/requirements/"],
    needs: "tests/requirements",
    timeoutMinutes: 6,
  },
  {
    name: "third-party",
    command: ["test", "./tests/third-party/"],
    needs: "tests/third-party",
    prepare: ensureThirdParty,
    timeoutMinutes: 8,
  },
  {
    name: "conformance",
    command: ["tests/conformance/run.ts"],
    needs: "tests/conformance",
    timeoutMinutes: 6,
  },
  {
    name: "conformance-client",
    command: ["tests/conformance/clients.ts"],
    needs: "tests/conformance/clients.ts",
    timeoutMinutes: 5,
  },
  {
    name: "cross-talk",
    command: ["test", "./tests/cross-talk/"],
    needs: "tests/cross-talk",
    timeoutMinutes: 4,
  },
  { name: "fidelity", command: ["test", "./tests/fidelity/"], needs: "tests/fidelity", timeoutMinutes: 3 },
  { name: "windows", command: ["tests/windows/run.ts"], needs: "tests/windows/run.ts", timeoutMinutes: 8 },
  { name: "systemd", command: ["test", "./tests/systemd/"], needs: "tests/systemd", timeoutMinutes: 4 },
  { name: "chaos", command: ["test", "./tests/chaos/"], needs: "tests/chaos", timeoutMinutes: 6 },
  { name: "bench", command: ["bench/run.ts", "--quick"], needs: "bench/run.ts", timeoutMinutes: 4 },
];
const byDefault = ["tidy", "support", "unit", "property", "integration"];
const withAll = [
  ...byDefault,
  "matrix",
  "third-party",
  "conformance",
  "conformance-client",
  "cross-talk",
  "fidelity",
  "windows",
  "systemd",
  "chaos",
  "bench",
];
const withCi = ["typecheck", "lint", ...withAll];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    ci: { type: "boolean", default: false },
    suite: { type: "string", multiple: true },
    "deadline-minutes": { type: "string", default: "60" },
    help: { type: "boolean", short: "h", default: false },
  },
});

/** In the environment of everything a suite starts; what carries it after the suite's end was left behind. */
const tag = `mgw-run-${randomUUID()}`;
const endAtMs = performance.now() + Number(values["deadline-minutes"]) * 60_000;

async function runSuite(suite: Suite): Promise<Totals> {
  if (!hasSomethingToRun(suite.needs)) return { passed: 0, failed: 0, skipped: 0 };
  try {
    await suite.prepare?.();
  } catch (error) {
    say(`${suite.name} can't be run: ${String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  using output = tempDir("suite");
  const remainingMs = Math.round(
    Math.max(1_000, Math.min(suite.timeoutMinutes * 60_000, endAtMs - performance.now())),
  );
  const isBunTest = suite.command[0] === "test";
  const report = join(output.path, "junit.xml");
  const flags = isBunTest
    ? ["--timeout", String(testTimeoutMs), "--reporter=junit", `--reporter-outfile=${report}`, ...positionals]
    : [];
  const child = Bun.spawn([process.execPath, ...suite.command, ...flags], {
    cwd: repositoryDirectory,
    env: { ...process.env, MGW_RUN_TAG: tag, MGW_TOTALS_FILE: join(output.path, "totals.json") },
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    timeout: remainingMs,
    killSignal: "SIGKILL",
  });
  await child.exited;
  const isOver = child.signalCode !== null;
  if (isOver)
    say(
      `${suite.name} was ended by ${String(child.signalCode)}: it may take ${Math.round(remainingMs / 1_000)} s`,
    );
  const counted = isBunTest ? readJunit(report) : readTotals(join(output.path, "totals.json"));
  const { passed, failed, skipped } = counted ?? {
    passed: child.exitCode === 0 ? 1 : 0,
    failed: 0,
    skipped: 0,
  };
  // A suite that ends badly without naming a failed test has failed all the same.
  return { passed, failed: child.exitCode !== 0 && failed === 0 ? 1 : failed, skipped };
}

/** A folder needs a test in it; anything else needs to be there. */
function hasSomethingToRun(path: string): boolean {
  const whole = join(repositoryDirectory, path);
  if (!existsSync(whole)) return false;
  return (
    !statSync(whole).isDirectory() || new Bun.Glob("**/*.ts").scanSync({ cwd: whole }).next().done !== true
  );
}

/** Counts of a JUnit report's outermost element; undefined when there is none. */
function readJunit(path: string): Totals | undefined {
  if (!existsSync(path)) return undefined;
  const head = /<testsuites\b[^>]*>/u.exec(readFileSync(path, "utf8"))?.[0] ?? "";
  const count = (name: string): number => Number(new RegExp(`\\b${name}="(\\d+)"`, "u").exec(head)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  const skipped = count("skipped");
  return { passed: count("tests") - failed - skipped, failed, skipped };
}

function readTotals(path: string): Totals | undefined {
  if (!existsSync(path)) return undefined;
  // Written by our own runners, of which most skip nothing.
  const { passed, failed, skipped = 0 } = JSON.parse(readFileSync(path, "utf8")) as Partial<Totals>;
  return { passed: passed ?? 0, failed: failed ?? 0, skipped };
}

async function nothingLeft(name: string): Promise<boolean> {
  try {
    await expectNoneLeft(tag);
    return true;
  } catch (error) {
    say(`after ${name}, ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function install(): Promise<boolean> {
  const { code, stdout, stderr } = await runProgram([process.execPath, "install", "--frozen-lockfile"], {
    cwd: repositoryDirectory,
    timeoutMs: 300_000,
  });
  if (code !== 0) say(`bun install ended with ${code}:\n${stdout}${stderr}`);
  return code === 0;
}

async function main(): Promise<number> {
  const chosen = values.suite ?? (values.ci ? withCi : values.all ? withAll : byDefault);
  const unknown = chosen.filter((name) => !suites.some((suite) => suite.name === name));
  if (values.help || unknown.length > 0) {
    if (unknown.length > 0) say(`there is no suite ${unknown.join(", ")}`);
    say(`suites: ${suites.map(({ name }) => name).join(", ")}; options: --all, --ci, --suite NAME`);
    return values.help ? 0 : 2;
  }
  let passed = 0;
  let failed = (await install()) ? 0 : 1;
  const lines: string[] = [];
  for (const suite of failed > 0 ? [] : suites.filter(({ name }) => chosen.includes(name))) {
    say(`\n=== ${suite.name}`);
    const startedAtMs = performance.now();
    const totals = await runSuite(suite);
    const left = (await nothingLeft(suite.name)) ? 0 : 1;
    passed += totals.passed;
    failed += totals.failed + left;
    const skipped = totals.skipped === 0 ? "" : `, ${totals.skipped} skipped`;
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
    lines.push(
      `${suite.name.padEnd(12)} ${totals.passed} pass, ${totals.failed + left} fail${skipped}, ${seconds} s`,
    );
  }
  say(`\n${lines.join("\n")}\n`);
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
