/**
 * Puts figures into the documents: `bun bench/publish.ts REPORT.json …` joins the pieces of one measurement, keeps them
 * as `bench/results/latest.json` and writes the tables between the marks in both READMEs and docs/performance.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { goalTable } from "./report/goals.ts";
import { machineLine } from "./report/machine.ts";
import { tables } from "./report/markdown.ts";
import { joined, readReport, type StoredReport } from "./report/pieces.ts";
import { summary } from "./report/summary.ts";
import { aggregatingPeers, allRows } from "./targets/all.ts";

/** Those that put one server at one address are compared in the long tables only. */
const manyBackends = allRows.filter((kind) => kind.isOwn || kind.manyBackends);
const root = resolve(import.meta.dir, "..");
const latest = join(root, "bench/results/latest.json");

/** Document → what must stand between its marks. */
export function publishedTables(report: StoredReport): ReadonlyMap<string, string> {
  const whole = [
    `${machineLine(report.machine)}, ${report.at.slice(0, 10)}. Medians of at least ${report.rounds} rounds, in brackets the least and the most; × against the byte pump of the same rounds.`,
    tables(report, allRows),
    goalTable(report, aggregatingPeers),
  ];
  return new Map([
    ["README.md", summary(report, manyBackends, "en")],
    ["README.zh-CN.md", summary(report, manyBackends, "zh")],
    ["docs/performance.md", whole.join("\n\n")],
  ]);
}

const begin = "<!-- bench: written by bench/publish.ts -->";
const end = "<!-- bench: end -->";

/** @throws Error when the document has not exactly one place for it */
export function withTable(document: string, table: string): string {
  const [before, rest, ...more] = document.split(begin);
  const after = rest?.split(end);
  if (before === undefined || after?.length !== 2 || more.length > 0)
    throw new Error(`the document needs one ${begin} and one ${end} behind it`);
  return `${before}${begin}\n\n${table}\n\n${end}${after[1] ?? ""}`;
}

export function latestReport(): StoredReport {
  return readReport(readFileSync(latest, "utf8"));
}

if (import.meta.main) {
  const files = process.argv.slice(2);
  if (files.length > 0) {
    const report = joined(files.map((file) => readReport(readFileSync(file, "utf8"))));
    writeFileSync(latest, `${JSON.stringify(report, null, 2)}\n`);
  }
  for (const [name, table] of publishedTables(latestReport())) {
    const path = join(root, name);
    writeFileSync(path, withTable(readFileSync(path, "utf8"), table));
  }
}
