/**
 * Whether the work of several workers spreads: `bun bench/workers.ts [ROUNDS]`. Gateways with 1, 2 and 4 workers run side
 * by side and are loaded in turn. On a machine with few cores more processes can't make more calls; what can be seen is
 * who did the work, what a call costs in all processes together, and how many requests reached another worker than
 * their session's.
 */
import { figureOf } from "./report/statistics.ts";
import { throughput } from "./scenarios/calls.ts";
import { fullSizes } from "./scenarios/scenario.ts";
import { gatewayKind } from "./targets/own.ts";
import { cpuMsOf } from "./targets/processes.ts";
import { makeDirectory, startTarget, type Target } from "./targets/target.ts";

const counts = [1, 2, 4] as const;
const roundsByDefault = 3;

interface Seen {
  readonly supervisorMs: number;
  /** CPU of each worker, in their order. */
  readonly workersMs: readonly number[];
  readonly calls: number;
  readonly handedOver: number;
}

/** As the gateway's own addresses tell it. */
async function look({ port }: Target): Promise<Seen> {
  const address = `http://127.0.0.1:${port}`;
  const status = await (await fetch(`${address}/api/v1/status`)).json();
  const page = await (await fetch(`${address}/metrics`)).text();
  const pids: readonly number[] =
    status.workers.length === 0
      ? [status.gateway.pid]
      : status.workers.map(({ pid }: { readonly pid: number }) => pid);
  return {
    supervisorMs: cpuMsOf([status.supervisor.pid]),
    workersMs: pids.map((pid) => cpuMsOf([pid])),
    calls: total(page, "mcp_gateway_calls_total"),
    handedOver: total(page, "mcp_gateway_requests_handed_over_total"),
  };
}

function total(page: string, name: string): number {
  const samples = page.split("\n").filter((line) => line.startsWith(`${name}{`));
  return samples.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** One round: everything a call cost, once the clients' connections have had time to come to the right worker. */
async function round(target: Target): Promise<readonly number[]> {
  const before = await look(target);
  const { values, errors } = await throughput(target, fullSizes);
  const after = await look(target);
  if (errors.length > 0) throw new Error(errors.join("\n"));
  const calls = after.calls - before.calls;
  const workersMs = after.workersMs.map((ms, at) => ms - (before.workersMs[at] ?? 0));
  const all = workersMs.reduce((sum, ms) => sum + ms, 0);
  return [
    values["calls/s"] ?? Number.NaN,
    values["CPU µs/call"] ?? Number.NaN,
    ((after.supervisorMs - before.supervisorMs) / calls) * 1_000,
    (all / calls) * 1_000,
    Math.min(...workersMs) / all,
    Math.max(...workersMs) / all,
    (after.handedOver - before.handedOver) / calls,
  ];
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const rounds = Number(process.argv[2] ?? roundsByDefault);
const directories = counts.map(() => makeDirectory());
const targets: Target[] = [];
try {
  for (const [at, workers] of counts.entries())
    targets.push(
      await startTarget(gatewayKind("mcp", workers), { tools: 2, backends: 1 }, directories[at]?.path ?? ""),
    );
  const rows: (readonly number[])[][] = targets.map(() => []);
  for (let at = 0; at < rounds; at += 1)
    for (const [which, target] of targets.entries()) rows[which]?.push(await round(target));
  say("| workers | calls/s | CPU, µs/call | supervisor | workers | least busy | busiest | handed over |");
  say("|---|---|---|---|---|---|---|---|");
  for (const [which, workers] of counts.entries()) {
    const column = (at: number): number =>
      figureOf((rows[which] ?? []).map((row) => row[at] ?? Number.NaN)).median;
    const percent = (at: number): string => `${(column(at) * 100).toFixed(1)} %`;
    const cost = [1, 2, 3].map((at) => column(at).toFixed(1));
    say(`| ${[workers, column(0).toFixed(0), ...cost, percent(4), percent(5), percent(6)].join(" | ")} |`);
  }
} finally {
  for (const target of targets) await target.stop();
  for (const directory of directories) directory.remove();
}
