/**
 * The benchmark: `bun run bench`; its options: `bun run bench --help`.
 *
 * All targets stand in front of the same backend and are measured in turn, in one run, several rounds; figures are
 * medians, and what counts are the ratios. Every answer is checked.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { measureGroups, measureGrowth, measureStarts, type Run } from "./measure.ts";
import { type Options, readOptions } from "./options.ts";
import { chosenScenarios, scenarioIds, targetsNotInQuick } from "./plan.ts";
import { failures } from "./report/gates.ts";
import { goalTable } from "./report/goals.ts";
import { machineLine, thisMachine } from "./report/machine.ts";
import { tables } from "./report/markdown.ts";
import { Recorder } from "./report/recorder.ts";
import { fullSizes, quickSizes } from "./scenarios/scenario.ts";
import { aggregatingPeers, allRows, ownKinds } from "./targets/all.ts";
import { type Peer, peers } from "./targets/peers.ts";
import type { TargetKind } from "./targets/target.ts";
import { warmCache } from "./targets/warm-cache.ts";

const help = `bun run bench [--rounds N] [--scenario A,B] [--target A,B] [--no-peers] [--json FILE] [--quick]

scenarios: ${scenarioIds.join(", ")}
targets:   ${allRows.map(({ id }) => id).join(", ")}

--quick is the short form for CI: no peers, few rounds, and exit code 1 when an answer was wrong or a ratio is far off.`;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.wantsHelp) {
    say(help);
    return 0;
  }
  const unknown = unknownNames(options);
  if (unknown.length > 0) {
    say(`there is no ${unknown.join(", ")}\n\n${help}`);
    return 2;
  }
  const recorder = new Recorder();
  const run: Run = {
    kinds: chosenKinds(options, recorder),
    scenarios: chosenScenarios(options.scenarios, options.isQuick),
    sizes: options.isQuick ? quickSizes : fullSizes,
    recorder,
    say,
  };
  const startedMs = performance.now();
  const cold = await warmCache(run.kinds);
  if (cold !== undefined) say(cold);
  for (let round = 1; round <= options.rounds; round += 1) {
    say(
      `round ${round} of ${options.rounds}, after ${Math.round((performance.now() - startedMs) / 1_000)} s`,
    );
    await measureGroups(run, round);
    await measureStarts(run);
  }
  await measureGrowth(run);
  return conclude(options, run, performance.now() - startedMs);
}

function unknownNames({ scenarios, targets }: Options): string[] {
  const ids = allRows.map(({ id }) => id);
  return [
    ...scenarios.filter((id) => !scenarioIds.includes(id)).map((id) => `scenario ${id}`),
    ...targets.filter((id) => !ids.includes(id)).map((id) => `target ${id}`),
  ];
}

/** A peer that cannot be had here is said to be so. */
function chosenKinds({ targets, withPeers, isQuick }: Options, recorder: Recorder): readonly TargetKind[] {
  const isChosen = ({ id }: TargetKind): boolean =>
    targets.length === 0 ? !(isQuick && targetsNotInQuick.includes(id)) : targets.includes(id);
  const wanted: readonly Peer[] = withPeers || targets.length > 0 ? peers.filter(isChosen) : [];
  const installed = wanted.filter((peer) => {
    try {
      peer.install.ensure();
      return true;
    } catch (error) {
      recorder.couldNotRun(peer.id, error instanceof Error ? error.message : String(error));
      return false;
    }
  });
  return [...ownKinds.filter(isChosen), ...installed];
}

function conclude({ rounds, isQuick, jsonFile }: Options, { recorder }: Run, elapsedMs: number): number {
  const report = recorder.report();
  const machine = thisMachine();
  say(`\n${machineLine(machine)}`);
  say(
    `medians of ${rounds} rounds, in brackets the least and the most; × against the byte pump of the same run\n`,
  );
  say(tables(report, allRows));
  const goals = goalTable(report, aggregatingPeers);
  if (goals !== "") say(`\n${goals}`);
  const file =
    jsonFile ?? join(import.meta.dir, "results", `local-${isQuick ? "quick-" : ""}${machine.commit}.json`);
  mkdirSync(dirname(file), { recursive: true });
  const at = new Date().toISOString();
  writeFileSync(
    file,
    `${JSON.stringify({ machine, at, rounds, elapsedMs: Math.round(elapsedMs), ...report }, null, 2)}\n`,
  );
  say(`\n${Math.round(elapsedMs / 1_000)} s; ${file}`);
  const failed = failures(
    report,
    ownKinds.map(({ id }) => id),
  );
  for (const failure of failed) say(`FAILED ${failure}`);
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = await main();
