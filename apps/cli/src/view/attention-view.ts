/** The end of `gateway status`: what needs a person, and the exact command for it. */

import { tellingLines } from "@mcp-gateway/contract";
import { fitText, printable } from "@mcp-gateway/kit/terminal-text";
import { shellWord, withCommands } from "../invocation.ts";
import { duration, plural } from "./quantities.ts";
import type { ServerRow } from "./status-model.ts";
import type { ViewContext } from "./status-view.ts";
import { wrap } from "./wrap.ts";

/** The rest is in the log. */
const stderrLinesShown = 3;

export function attentionLines(rows: readonly ServerRow[], context: ViewContext): readonly string[] {
  const title = rows.length === 1 ? "1 needs attention:" : `${rows.length} need attention:`;
  return [context.paint.bold(title), ...rows.flatMap((row) => ["", ...rowLines(row, context)])];
}

function rowLines(row: ServerRow, context: ViewContext): readonly string[] {
  const { paint, width } = context;
  const name = printable(row.name);
  const indent = "    ";
  const body = (text: string, mark = ""): readonly string[] =>
    wrap(text, width - indent.length - mark.length).map(
      (line, at) => indent + (at === 0 ? mark : " ".repeat(mark.length)) + line,
    );
  return [
    `  ${paint.bold(name)}  ${headline(row, context)}`,
    ...(row.fault === null ? [] : body(printable(row.fault.message))),
    ...stderrLines(row, width - indent.length).map((line) => indent + paint.dim(line)),
    ...row.warnings.flatMap((warning) => body(printable(warning), "⚠ ")),
    ...(row.fault === null || row.fault.remedy === ""
      ? []
      : withCommands(row.fault.remedy, context.hints)
          .split("\n")
          .flatMap((line, at) => body(printable(line.trim()), at === 0 ? "→ " : "  "))),
    ...commands(row, context).map((command) => `${indent}→ ${paint.bold(command)}`),
  ];
}

/** `failed to start 12s ago, 5 restarts, next try in 3s` */
function headline(row: ServerRow, { nowMs, paint }: ViewContext): string {
  const { fault } = row;
  if (row.state === "stopped")
    return `${paint.yellow(printable(row.note || "stopped"))} ${duration(nowMs - row.since)} ago`;
  if (fault === null) return paint.yellow(plural(row.warnings.length, "warning"));
  const facts = [
    `${paint.red(stageText(fault.stage))} ${duration(nowMs - fault.at)} ago`,
    row.restarts > 0 ? plural(row.restarts, "restart") : "",
    row.nextTryAt === null
      ? ""
      : row.nextTryAt > nowMs
        ? `next try in ${duration(row.nextTryAt - nowMs + 999)}`
        : "trying now",
  ];
  return facts.filter((fact) => fact !== "").join(", ");
}

function stageText(stage: string): string {
  switch (stage) {
    case "config":
      return "has a faulty configuration, found";
    case "spawn":
      return "could not be started";
    case "startup":
      return "did not come up";
    case "connect":
      return "could not be reached";
    case "sign-in":
      return "wanted a sign-in";
    case "handshake":
      return "did not finish the MCP handshake";
    case "lists":
      return "did not list its tools";
    case "running":
      return "ended while running";
    default:
      return `failed (${printable(stage)})`;
  }
}

function stderrLines(row: ServerRow, width: number): readonly string[] {
  const lines = tellingLines(row.fault?.stderrTail ?? [], stderrLinesShown);
  return lines.map((line) => fitText(`│ ${printable(line)}`, width));
}

function commands({ name, fault, state }: ServerRow, { hints }: ViewContext): readonly string[] {
  if (state === "stopped") return [hints.of(`start ${shellWord(name)}`)];
  if (fault === null) return [];
  if (fault.stage === "sign-in") return []; // Its remedy is the command.
  const words = fault.stderrTail.length > 0 ? ["logs", "restart"] : ["restart"];
  return words.map((word) => hints.of(`${word} ${shellWord(name)}`));
}
