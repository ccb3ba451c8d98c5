/** The numbers as Prometheus reads them (text exposition format 0.0.4). */
import type { StatusReport } from "@mcp-gateway/contract";
import { type BackendMetrics, callOutcomes, latencyBucketsMs, type Metrics } from "./metrics.ts";

export const prometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

/** What is true now, next to what was counted. */
export interface Gauges {
  readonly sessions: StatusReport["sessions"];
  readonly supervisorConnected: boolean;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly servers: readonly Pick<StatusReport["servers"][number], "name" | "state" | "restarts" | "tools">[];
}

export function gaugesOf(status: StatusReport, memory: { readonly heapUsed: number }): Gauges {
  return {
    sessions: status.sessions,
    supervisorConnected: status.supervisor.connected,
    startedAt: status.gateway.startedAt,
    residentBytes: status.gateway.residentBytes,
    heapBytes: memory.heapUsed,
    servers: status.servers,
  };
}

export function renderMetrics(metrics: Metrics, gauges: Gauges): string {
  const page = new Page();
  renderCalls(page, metrics);
  renderServers(page, gauges);
  page.family("mcp_gateway_sessions", "gauge", "Open client sessions.");
  page.sample("mcp_gateway_sessions", { kind: "streamable" }, gauges.sessions.streamable);
  page.sample("mcp_gateway_sessions", { kind: "sse" }, gauges.sessions.sse);
  page.family("mcp_gateway_streams", "gauge", "Open event streams to clients.");
  page.sample("mcp_gateway_streams", {}, gauges.sessions.streams);
  page.family("mcp_gateway_supervisor_connected", "gauge", "1 while the link to the supervisor is up.");
  page.sample("mcp_gateway_supervisor_connected", {}, gauges.supervisorConnected ? 1 : 0);
  page.family("process_start_time_seconds", "gauge", "Start of the gateway process, Unix time.");
  page.sample("process_start_time_seconds", {}, gauges.startedAt / 1_000);
  page.family("process_resident_memory_bytes", "gauge", "Memory of the gateway process.");
  page.sample("process_resident_memory_bytes", {}, gauges.residentBytes);
  page.family("mcp_gateway_heap_bytes", "gauge", "JavaScript heap in use by the gateway process.");
  page.sample("mcp_gateway_heap_bytes", {}, gauges.heapBytes);
  return page.text();
}

function renderCalls(page: Page, metrics: Metrics): void {
  const backends = [...metrics.all()];
  page.family("mcp_gateway_calls_total", "counter", "Finished calls by outcome.");
  for (const [server, backend] of backends) {
    callOutcomes.forEach((outcome, index) => {
      page.sample("mcp_gateway_calls_total", { server, outcome }, backend.outcomes[index] ?? 0);
    });
  }
  page.family("mcp_gateway_calls_in_flight", "gauge", "Calls that have no answer yet.");
  for (const [server, backend] of backends)
    page.sample("mcp_gateway_calls_in_flight", { server }, backend.inFlight);
  page.family("mcp_gateway_call_duration_seconds", "histogram", "Time from a call's arrival to its answer.");
  for (const [server, backend] of backends) renderHistogram(page, server, backend);
}

function renderHistogram(page: Page, server: string, backend: BackendMetrics): void {
  const name = "mcp_gateway_call_duration_seconds";
  let cumulative = 0;
  latencyBucketsMs.forEach((boundMs, index) => {
    cumulative += backend.buckets[index] ?? 0;
    page.sample(`${name}_bucket`, { server, le: String(boundMs / 1_000) }, cumulative);
  });
  cumulative += backend.buckets[latencyBucketsMs.length] ?? 0;
  page.sample(`${name}_bucket`, { server, le: "+Inf" }, cumulative);
  page.sample(`${name}_sum`, { server }, backend.durationMsSum / 1_000);
  page.sample(`${name}_count`, { server }, cumulative);
}

function renderServers(page: Page, { servers }: Gauges): void {
  page.family("mcp_gateway_server_state", "gauge", "1 for the state that the server is in.");
  for (const { name, state } of servers) page.sample("mcp_gateway_server_state", { server: name, state }, 1);
  page.family("mcp_gateway_server_restarts_total", "counter", "Restarts of the server.");
  for (const { name, restarts } of servers)
    page.sample("mcp_gateway_server_restarts_total", { server: name }, restarts);
  page.family("mcp_gateway_server_tools", "gauge", "Tools that the server offers.");
  for (const { name, tools } of servers) page.sample("mcp_gateway_server_tools", { server: name }, tools);
}

class Page {
  readonly #lines: string[] = [];

  family(name: string, type: "counter" | "gauge" | "histogram", help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  sample(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    this.#lines.push(`${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`);
  }

  text(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
