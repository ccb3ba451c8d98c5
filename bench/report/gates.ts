/**
 * What the short form fails on: gross regressions. Ratios to what the same run measured, never times, and of the best
 * round each: noise makes some rounds worse, a regression all of them. The bounds are two to three times what is
 * usual.
 */
import { type Comparison, compared, isWithin } from "./comparison.ts";
import type { Report } from "./recorder.ts";

interface Gate extends Comparison {
  readonly bound: number;
}

const pump = ["pump"];

const gates: readonly Gate[] = [
  { metric: "call p50 µs", against: pump, bound: 4 },
  { metric: "calls/s", against: pump, moreIsBetter: true, bound: 0.2 },
  { metric: "CPU µs/call", against: pump, bound: 8 },
  { metric: "1 MB p50 ms", against: pump, bound: 3.5 },
  { metric: "list of 1000 p50 ms", against: ["direct"], bound: 4 },
  { metric: "start, 1 backends, cold ms", against: pump, bound: 15 },
  { metric: "start, 30 backends, cold ms", against: pump, bound: 3 },
  { metric: "idle, 10 backends, RSS MB", against: pump, bound: 7 },
];

const fronts = ["gateway-sse", "gateway-mcp", "gateway-stateless"];

/** @returns a sentence for each failure: none means that the run is good */
export function failures(report: Report, ownIds: readonly string[]): readonly string[] {
  return [
    ...ownIds.flatMap((id) => {
      const errors = report.errors[id];
      return errors === undefined ? [] : [`${id}: ${errors.count} wrong answers: ${errors.first}`];
    }),
    ...ownIds.flatMap((id) => (report.notRun[id] === undefined ? [] : [`${id}: ${report.notRun[id]}`])),
    ...gates.flatMap((gate) => fronts.flatMap((id) => failureOf(report, gate, id))),
    ...neverRecovered(report),
  ];
}

function failureOf(report: Report, gate: Gate, target: string): readonly string[] {
  const ratio = compared(report, gate, target, "best-rounds");
  const moreIsBetter = gate.moreIsBetter === true;
  if (ratio === undefined || isWithin(ratio, gate.bound, moreIsBetter)) return [];
  const sign = moreIsBetter ? "at least" : "at most";
  return [
    `${target}: ${gate.metric} is ${ratio.toFixed(2)} × ${gate.against.join(", ")}, must be ${sign} ${gate.bound} ×`,
  ];
}

function neverRecovered({ figures }: Report): readonly string[] {
  const row = figures["killed backend, recovery ms"] ?? {};
  return fronts.flatMap((id) =>
    row[id]?.values.some(Number.isNaN) === true
      ? [`${id}: calls did not succeed again after a backend was killed`]
      : [],
  );
}
