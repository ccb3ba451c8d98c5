/** The report as Markdown tables: one row a target, medians with the smallest and largest round, × the byte pump. */
import { growthName, growths } from "../scenarios/growth.ts";
import type { Report } from "./recorder.ts";
import { type Figure, ratioOf } from "./statistics.ts";

export interface Row {
  readonly id: string;
  readonly label: string;
}

type Column = readonly [header: string, metric: string];

const pumpId = "pump";

const calls: readonly Column[] = [
  ["call p50, 1 client, µs", "call p50 µs"],
  ["p99, µs", "call p99 µs"],
  ["calls/s, 16 × 4", "calls/s"],
  ["CPU, µs/call", "CPU µs/call"],
  ["1 MB, ms", "1 MB p50 ms"],
  ["10 MB, ms", "10 MB p50 ms"],
  ["list of 1,000, ms", "list of 1000 p50 ms"],
  ["…and read, ms", "list of 1000, read, p50 ms"],
  ["list of 10,000, ms", "list of 10000 p50 ms"],
];

const startCounts = [1, 10, 30];
const rest: readonly Column[] = [
  ["start, first ever, ms", "start, first ever ms"],
  ...startCounts.map((n): Column => [`start, ${n}, cold, ms`, `start, ${n} backends, cold ms`]),
  ...startCounts.map((n): Column => [`start, ${n}, known, ms`, `start, ${n} backends, known ms`]),
  ["RSS, 10 backends, MB", "idle, 10 backends, RSS MB"],
  ["PSS, MB", "idle, 10 backends, PSS MB"],
  ["idle session, KB", "an idle SSE session, of 1000, KB"],
  ["backend killed: failed calls", "killed backend, failed calls"],
  ["back after, ms", "killed backend, recovery ms"],
];

export function tables(report: Report, rows: readonly Row[]): string {
  return [
    section("Calls and lists", report, rows, calls),
    section("Start, memory, a backend killed under load", report, rows, rest),
    growthTable(report),
    troubles(report, rows),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** Columns and rows without a figure are left out. */
function section(title: string, report: Report, rows: readonly Row[], columns: readonly Column[]): string {
  const shown = columns.filter(([, metric]) => report.figures[metric] !== undefined);
  const lines = rows
    .map(({ id, label }) => ({ label, cells: shown.map(([, metric]) => cell(report, metric, id)) }))
    .filter(({ cells }) => cells.some((text) => text !== ""))
    .map(({ label, cells }) => `| ${label} | ${cells.join(" | ")} |`);
  if (lines.length === 0) return "";
  return [
    `**${title}**`,
    "",
    `| | ${shown.map(([header]) => header).join(" | ")} |`,
    `|---|${shown.map(() => "---|").join("")}`,
    ...lines,
  ].join("\n");
}

function cell(report: Report, metric: string, id: string): string {
  const row = report.figures[metric];
  const figure = row?.[id];
  if (figure === undefined) return "";
  if (Number.isNaN(figure.median)) return "never";
  const pump = row?.[pumpId];
  const ratio =
    pump === undefined || id === pumpId || !(pump.median > 0)
      ? ""
      : ` **${ratioOf(figure, pump).toFixed(2)}×**`;
  return `${short(figure.median)}${spread(figure)}${ratio}`;
}

function spread({ min, max }: Figure): string {
  return min === max ? "" : ` (${short(min)}–${short(max)})`;
}

function growthTable(report: Report): string {
  const lines = growths.flatMap((growth) => {
    const name = growthName(growth);
    const columns = ["call p50 µs", "small case beside it µs", "ratio", "start ms", "RSS MB", "a session KB"];
    const cells = columns.map((metric) => {
      const [figure] = Object.values(report.figures[`${name}: ${metric}`] ?? {});
      return figure === undefined ? "" : `${short(figure.median)}${spread(figure)}`;
    });
    return cells.some((text) => text !== "") ? [`| ${name} | ${cells.join(" | ")} |`] : [];
  });
  if (lines.length === 0) return "";
  return [
    "**Growth** (one more client calls; beside it a small gateway at the same time)",
    "",
    "| | call p50, µs | the small one, µs | × | start, ms | RSS, MB | a session, KB |",
    "|---|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

function troubles(report: Report, rows: readonly Row[]): string {
  const label = (id: string): string => rows.find((row) => row.id === id)?.label ?? id;
  const wrong = Object.entries(report.errors).map(
    ([id, { count, first }]) =>
      `- ${label(id)}: ${count} wrong, missing or refused; the first: ${first.slice(0, 200)}`,
  );
  const notRun = Object.entries(report.notRun).map(([id, why]) => `- ${label(id)}: ${why.slice(0, 300)}`);
  return [
    wrong.length === 0 ? "Every answer was checked; none was wrong." : `Wrong answers:\n${wrong.join("\n")}`,
    ...(notRun.length === 0 ? [] : [`Not measured:\n${notRun.join("\n")}`]),
  ].join("\n\n");
}

export function short(value: number): string {
  if (value >= 10_000) return `${(value / 1_000).toFixed(1)} k`;
  if (value >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
