/** What this gateway is meant to reach, and whether it did in this run: a table for people, nothing fails by it. */
import { growthName, growths } from "../scenarios/growth.ts";
import { type Comparison, compared, isWithin } from "./comparison.ts";
import { short } from "./markdown.ts";
import type { Report } from "./recorder.ts";

interface Goal extends Comparison {
  readonly what: string;
  readonly unit: string;
  readonly bar: number;
  readonly aim?: number;
}

const largest = growths.at(-1);
const allGrown = largest === undefined ? "" : growthName(largest);
const manySessions = growths.find(({ sessions, backends }) => sessions === 10_000 && backends === 1);
const sessionsGrown = manySessions === undefined ? "" : growthName(manySessions);

export interface Peers {
  /** Those that merge many servers, as this gateway does. */
  readonly aggregating: readonly string[];
  /** Of these, the ones written in JavaScript or TypeScript. */
  readonly fromNpm: readonly string[];
}

function goals({ aggregating, fromNpm }: Peers): readonly Goal[] {
  const pump = ["pump"];
  const p50 = "call p50 µs";
  const beside = { against: ["direct"], unit: "× direct", bar: 1.1, aim: 1 };
  const rate = { metric: "calls/s", moreIsBetter: true };
  return [
    { what: "call p50, one client", metric: p50, against: pump, unit: "× pump", bar: 1.7, aim: 1.25 },
    { what: "call p50, one client", metric: p50, against: fromNpm, unit: "× fastest npm peer", bar: 0.6 },
    { what: "call p50, one client", metric: p50, against: aggregating, unit: "× fastest peer", bar: 0.6 },
    { what: "throughput 16 × 4", ...rate, against: pump, unit: "× pump", bar: 0.55, aim: 0.85 },
    { what: "throughput 16 × 4", ...rate, against: fromNpm, unit: "× fastest npm peer", bar: 4 },
    { what: "throughput 16 × 4", ...rate, against: aggregating, unit: "× fastest peer", bar: 4 },
    { what: "result of 1 MB", metric: "1 MB p50 ms", against: pump, unit: "× pump", bar: 1.6, aim: 1.1 },
    { what: "list of 1,000 tools, as bytes", metric: "list of 1000 p50 ms", ...beside },
    { what: "list of 1,000 tools, read by the client", metric: "list of 1000, read, p50 ms", ...beside },
    ...[1, 10, 30].map(
      (n): Goal => ({
        what: `start to first list, known, ${n} backends`,
        metric: `start, ${n} backends, known ms`,
        against: [],
        unit: "ms",
        bar: 200,
        aim: 100,
      }),
    ),
    ...(
      [
        [fromNpm, "× fastest npm peer"],
        [aggregating, "× fastest peer"],
      ] as const
    ).map(
      ([against, unit]): Goal => ({
        what: "start to all tools, 30 backends, cold",
        metric: "start, 30 backends, cold ms",
        against,
        unit,
        bar: 0.8,
      }),
    ),
    {
      what: "start to all tools, 30 backends, cold",
      metric: "start, 30 backends, cold ms",
      against: pump,
      unit: "× pump",
      bar: 2,
    },
    {
      what: "memory idle, 10 backends, RSS",
      metric: "idle, 10 backends, RSS MB",
      against: [],
      unit: "MB",
      bar: 140,
      aim: 95,
    },
    {
      what: "an idle SSE session at 10,000",
      metric: `${sessionsGrown}: a session KB`,
      against: [],
      unit: "KB",
      bar: 12,
      aim: 6,
    },
    {
      what: `call p50 with ${allGrown}`,
      metric: `${allGrown}: ratio`,
      against: [],
      unit: "× small case",
      bar: 1.3,
      aim: 1.1,
    },
  ];
}

const fronts = [
  ["gateway-mcp", "`/mcp`"],
  ["gateway-sse", "`/sse`"],
  ["gateway-stateless", "stateless"],
] as const;

/** @returns "" when nothing of it was measured */
export function goalTable(report: Report, peers: Peers): string {
  const lines = goals(peers).flatMap((goal) => {
    const cells = fronts.map(([id]) => verdict(report, goal, id));
    if (cells.every((cell) => cell === "")) return [];
    const sign = goal.moreIsBetter === true ? "≥" : "≤";
    const aim = goal.aim === undefined ? "" : `${sign} ${goal.aim}`;
    return [`| ${goal.what} | ${sign} ${goal.bar} ${goal.unit} | ${aim} | ${cells.join(" | ")} |`];
  });
  if (lines.length === 0) return "";
  return [
    "**To reach** (medians of the rounds' ratios; ✓ bar met, ✓✓ aim met, ✗ not met)",
    "",
    `| what | bar | aim | ${fronts.map(([, label]) => label).join(" | ")} |`,
    "|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

function verdict(report: Report, goal: Goal, target: string): string {
  const value = compared(report, goal, target, "round-by-round");
  if (value === undefined) return "";
  const moreIsBetter = goal.moreIsBetter === true;
  if (!isWithin(value, goal.bar, moreIsBetter)) return `${short(value)} ✗`;
  const aimed = goal.aim !== undefined && isWithin(value, goal.aim, moreIsBetter);
  return `${short(value)} ${aimed ? "✓✓" : "✓"}`;
}
