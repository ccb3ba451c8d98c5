/** The numbers as Prometheus reads them (text exposition format 0.0.4). */
import type { StatusReport } from "@mcp-gateway/contract";
import { type Static, Type } from "@sinclair/typebox";
import { keptForResumption } from "../sessions/channel.ts";
import { unreadNumbers } from "../sessions/unread.ts";
import { callOutcomes, latencyBucketsMs, type Metrics } from "./metrics.ts";

export const prometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

/** What one process counted, as plain data: other workers' numbers come over a socket. */
export const ProcessNumbers = Type.Object({
  /** Unix milliseconds. */
  startedAt: Type.Number(),
  residentBytes: Type.Number(),
  heapBytes: Type.Number(),
  /** Kept of streams, for clients that lose them. */
  resumeBytes: Type.Number(),
  /** Of answers that clients have not read yet; and answers that were left out for that. */
  unreadBytes: Type.Number(),
  unreadRefused: Type.Number(),
  /** Requests that it handed over to the worker they belong to; absent where there is one process. */
  handedOver: Type.Optional(Type.Number()),
  sessions: Type.Object({ streamable: Type.Number(), sse: Type.Number(), streams: Type.Number() }),
  calls: Type.Array(
    Type.Object({
      server: Type.String(),
      outcomes: Type.Array(Type.Number()),
      buckets: Type.Array(Type.Number()),
      inFlight: Type.Number(),
      durationMsSum: Type.Number(),
    }),
  ),
});
export type ProcessNumbers = Static<typeof ProcessNumbers>;

export function processNumbers(metrics: Metrics, status: StatusReport, heapBytes: number): ProcessNumbers {
  const { gateway, sessions } = status;
  const calls = Array.from(metrics.all(), ([server, { outcomes, buckets, inFlight, durationMsSum }]) => ({
    server,
    outcomes: [...outcomes],
    buckets: [...buckets],
    inFlight,
    durationMsSum,
  }));
  const { startedAt, residentBytes } = gateway;
  const resumeBytes = keptForResumption().bytes;
  const { bytes: unreadBytes, refused: unreadRefused } = unreadNumbers();
  const memory = { residentBytes, heapBytes, resumeBytes, unreadBytes };
  return { startedAt, ...memory, unreadRefused, sessions, calls };
}

/** Whose numbers: nothing for a gateway of one process, and each worker's by itself, so that none ever falls. */
type Labels = Readonly<Record<string, string>>;

/** @param processes by worker; the number 0 stands for the one process that is alone */
export function renderMetrics(
  processes: ReadonlyMap<number, ProcessNumbers>,
  status: Pick<StatusReport, "supervisor" | "servers">,
): string {
  const page = new Page();
  const parts = Array.from(
    processes,
    ([worker, numbers]) => [worker === 0 ? {} : { worker: String(worker) }, numbers] as const,
  );
  renderCalls(page, parts);
  renderServers(page, status.servers);
  renderProcesses(page, parts);
  page.family("mcp_gateway_supervisor_connected", "gauge", "1 while the link to the supervisor is up.");
  page.sample("mcp_gateway_supervisor_connected", {}, status.supervisor.connected ? 1 : 0);
  return page.text();
}

type Parts = readonly (readonly [Labels, ProcessNumbers])[];

