/** Reports as files. A long run may be made in pieces: each metric stands in one of them, with all its targets. */
import type { Machine } from "./machine.ts";
import type { Report } from "./recorder.ts";
import type { Figure } from "./statistics.ts";

export interface StoredReport extends Report {
  readonly machine: Machine;
  readonly at: string;
  readonly rounds: number;
  readonly elapsedMs: number;
}

/** JSON has no NaN: a figure that never came is null there. */
export function readReport(text: string): StoredReport {
  return JSON.parse(text, (_key, value: unknown) => (value === null ? Number.NaN : value)) as StoredReport; // Written by the benchmark itself.
}

/** @throws Error when a metric is in two pieces, or the pieces are of different machines */
export function joined(pieces: readonly StoredReport[]): StoredReport {
  const [first] = pieces;
  if (first === undefined) throw new Error("no report is given");
  const figures: Record<string, Readonly<Record<string, Figure>>> = {};
  for (const piece of pieces) {
    for (const key of ["processor", "bun", "node"] as const) {
      if (piece.machine[key] !== first.machine[key])
        throw new Error(`pieces of different ${key}: ${first.machine[key]}, ${piece.machine[key]}`);
    }
    for (const [metric, row] of Object.entries(piece.figures)) {
      if (metric in figures) throw new Error(`"${metric}" is in two pieces: their ratios cannot be mixed`);
      figures[metric] = row;
    }
  }
  const commits = new Set(pieces.map(({ machine }) => machine.commit));
  return {
    ...first,
    machine: { ...first.machine, commit: [...commits].join(", ") },
    elapsedMs: pieces.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0),
    rounds: Math.min(...pieces.map(({ rounds }) => rounds)),
    figures,
    errors: Object.assign({}, ...pieces.map(({ errors }) => errors)),
    notRun: Object.assign({}, ...pieces.map(({ notRun }) => notRun)),
  };
}
