/** `gateway status` as lines. Pure: what was found out goes in, text comes out. */
import type { WorkerStatus } from "@mcp-gateway/contract";
import { fitText, printable } from "@mcp-gateway/kit/terminal-text";
import { isHeld, type Observation } from "../api/observe.ts";
import type { CommandHints } from "../invocation.ts";
import type { Paint } from "../terminal.ts";
import { attentionLines } from "./attention-view.ts";
import { duration, megabytes, plural } from "./quantities.ts";
import { serverTable } from "./server-table.ts";
import { attentionOf, rowsOf, standingOf } from "./status-model.ts";
import { wrap } from "./wrap.ts";

export interface ViewContext {
  readonly nowMs: number;
  readonly width: number;
  readonly paint: Paint;
  readonly hints: CommandHints;
}

export function statusLines(observation: Observation, context: ViewContext): readonly string[] {
  const rows = rowsOf(observation);
  const needing = attentionOf(rows);
  return [
    ...headerLines(observation, context),
    ...(rows.length === 0 ? noServerLines(observation, context) : ["", ...serverTable(rows, context)]),
    ...(needing.length === 0 ? [] : ["", ...attentionLines(needing, context)]),
  ];
}

function headerLines(observation: Observation, context: ViewContext): readonly string[] {
  switch (observation.kind) {
    case "answered":
      return answeredHeader(observation, context);
    case "gateway-down":
      return gatewayDownHeader(observation, context);
    case "down":
      return downHeader(observation.reason, context);
    case "unclear": {
      const { paint } = context;
      return [
        `${paint.yellow("●")} ${paint.bold("MCP Gateway")} can't tell: ${printable(observation.reason)}`,
        ...observation.hints.map((hint) => `  → ${hint}`),
      ];
    }
    default:
      return observation satisfies never;
  }
}

function answeredHeader(
  { report }: Extract<Observation, { kind: "answered" }>,
  context: ViewContext,
): readonly string[] {
  const { paint, nowMs } = context;
  const { sessions, gateway, supervisor } = report;
  const colour = { ready: paint.green, starting: paint.yellow, degraded: paint.red }[report.state];
  const active = report.servers.filter((server) => standingOf(server) !== "off");
  const ready = active.filter((server) => server.state === "ready");
  const kinds = [
    sessions.streamable > 0 ? `${sessions.streamable} HTTP` : "",
    sessions.sse > 0 ? `${sessions.sse} SSE` : "",
  ].filter((kind) => kind !== "");
  const facts = [
    `up ${duration(nowMs - gateway.startedAt)}`,
    supervisor.connected
      ? `${ready.length} of ${plural(active.length, "server")} ready`
      : `state of ${plural(active.length, "server")} unknown`,
    plural(sessions.streamable + sessions.sse, "session") +
      (kinds.length === 0 ? "" : ` (${kinds.join(", ")})`),
    megabytes(gateway.residentBytes),
  ];
  return [
    `${colour("●")} ${paint.bold(`MCP Gateway ${printable(report.version)}`)} is ${colour(report.state)}`,
    ...fields(
      [
        [
          "address",
          paint.cyan(`${report.address}/mcp`) + paint.dim(`   older clients: ${report.address}/sse`),
        ],
        ["state", facts.join(" · ")],
        ...report.workers.map((worker) => workerField(worker, nowMs)),
        ["config", `${printable(report.config.path)} (revision ${report.config.revision})`],
        ["log", printable(report.logFile)],
      ],
      context,
    ),
    ...(supervisor.connected ? [] : supervisorDownLines(context)),
    ...configFaultLines(report.config.faults, context),
    ...warningLines(report.warnings, context),
  ];
}

function workerField(
  { worker, state, pid, startedAt, sessions, calls, residentBytes }: WorkerStatus,
  nowMs: number,
): readonly [string, string] {
  const label = `worker ${worker}`;
  if (state === "away" || startedAt === null) return [label, "away; the launcher restarts it by itself"];
  const facts = [
    `pid ${pid}`,
    `up ${duration(nowMs - startedAt)}`,
    plural(sessions.streamable + sessions.sse, "session"),
    plural(calls, "call"),
    megabytes(residentBytes),
  ];
  return [label, facts.join(" · ")];
}