function renderProcesses(page: Page, parts: Parts): void {
  page.family("mcp_gateway_sessions", "gauge", "Open client sessions.");
  for (const [labels, { sessions }] of parts) {
    page.sample("mcp_gateway_sessions", { kind: "streamable", ...labels }, sessions.streamable);
    page.sample("mcp_gateway_sessions", { kind: "sse", ...labels }, sessions.sse);
  }
  const gauge = (name: string, help: string, of: (numbers: ProcessNumbers) => number): void => {
    page.family(name, "gauge", help);
    for (const [labels, numbers] of parts) page.sample(name, labels, of(numbers));
  };
  const isOneOfMany = parts.some(([, { handedOver }]) => handedOver !== undefined);
  if (isOneOfMany) {
    const name = "mcp_gateway_requests_handed_over_total";
    page.family(name, "counter", "Requests that reached another worker than their session's.");
    for (const [labels, { handedOver }] of parts) page.sample(name, labels, handedOver ?? 0);
  }
  gauge("mcp_gateway_streams", "Open event streams to clients.", ({ sessions }) => sessions.streams);
  gauge(
    "mcp_gateway_resume_bytes",
    "Bytes kept for clients that lose their stream.",
    (numbers) => numbers.resumeBytes,
  );
  gauge(
    "mcp_gateway_unread_bytes",
    "Bytes of answers that clients have not read yet.",
    (numbers) => numbers.unreadBytes,
  );
  const refused = "mcp_gateway_answers_left_out_total";
  page.family(refused, "counter", "Answers left out because earlier ones were unread.");
  for (const [labels, { unreadRefused }] of parts) page.sample(refused, labels, unreadRefused);
  gauge(
    "process_start_time_seconds",
    "Start of the gateway process, Unix time.",
    ({ startedAt }) => startedAt / 1_000,
  );
  gauge(
    "process_resident_memory_bytes",
    "Memory of the gateway process.",
    (numbers) => numbers.residentBytes,
  );
  gauge(
    "mcp_gateway_heap_bytes",
    "JavaScript heap in use by the gateway process.",
    (numbers) => numbers.heapBytes,
  );
}

function renderCalls(page: Page, parts: Parts): void {
  const series = parts.flatMap(([labels, { calls }]) => calls.map((call) => [labels, call] as const));
  page.family("mcp_gateway_calls_total", "counter", "Finished calls by outcome.");
  for (const [labels, { server, outcomes }] of series) {
    callOutcomes.forEach((outcome, index) => {
      page.sample("mcp_gateway_calls_total", { server, outcome, ...labels }, outcomes[index] ?? 0);
    });
  }
  page.family("mcp_gateway_calls_in_flight", "gauge", "Calls that have no answer yet.");
  for (const [labels, { server, inFlight }] of series)
    page.sample("mcp_gateway_calls_in_flight", { server, ...labels }, inFlight);
  page.family("mcp_gateway_call_duration_seconds", "histogram", "Time from a call's arrival to its answer.");
  for (const [labels, call] of series) renderHistogram(page, labels, call);
}

function renderHistogram(page: Page, more: Labels, call: ProcessNumbers["calls"][number]): void {
  const name = "mcp_gateway_call_duration_seconds";
  const labels = { server: call.server, ...more };
  let cumulative = 0;
  latencyBucketsMs.forEach((boundMs, index) => {
    cumulative += call.buckets[index] ?? 0;
    page.sample(`${name}_bucket`, { ...labels, le: String(boundMs / 1_000) }, cumulative);
  });
  cumulative += call.buckets[latencyBucketsMs.length] ?? 0;
  page.sample(`${name}_bucket`, { ...labels, le: "+Inf" }, cumulative);
  page.sample(`${name}_sum`, labels, call.durationMsSum / 1_000);
  page.sample(`${name}_count`, labels, cumulative);
}

function renderServers(page: Page, servers: StatusReport["servers"]): void {
  page.family("mcp_gateway_server_state", "gauge", "1 for the state that the server is in.");
  for (const { name, state } of servers) page.sample("mcp_gateway_server_state", { server: name, state }, 1);
  page.family("mcp_gateway_server_restarts_total", "counter", "Restarts of the server.");
  for (const { name, restarts } of servers)
    page.sample("mcp_gateway_server_restarts_total", { server: name }, restarts);
  const drops = "mcp_gateway_server_messages_dropped_total";
  page.family(
    drops,
    "counter",
    "Messages of the server that nobody could use, and of ours that it did not read.",
  );
  for (const { name, dropped } of servers)
    for (const [kind, count] of Object.entries(dropped ?? {}))
      page.sample(drops, { server: name, kind }, count);
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
