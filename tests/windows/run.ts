/**
 * The servers for Windows, tested on Linux: the real servers in the real bun.exe under Wine 10, driven by a real
 * MCP client that runs there too, because bun.exe can't read a pipe of Linux. `bun tests/windows/run.ts`
 *
 * What it needs it installs by itself, once, into MCP_GATEWAY_WINE_ROOT. Where that can't be, everything but the
 * grammar of the scripts is skipped, loudly. The last line is `N passed, N failed`.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow } from "../support/run-program.ts";
import { say } from "../support/say.ts";
import { type CheckOutcome, outcomeLine, runChecks } from "./checks/check.ts";
import { grammarChecks } from "./grammar.ts";
import type { Report } from "./inside.ts";
import { ensureWineRoot, inRoot, tools, wineImpossible, wineRoot } from "./wine-root.ts";

const packages = join(wineRoot, "packages");
/** Far below what there is; a list that was emptied by mistake would show. */
const hostileInputsMin = 200;

/** From the lock file, into the folder outside the repository: bun.exe has 115 MB. */
async function installPackages(): Promise<void> {
  const lock = readFileSync(join(import.meta.dir, "bun.lock"), "utf8");
  const mark = join(packages, ".installed-lock");
  if (existsSync(mark) && readFileSync(mark, "utf8") === lock) return;
  say("installing bun.exe and the grammar");
  mkdirSync(packages, { recursive: true });
  for (const name of ["package.json", "bun.lock"])
    copyFileSync(join(import.meta.dir, name), join(packages, name));
  const install = ["install", "--frozen-lockfile", "--ignore-scripts", "--os=win32", "--cpu=x64"];
  await runOrThrow([process.execPath, ...install], { cwd: packages, timeoutMs: 300_000 });
  writeFileSync(mark, lock);
}

/** bun.exe and the stand-in for powershell.exe, where Wine sees them. */
async function placePrograms(): Promise<void> {
  const bun = join(packages, "node_modules/@oven/bun-windows-x64-baseline/bin/bun.exe");
  copyFileSync(bun, join(tools, "bun.exe"));
  const standIn = join(import.meta.dir, "stand-in/powershell.ts");
  const target = ["--target=bun-windows-x64-baseline", `--compile-executable-path=${bun}`];
  const out = join(tools, "powershell.exe");
  await runOrThrow([process.execPath, "build", "--compile", ...target, standIn, "--outfile", out]);
}

/** Noise of bun.exe on Wine's file system, a line for each folder it looks into. */
const noise = /directory mismatch for directory|XDG_RUNTIME_DIR is invalid|^$/u;

async function inWine(
  what: "all" | "localized",
  environment: Readonly<Record<string, string>>,
): Promise<Report> {
  const report = join(tools, `${what}.json`);
  const left = join(tools, `${what}.left`);
  for (const path of [report, left]) rmSync(path, { force: true });
  // Linux looks, too: a process of the family that Windows calls gone must not be there.
  const script = `wine 'Z:\\tools\\bun.exe' 'Z:\\repo\\tests\\windows\\inside.ts' 'Z:\\tools\\${what}.json' 'Z:\\tools\\powershell.exe' ${what} || true
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -o 'sleeper[.]ts' > /tools/${what}.left || true`;
  await inRoot(["sh", "-c", script], environment, (line) => {
    if (!noise.test(line)) say(line);
  });
  const outcomes: CheckOutcome[] = [];
  let hostileInputs = 0;
  if (existsSync(report)) {
    const written = JSON.parse(readFileSync(report, "utf8")) as Report; // Written by inside.ts.
    outcomes.push(...written.outcomes);
    hostileInputs = written.hostileInputs;
  } else outcomes.push(outcomeOf(`${what}: the checks in Wine end with a report`, "no report was written"));
  const orphans = existsSync(left) ? readFileSync(left, "utf8").split("\n").filter(Boolean).length : -1;
  outcomes.push(outcomeOf(`${what}: Linux sees no process left`, orphans === 0 ? "" : `${orphans} are left`));
  return { outcomes, hostileInputs };
}

function outcomeOf(name: string, fault: string): CheckOutcome {
  return { name, state: fault === "" ? "passed" : "failed", note: fault, ms: 0 };
}

async function checkAll(): Promise<CheckOutcome[]> {
  await installPackages();
  const tell = (outcome: CheckOutcome): void => say(outcomeLine(outcome));
  const outcomes = await runChecks("grammar", await grammarChecks(packages), tell);
  const impossible = await wineImpossible();
  if (impossible !== undefined) {
    const skipped: CheckOutcome = {
      name: "everything under Wine",
      state: "skipped",
      note: impossible,
      ms: 0,
    };
    say(`\n*** SKIPPED: nothing was tested under Wine, because ${impossible} ***\n`);
    return [...outcomes, skipped];
  }
  await ensureWineRoot();
  await placePrograms();
  const main = await inWine("all", {});
  const localized = await inWine("localized", { LC_ALL: "zh_CN.UTF-8" });
  const enough = main.hostileInputs >= hostileInputsMin ? "" : `only ${main.hostileInputs}`;
  say(`hostile inputs: ${main.hostileInputs}`);
  const counted = outcomeOf(`hostile: at least ${hostileInputsMin} inputs were tried`, enough);
  return [...outcomes, ...main.outcomes, ...localized.outcomes, counted];
}

const startedAtMs = performance.now();
const outcomes = await checkAll();
const of = (state: CheckOutcome["state"]): CheckOutcome[] => outcomes.filter((one) => one.state === state);
const [passed, failed, skipped] = [of("passed"), of("failed"), of("skipped")];
say("");
for (const outcome of [...failed, ...skipped]) say(outcomeLine(outcome));
const totals = process.env["MGW_TOTALS_FILE"];
if (totals !== undefined)
  writeFileSync(
    totals,
    JSON.stringify({ passed: passed.length, failed: failed.length, skipped: skipped.length }),
  );
say(`${skipped.length} skipped, ${Math.round((performance.now() - startedAtMs) / 1_000)} s`);
say(`${passed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
