/** The table of servers in `gateway status`. */

import { printable } from "@mcp-gateway/kit/terminal-text";
import type { Paint } from "../terminal.ts";
import { count, duration } from "./quantities.ts";
import { type ServerRow, type Standing, standingOf } from "./status-model.ts";
import { type Cell, type Column, table } from "./table.ts";

const columns: readonly Column[] = [
  { title: "NAME", widthMin: 10, widthMax: 32 },
  { title: "TRANSPORT", dropOrder: 3 },
  { title: "STATE" },
  { title: "PID", align: "right", dropOrder: 6 },
  { title: "UP", align: "right" },
  { title: "↺", align: "right", dropOrder: 4 },
  { title: "TOOLS", align: "right" },
  { title: "CALLS", align: "right", dropOrder: 1 },
  { title: "ERR", align: "right", dropOrder: 2 },
  { title: "LAST ERROR", widthMin: 14, dropOrder: 5 },
];

const none = "–";

export function serverTable(
  rows: readonly ServerRow[],
  { nowMs, width, paint }: { readonly nowMs: number; readonly width: number; readonly paint: Paint },
): readonly string[] {
  const cells = rows.map((row) => cellsOf(row, nowMs, paint));
  return table(columns, cells, width - 2, paint.dim).map((line) => `  ${line}`);
}

function cellsOf(row: ServerRow, nowMs: number, paint: Paint): readonly Cell[] {
  const standing = standingOf(row);
  const { counts } = row;
  const quiet = standing === "off" ? paint.dim : undefined;
  const errors = counts?.errors ?? 0;
  return [
    { text: printable(row.name), paint: quiet ?? paint.bold },
    { text: row.transport, paint: quiet },
    { text: row.state, paint: paintOf(standing, paint) },
    { text: row.pid === null ? none : String(row.pid), paint: quiet },
    { text: row.state === "ready" ? duration(nowMs - row.since) : none, paint: quiet },
    { text: String(row.restarts), paint: row.restarts > 0 ? paint.yellow : quiet },
    { text: counts === undefined || standing === "off" ? none : count(counts.tools), paint: quiet },
    { text: counts === undefined ? none : count(counts.calls), paint: quiet },
    { text: counts === undefined ? none : count(errors), paint: errors > 0 ? paint.yellow : quiet },
    { text: lastErrorOf(row), paint: standing === "bad" ? paint.red : paint.dim },
  ];
}

function lastErrorOf(row: ServerRow): string {
  if (row.fault !== null) return printable(`${row.fault.stage}: ${row.fault.message}`);
  return printable(row.note);
}

function paintOf(standing: Standing, paint: Paint): (text: string) => string {
  return { good: paint.green, coming: paint.yellow, bad: paint.red, off: paint.dim }[standing];
}
