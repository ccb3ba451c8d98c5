/** Puts a service's files where systemd finds them, starts it, and says how that went. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { limits } from "@mcp-gateway/kit";
import { CliError } from "../cli-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { hintsFor } from "../instance.ts";
import { accountFiles, ensureAccount, type FileToWrite, writeOpen } from "./account.ts";
import {
  defaultName,
  managerFlag,
  type ServicePlan,
  serviceUnits,
  unitFileNames,
  variableFiles,
} from "./service-plan.ts";
import { runOrExplain, runTool, systemctl } from "./systemd.ts";
import { isTarget, type UnitState, unitStates } from "./unit-states.ts";
import { madeByUs } from "./unit-text.ts";
import { unitFiles } from "./units.ts";

/** @param units the folder of the manager's units */
export function filesToWrite(plan: ServicePlan, units: string): readonly FileToWrite[] {
  return [
    ...accountFiles(plan),
    ...unitFiles(plan).map(({ name, text }) => ({ path: join(units, name), text })),
  ];
}

/** @throws CliError that says what failed; what was written until then stays */
export async function install(plan: ServicePlan, units: string): Promise<readonly UnitState[]> {
  const files = filesToWrite(plan, units);
  for (const { path } of files) checkOurs(path);
  await ensureAccount(plan);
  for (const file of files) writeOpen(file);
  const names = serviceUnits(plan);
  await removeOthers(plan, units, new Set(files.map(({ path }) => path)));
  await runOrExplain("systemctl daemon-reload", systemctl(plan.scope, "daemon-reload"));
  await runOrExplain("systemctl enable", systemctl(plan.scope, "enable", names.target));
  const all = [names.target, names.supervisor, ...names.gateways];
  await systemctl(plan.scope, "reset-failed", ...all); // Fails where there is nothing to forget.
  const started = await systemctl(plan.scope, "restart", ...all);
  const states = await unitStates(plan.scope, plan.name);
  const bad = states.filter((state) => !isTarget(state) && state.state !== "active");
  if (started.exitCode === 0 && bad.length === 0) return states;
  throw await notStarted(plan, bad, started.stderr);
}

/** A file of somebody else's is not overwritten. */
function checkOurs(path: string): void {
  if (!existsSync(path) || readFileSync(path, "utf8").includes(madeByUs)) return;
  throw new CliError(`${path} is there, and was not made by this command.`, exitCodes.failed, [
    "Move it away, or take another --name.",
  ]);
}

/** With another number of workers the gateway has another unit. */
async function removeOthers(plan: ServicePlan, units: string, kept: ReadonlySet<string>): Promise<void> {
  const wanted = new Set(serviceUnits(plan).gateways);
  const running = await unitStates(plan.scope, plan.name);
  const surplus = running.filter(({ unit }) => /(?:@\d+|^[^@]*)\.service$/.test(unit) && !wanted.has(unit));
  const stopped = surplus.map(({ unit }) => unit).filter((unit) => !unit.endsWith("-supervisor.service"));
  if (stopped.length > 0) await systemctl(plan.scope, "stop", ...stopped);
  for (const name of unitFileNames(plan.name)) {
    const path = join(units, name);
    if (kept.has(path) || !existsSync(path)) continue;
    checkOurs(path);
    rmSync(path);
  }
}

async function notStarted(plan: ServicePlan, bad: readonly UnitState[], stderr: string): Promise<CliError> {
  const unit = bad[0]?.unit ?? serviceUnits(plan).supervisor;
  const lines = await journal(plan, unit);
  const said = lines.length === 0 ? [stderr] : lines;
  const { servers } = variableFiles(plan.variablesDirectory);
  const named = plan.name === defaultName ? [] : ["--name", plan.name];
  const again = ["service restart", ...managerFlag(plan.scope), ...named].join(" ");
  return new CliError(
    [`${unit} is installed, and does not start${why(bad[0])}:`, ...said.map((line) => `  │ ${line}`)].join(
      "\n",
    ),
    exitCodes.startFailed,
    [
      ...(lines.some((line) => line.includes("${"))
        ? [`What \${…} names must stand in ${servers}, as NAME=value`]
        : []),
      `When that is mended: ${hintsFor(undefined).of(again)}`,
    ],
  );
}

function why(state: UnitState | undefined): string {
  return state === undefined || state.result === "success" ? "" : ` (${state.result})`;
}

/** What the processes of the last start said; systemd's own lines tell nothing that is not known. */
async function journal({ scope }: ServicePlan, unit: string): Promise<readonly string[]> {
  const of = scope === "user" ? "--user-unit" : "--unit";
  const count = `--lines=${limits.serviceJournalLinesMax * 4}`;
  const { stdout } = await runTool(["journalctl", of, unit, count, "--output=json", "--quiet", "--no-pager"]);
  const entries = stdout.split("\n").flatMap((line) => readEntry(line));
  const last = entries.findLast(({ run }) => run !== "")?.run;
  const own = entries.filter(({ run, isSystemd }) => run === last && !isSystemd);
  const shown = own.length > 0 ? own : entries.filter(({ isSystemd }) => isSystemd);
  return shown.map(({ text }) => text).slice(-limits.serviceJournalLinesMax);
}

function readEntry(line: string): readonly { run: string; isSystemd: boolean; text: string }[] {
  if (line === "") return [];
  const entry: Readonly<Record<string, unknown>> = JSON.parse(line); // journalctl(1): an object a line.
  const { MESSAGE, _SYSTEMD_INVOCATION_ID, INVOCATION_ID, SYSLOG_IDENTIFIER } = entry;
  if (typeof MESSAGE !== "string") return [];
  const isSystemd = SYSLOG_IDENTIFIER === "systemd";
  const run = isSystemd ? INVOCATION_ID : _SYSTEMD_INVOCATION_ID;
  return [{ run: typeof run === "string" && !isSystemd ? run : "", isSystemd, text: MESSAGE }];
}
