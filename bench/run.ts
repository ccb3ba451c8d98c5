/**
 * The benchmark: `bun run bench [--quick] [--rounds N] [--json FILE]`.
 *
 * All targets stand in front of the same backend and are measured in turn, in one run, several rounds; figures are
 * medians, and what counts are the ratios. A wrong answer is an error and fails the run.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { bigResult, latency, listTools, type Measured, type ScenarioSizes, throughput } from "./scenarios.ts";
import { type Figure, figureOf } from "./statistics.ts";
import { directKind, gatewayKind, pumpKind, type Target, type TargetKind } from "./targets.ts";

const isQuick = process.argv.includes("--quick");
const rounds = Number(flag("--rounds") ?? (isQuick ? 1 : 5));
const sizes: ScenarioSizes = isQuick
  ? { latencyCalls: 1_000, throughputMs: 1_000, bigCalls: 10, lists: 20 }
  : { latencyCalls: 5_000, throughputMs: 3_000, bigCalls: 40, lists: 100 };
const kinds: readonly TargetKind[] = [directKind, pumpKind, gatewayKind("mcp"), gatewayKind("sse")];

function flag(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

type Table = Map<string, Map<string, number[]>>;
const table: Table = new Map();
let wrong = 0;

function record(target: string, measured: Measured): void {
  wrong += measured.wrong;
  for (const [metric, value] of Object.entries(measured.values)) {
    const row = table.get(metric) ?? new Map<string, number[]>();
    row.set(target, [...(row.get(target) ?? []), value]);
    table.set(metric, row);
  }
}

/** Each target is started, measured and stopped; targets take turns within a round. */
async function inTurn(
  options: { tools: number; backends: number },
  measure: (target: Target) => Promise<readonly Measured[]>,
): Promise<void> {
  for (const kind of kinds) {
    const startedMs = performance.now();
    const target = await kind.start(options);
    const startMs = performance.now() - startedMs;
    try {
      record(kind.name, {
        values: { [`start ms, ${options.backends} backend(s), ${options.tools} tools`]: startMs },
        wrong: 0,
      });
      for (const measured of await measure(target)) record(kind.name, measured);
    } finally {
      await target.stop();
    }
  }
}

for (let round = 1; round <= rounds; round += 1) {
  say(`round ${round} of ${rounds}`);
  await inTurn({ tools: 2, backends: 1 }, async (target) => [
    await latency(target, sizes),
    await throughput(target, sizes),
    await bigResult(target, 1_000_000, sizes.bigCalls),
    { values: { "memory MB": target.residentBytes() / 1_000_000 }, wrong: 0 },
  ]);
  await inTurn({ tools: 1_000, backends: 1 }, async (target) => [
    await listTools(target, 1_000, sizes.lists),
  ]);
}
for (const backends of [1, 10, 30]) {
  const kind = gatewayKind("mcp");
  for (let round = 1; round <= rounds; round += 1) {
    const startedMs = performance.now();
    const target = await kind.start({ tools: 10, backends });
    record(kind.name, {
      values: {
        [`start to all tools ms, ${backends} backends`]: performance.now() - startedMs,
        [`memory MB, ${backends} backends idle`]: target.residentBytes() / 1_000_000,
      },
      wrong: 0,
    });
    await target.stop();
  }
}
report();
process.exit(wrong === 0 ? 0 : 1);

function report(): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "?"}, Bun ${Bun.version}, commit ${commit}`;
  const names = kinds.map(({ name }) => name);
  const figures = new Map(
    [...table].map(([metric, row]) => [
      metric,
      new Map([...row].map(([name, values]) => [name, figureOf(values)])),
    ]),
  );
  say(`\n${machine}; medians of ${rounds} round(s), in brackets min–max, × against the byte pump\n`);
  say(`| | ${names.join(" | ")} |`);
  say(`|---|${names.map(() => "---|").join("")}`);
  for (const [metric, row] of figures)
    say(`| ${metric} | ${names.map((name) => cell(row.get(name), row.get(pumpKind.name))).join(" | ")} |`);
  say(`\nwrong answers: ${wrong}`);
  const file = flag("--json");
  if (file === undefined) return;
  const rows = Object.fromEntries([...figures].map(([metric, row]) => [metric, Object.fromEntries(row)]));
  writeFileSync(
    file,
    `${JSON.stringify({ machine, at: new Date().toISOString(), rounds, wrong, figures: rows }, null, 2)}\n`,
  );
}

function cell(figure: Figure | undefined, limit: Figure | undefined): string {
  if (figure === undefined) return "";
  const ratio =
    limit === undefined || limit === figure ? "" : ` ${(figure.median / limit.median).toFixed(2)}×`;
  return `${short(figure.median)} (${short(figure.min)}–${short(figure.max)})${ratio}`;
}

function short(value: number): string {
  if (value >= 10_000) return `${(value / 1_000).toFixed(1)} k`;
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