/** Not a fault of the gateway: what some clients will make of so many, or so long, names. */
function warningLines(warnings: readonly string[], { paint, width }: ViewContext): readonly string[] {
  return warnings.flatMap((warning) =>
    wrap(printable(warning), width - 2).map((line, at) =>
      at === 0 ? `${paint.yellow("!")} ${line}` : `  ${line}`,
    ),
  );
}

function supervisorDownLines({ paint, width }: ViewContext): readonly string[] {
  const text =
    "The supervisor, which runs the servers, is down. Clients stay connected and their calls fail until it is back; the launcher restarts it by itself within seconds.";
  return [
    "",
    ...wrap(text, width - 2).map((line, at) => (at === 0 ? `${paint.red("✖")} ${line}` : `  ${line}`)),
  ];
}

function gatewayDownHeader(
  { welcome, snapshot, reason }: Extract<Observation, { kind: "gateway-down" }>,
  context: ViewContext,
): readonly string[] {
  const { paint, nowMs, width } = context;
  const text =
    reason === undefined
      ? "The gateway process does not run. The servers are kept running and wait for it; the launcher restarts it by itself within seconds."
      : `The gateway process does not answer: ${printable(reason)} The servers are kept running.`;
  const held = isHeld(snapshot);
  const title = held ? paint.yellow("starting") : paint.red("gateway down");
  return [
    `${(held ? paint.yellow : paint.red)("●")} ${paint.bold(`MCP Gateway ${printable(welcome.version)}`)}: ${title}, supervisor up`,
    ...fields(
      [
        ["supervisor", `pid ${welcome.pid} · up ${duration(nowMs - welcome.startedAt)}`],
        ["config", `${printable(snapshot.config.path)} (revision ${snapshot.config.revision})`],
      ],
      context,
    ),
    ...(held
      ? []
      : [
          "",
          ...wrap(text, width - 2).map((line, at) => (at === 0 ? `${paint.red("✖")} ${line}` : `  ${line}`)),
        ]),
    ...configFaultLines(snapshot.config.faults, context),
  ];
}

function downHeader(reason: string, { paint, hints, width }: ViewContext): readonly string[] {
  return [
    `${paint.dim("○")} ${paint.bold("MCP Gateway")} is not running`,
    `  ${fitText(printable(reason), width - 2)}`,
    `  → ${paint.bold(hints.start)}`,
  ];
}

function noServerLines(observation: Observation, { paint }: ViewContext): readonly string[] {
  if (observation.kind === "down" || observation.kind === "unclear") return [];
  return [
    "",
    `  ${paint.dim("No servers are configured. Add one to the file above; it is read again when saved.")}`,
  ];
}

function configFaultLines(
  faults: readonly string[],
  { paint, hints, width }: ViewContext,
): readonly string[] {
  if (faults.length === 0) return [];
  return [
    "",
    `${paint.red("✖")} The configuration on disk has ${plural(faults.length, "fault")}; the one before it is in force:`,
    ...faults.map((fault) => `  ${paint.red("•")} ${fitText(printable(fault), width - 4)}`),
    `  → mend it and save, or see all: ${paint.bold(hints.of("config check"))}`,
  ];
}

/** `  address  http://…`; the values are cut where the line ends. */
function fields(
  pairs: readonly (readonly [string, string])[],
  { paint, width }: ViewContext,
): readonly string[] {
  const labelWidth = Math.max(...pairs.map(([label]) => label.length));
  return pairs.map(([label, value]) => {
    const room = width - labelWidth - 4;
    // A coloured value is an address, which must stay whole to be copied.
    const shown = value.includes("\x1b") ? value : fitText(value, room);
    return `  ${paint.dim(label.padEnd(labelWidth))}  ${shown}`;
  });
}
