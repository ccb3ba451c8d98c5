/** Counting calls, and the page that Prometheus reads. */
import { describe, expect, test } from "bun:test";
import { latencyBucketsMs, Metrics } from "../../../../apps/gateway/src/admin/metrics.ts";
import { processNumbers, renderMetrics } from "../../../../apps/gateway/src/admin/prometheus.ts";
import { aServer, aStatus } from "../console/reports.ts";

const status = aStatus({
  sessions: { streamable: 2, sse: 1, streams: 3 },
  gateway: { pid: 1, startedAt: 1_700_000_000_000, residentBytes: 50_000_000 },
  servers: [aServer("bash", { state: "ready", restarts: 2, tools: 1 })],
});

const numbersOf = (metrics: Metrics) => processNumbers(metrics, status, 10_000_000);

/** The value of one sample, or undefined. */
function sample(page: string, name: string): number | undefined {
  const line = page.split("\n").find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

describe("Metrics", () => {
  test("counts calls, failures and what is in flight; a cancelled call is no failure", () => {
    const metrics = new Metrics();
    for (let call = 0; call < 5; call += 1) metrics.callStarted("a");
    metrics.callEnded("a", 1, "ok");
    metrics.callEnded("a", 1, "error");
    metrics.callEnded("a", 1, "timeout");
    metrics.callEnded("a", 1, "cancelled");
    expect(metrics.counts("a")).toEqual({ calls: 4, errors: 2, inFlight: 1 });
    expect(metrics.counts("b")).toEqual({ calls: 0, errors: 0, inFlight: 0 });
    expect([...metrics.all()]).toHaveLength(1);
    metrics.forget("a");
    expect(metrics.counts("a").calls).toBe(0);
  });

  test("stays sensible when a call ends twice or the clock says nonsense", () => {
    const backend = new Metrics().backend("a");
    backend.started();
    for (const ms of [1, -5, Number.NaN, Number.POSITIVE_INFINITY]) backend.ended(ms, "ok");
    expect(backend.inFlight).toBe(0);
    expect(backend.durationMsSum).toBe(1);
  });

  test("a duration on a bound belongs to that bucket, and the last bucket takes the rest", () => {
    const metrics = new Metrics();
    for (const boundMs of latencyBucketsMs) metrics.callEnded("a", boundMs, "ok");
    metrics.callEnded("a", 10_000_000, "ok");
    expect([...metrics.backend("a").buckets]).toEqual(
      Array.from({ length: latencyBucketsMs.length + 1 }, () => 1),
    );
  });

  test("costs well below a microsecond a call", () => {
    const backend = new Metrics().backend("a");
    const rounds = 200_000;
    let best = Number.POSITIVE_INFINITY;
    // The best of several: other work on the machine can only make a round slower.
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const startNs = Bun.nanoseconds();
      for (let round = 0; round < rounds; round += 1) {
        backend.started();
        backend.ended(round % 2_000, "ok");
      }
      best = Math.min(best, (Bun.nanoseconds() - startNs) / rounds);
    }
    expect(best).toBeLessThan(1_000);
  });
});

describe("the metrics page", () => {
  const metrics = new Metrics();
  metrics.callStarted("bash");
  metrics.callStarted("bash");
  metrics.callEnded("bash", 3, "ok");
  metrics.callEnded("bash", 70_000, "timeout");
  const page = renderMetrics(new Map([[0, numbersOf(metrics)]]), status);

  test("has calls by outcome, and a cumulative histogram whose count is its last bucket", () => {
    expect(sample(page, 'mcp_gateway_calls_total{server="bash",outcome="ok"}')).toBe(1);
    expect(sample(page, 'mcp_gateway_calls_total{server="bash",outcome="timeout"}')).toBe(1);
    expect(sample(page, 'mcp_gateway_call_duration_seconds_bucket{server="bash",le="0.002"}')).toBe(0);
    expect(sample(page, 'mcp_gateway_call_duration_seconds_bucket{server="bash",le="0.005"}')).toBe(1);
    expect(sample(page, 'mcp_gateway_call_duration_seconds_bucket{server="bash",le="60"}')).toBe(1);
    expect(sample(page, 'mcp_gateway_call_duration_seconds_bucket{server="bash",le="+Inf"}')).toBe(2);
    expect(sample(page, 'mcp_gateway_call_duration_seconds_count{server="bash"}')).toBe(2);
    expect(sample(page, 'mcp_gateway_call_duration_seconds_sum{server="bash"}')).toBeCloseTo(70.003);
  });

  test("has sessions, streams, the link, states, restarts and memory", () => {
    expect(sample(page, 'mcp_gateway_sessions{kind="streamable"}')).toBe(2);
    expect(sample(page, "mcp_gateway_streams")).toBe(3);
    expect(sample(page, "mcp_gateway_supervisor_connected")).toBe(1);
    expect(sample(page, 'mcp_gateway_server_state{server="bash",state="ready"}')).toBe(1);
    expect(sample(page, 'mcp_gateway_server_restarts_total{server="bash"}')).toBe(2);
    expect(sample(page, "process_resident_memory_bytes")).toBe(50_000_000);
  });

  test("is well formed: every sample belongs to the family above it, none is twice, every value is a number", () => {
    let family = "";
    const seen = new Set<string>();
    for (const line of page.trimEnd().split("\n")) {
      if (line.startsWith("# TYPE ")) family = line.split(" ")[2] ?? "";
      if (line.startsWith("#")) continue;
      const match = /^([a-z_]+)(\{[^}]*\})? (\S+)$/.exec(line);
      expect(match).not.toBeNull();
      expect((match?.[1] ?? "").startsWith(family)).toBe(true);
      expect(Number.isFinite(Number(match?.[3]))).toBe(true);
      const key = `${match?.[1]}${match?.[2] ?? ""}`;
      expect(seen.has(key)).toBe(false);
      seen.add(key);
    }
    expect(page.endsWith("\n")).toBe(true);
  });

  test("of several workers has each one's numbers by itself, so that no counter falls when one is started again", () => {
    const other = new Metrics();
    for (let call = 0; call < 3; call += 1) other.callEnded("bash", 1, "ok");
    const numbers = new Map([
      [1, numbersOf(metrics)],
      [2, numbersOf(other)],
    ]);
    const pageOfAll = renderMetrics(numbers, status);
    const calls = 'mcp_gateway_calls_total{server="bash",outcome="ok"';
    expect(sample(pageOfAll, `${calls},worker="1"}`)).toBe(1);
    expect(sample(pageOfAll, `${calls},worker="2"}`)).toBe(3);
    expect(sample(pageOfAll, 'mcp_gateway_streams{worker="2"}')).toBe(3);
    // What the backends are is the same for all of them.
    expect(sample(pageOfAll, 'mcp_gateway_server_tools{server="bash"}')).toBe(1);
  });

  test("a server's name can't break out of its label", () => {
    const hostile = new Metrics();
    hostile.callStarted('a"} 1\nevil 2\\');
    const line = renderMetrics(new Map([[0, numbersOf(hostile)]]), status)
      .split("\n")
      .find((each) => each.startsWith("mcp_gateway_calls_in_flight{"));
    expect(line).toBe('mcp_gateway_calls_in_flight{server="a\\"} 1\\nevil 2\\\\"} 1');
  });
});
