/** Which scenarios there are, what each needs behind its targets, and which targets take part. */
import { bigResult, latency, throughput } from "./scenarios/calls.ts";
import { killedUnderLoad } from "./scenarios/killed.ts";
import { listing } from "./scenarios/lists.ts";
import { idleMemory, idleSessions } from "./scenarios/memory.ts";
import type { Measured, Sizes } from "./scenarios/scenario.ts";
import type { Target, TargetKind, TargetOptions } from "./targets/target.ts";

export interface Scenario {
  readonly id: string;
  /**
   * Each target has many short turns instead of a long one: a small machine's own speed changes within seconds. Not for
   * megabytes: a turn is short anyway, and the first calls of each find memory given back.
   */
  readonly inTurns?: boolean;
  measure(target: Target, sizes: Sizes): Promise<Measured>;
}

/** Scenarios with the same backends run on the same processes, target after target. */
export interface Group {
  readonly options: TargetOptions;
  readonly scenarios: readonly Scenario[];
  takes(kind: TargetKind): boolean;
  /** One at a time instead of side by side: other processes would disturb what is measured. */
  readonly isAlone?: boolean;
}

const everyone = (): boolean => true;
/** The gateway's fronts are one program: where the front makes no difference it is measured once. */
const notAgain = ["gateway-mcp", "gateway-stateless", "gateway-mcp-workers"];
const oncePerProgram = ({ id }: TargetKind): boolean => !notAgain.includes(id);

export const groups: readonly Group[] = [
  {
    options: { tools: 2, backends: 1 },
    takes: everyone,
    scenarios: [
      { id: "latency", inTurns: true, measure: latency },
      { id: "throughput", measure: throughput },
      {
        id: "big-1",
        measure: (target, sizes) => bigResult(target, 1_000_000, sizes.bigCalls, sizes),
      },
      {
        id: "big-10",
        measure: (target, sizes) => bigResult(target, 10_000_000, Math.ceil(sizes.bigCalls / 4), sizes),
      },
    ],
  },
  ...[1_000, 10_000].map(
    (tools): Group => ({
      options: { tools, backends: 1 },
      takes: everyone,
      scenarios: [
        {
          id: `list-${tools}`,
          inTurns: true,
          measure: (target, sizes) => listing(target, tools, Math.ceil((sizes.lists * 1_000) / tools), sizes),
        },
      ],
    }),
  ),
  {
    options: { tools: 10, backends: 10 },
    takes: (kind) => kind.manyBackends && oncePerProgram(kind),
    isAlone: true,
    scenarios: [
      { id: "memory", measure: (target) => idleMemory(target, 10) },
      { id: "sessions", measure: (target, sizes) => idleSessions(target, sizes.idleSessions) },
    ],
  },
  {
    options: { tools: 2, backends: 1 },
    takes: (kind) => kind.id !== "direct" && kind.id !== "pump" && oncePerProgram(kind),
    isAlone: true,
    scenarios: [{ id: "kill", measure: (target, { killMs }) => killedUnderLoad(target, killMs) }],
  },
];

export function takesStart(kind: TargetKind, backends: number): boolean {
  return oncePerProgram(kind) && (backends === 1 || kind.manyBackends);
}

export const scenarioIds: readonly string[] = [
  ...groups.flatMap(({ scenarios }) => scenarios.map(({ id }) => id)),
  "start",
  "growth",
];

/** Too long, or too heavy, for the short form. */
export const targetsNotInQuick: readonly string[] = ["gateway-mcp-workers"];
const notInQuick = ["list-10000", "big-10", "growth", "sessions"];

export function chosenScenarios(asked: readonly string[], isQuick: boolean): readonly string[] {
  if (asked.length > 0) return asked;
  return isQuick ? scenarioIds.filter((id) => !notInQuick.includes(id)) : scenarioIds;
}
