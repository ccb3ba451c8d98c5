/** Runs the scenarios: targets side by side and in turn, so that what disturbs the machine disturbs them alike. */
import { type Group, groups, type Scenario, takesStart } from "./plan.ts";
import type { Recorder } from "./report/recorder.ts";
import { growth, growthName, growths } from "./scenarios/growth.ts";
import { joined, type Measured, type Sizes, said, sizesOfTurn } from "./scenarios/scenario.ts";
import { starts } from "./scenarios/starts.ts";
import { makeDirectory, startTarget, type Target, type TargetKind } from "./targets/target.ts";

export interface Run {
  readonly kinds: readonly TargetKind[];
  readonly scenarios: readonly string[];
  readonly sizes: Sizes;
  readonly recorder: Recorder;
  readonly say: (text: string) => void;
}

interface Started extends AsyncDisposable {
  readonly target: Target;
}

export async function measureGroups(run: Run, round: number): Promise<void> {
  for (const group of groups) {
    const scenarios = group.scenarios.filter(({ id }) => run.scenarios.includes(id));
    if (scenarios.length === 0) continue;
    const kinds = rotated(run.kinds.filter(group.takes), round);
    if (group.isAlone === true)
      for (const kind of kinds) await measureSideBySide(run, group, [kind], scenarios);
    else await measureSideBySide(run, group, kinds, scenarios);
  }
}

async function measureSideBySide(
  run: Run,
  group: Group,
  kinds: readonly TargetKind[],
  scenarios: readonly Scenario[],
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const targets: Target[] = [];
  for (const kind of kinds) {
    const started = await startOrSay(run, kind, group);
    if (started !== undefined) targets.push(stack.use(started).target);
  }
  const [first] = scenarios;
  if (first !== undefined && group.isAlone !== true)
    for (const target of targets) await warmUp(first, target, run.sizes);
  for (const scenario of scenarios)
    for (const [target, measured] of await measureAll(scenario, targets, run.sizes))
      run.recorder.add(target.kind.id, measured);
}

/** What goes wrong here goes wrong again where it counts. */
async function warmUp(scenario: Scenario, target: Target, sizes: Sizes): Promise<void> {
  const endMs = performance.now() + sizes.warmupMs;
  while (performance.now() < endMs) {
    const { errors } = await measureOne(scenario, target, sizesOfTurn(sizes));
    if (errors.length > 0) return;
  }
}

async function measureAll(
  scenario: Scenario,
  targets: readonly Target[],
  sizes: Sizes,
): Promise<ReadonlyMap<Target, Measured>> {
  const turns = scenario.inTurns === true ? sizes.turns : 1;
  const each = turns === 1 ? sizes : sizesOfTurn(sizes);
  const measured = new Map(targets.map((target): [Target, Measured[]] => [target, []]));
  for (let turn = 0; turn < turns; turn += 1)
    for (const target of rotated(targets, turn))
      measured.get(target)?.push(await measureOne(scenario, target, each));
  return new Map([...measured].map(([target, all]) => [target, joined(all)]));
}

async function measureOne({ id, measure }: Scenario, target: Target, sizes: Sizes): Promise<Measured> {
  try {
    return await measure(target, sizes);
  } catch (error) {
    return { values: {}, errors: [`${id}: ${said(error)}`] };
  }
}

async function startOrSay(run: Run, kind: TargetKind, { options }: Group): Promise<Started | undefined> {
  const directory = makeDirectory();
  try {
    const target = await startTarget(kind, options, directory.path);
    return {
      target,
      [Symbol.asyncDispose]: async () => {
        await target.stop();
        directory.remove();
      },
    };
  } catch (error) {
    directory.remove();
    couldNotRun(run, kind, `with ${options.backends} backends of ${options.tools} tools`, error);
    return undefined;
  }
}

export async function measureStarts(run: Run): Promise<void> {
  if (!run.scenarios.includes("start")) return;
  for (const backends of run.sizes.startCounts) {
    for (const kind of run.kinds.filter((candidate) => takesStart(candidate, backends))) {
      try {
        run.recorder.add(kind.id, await starts(kind, backends, run.sizes.withFirstStart));
      } catch (error) {
        couldNotRun(run, kind, `start with ${backends} backends`, error);
      }
    }
  }
}

/** Once, not in each round: the small case beside each large one is measured slice by slice in turn. */
export async function measureGrowth(run: Run): Promise<void> {
  const kind = run.kinds.find(({ id }) => id === "gateway-sse");
  if (!run.scenarios.includes("growth") || kind === undefined) return;
  for (const large of growths) {
    run.say(`growth: ${growthName(large)}`);
    try {
      run.recorder.add(kind.id, await growth(kind, large, run.sizes));
    } catch (error) {
      couldNotRun(run, kind, growthName(large), error);
    }
  }
}

function couldNotRun(run: Run, kind: TargetKind, what: string, error: unknown): void {
  run.say(`${kind.label}, ${what}: ${said(error)}`);
  run.recorder.couldNotRun(kind.id, `${what}: ${said(error)}`);
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
