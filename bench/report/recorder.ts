/** What was measured: for each metric and target the values of all rounds, what went wrong, and what did not run. */
import type { Measured } from "../scenarios/scenario.ts";
import { type Figure, figureOf } from "./statistics.ts";

export interface Report {
  /** metric → target → figure */
  readonly figures: Readonly<Record<string, Readonly<Record<string, Figure>>>>;
  /** target → how many answers were wrong, missing or refused, and the first of them */
  readonly errors: Readonly<Record<string, { readonly count: number; readonly first: string }>>;
  /** target → why it was not measured, or not in everything */
  readonly notRun: Readonly<Record<string, string>>;
}

export class Recorder {
  readonly #values = new Map<string, Map<string, number[]>>();
  readonly #errors = new Map<string, { count: number; first: string }>();
  readonly #notRun = new Map<string, string>();

  add(target: string, { values, errors }: Measured): void {
    for (const [metric, value] of Object.entries(values)) {
      const row = this.#values.get(metric) ?? new Map<string, number[]>();
      row.set(target, [...(row.get(target) ?? []), value]);
      this.#values.set(metric, row);
    }
    const [first] = errors;
    if (first === undefined) return;
    const known = this.#errors.get(target);
    this.#errors.set(target, { count: (known?.count ?? 0) + errors.length, first: known?.first ?? first });
  }

  couldNotRun(target: string, why: string): void {
    if (!this.#notRun.has(target)) this.#notRun.set(target, why);
  }

  report(): Report {
    const figures = [...this.#values].map(([metric, row]) => [
      metric,
      Object.fromEntries([...row].map(([target, values]) => [target, figureOf(values)])),
    ]);
    return {
      figures: Object.fromEntries(figures),
      errors: Object.fromEntries(this.#errors),
      notRun: Object.fromEntries(this.#notRun),
    };
  }
}
