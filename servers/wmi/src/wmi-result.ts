/** What a client gets of a query: the rows as JSON text and as structure, or WMI's error explained. */
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { Engine } from "./engines.ts";
import type { Query } from "./query.ts";
import type { Row, RowReader } from "./row-reader.ts";
import { wmiErrorOf, wmiErrorText } from "./wmi-errors.ts";

export const outputSchema = {
  type: "object",
  properties: {
    rows: { type: "array", items: { type: "object" }, description: "One object for each instance." },
    rowCount: { type: "integer", minimum: 0 },
    hasMore: {
      type: "boolean",
      description: "Whether there are rows beyond `limit`, or beyond what is kept.",
    },
    query: { type: "string", description: "The WQL that was run." },
    namespace: { type: "string" },
    engine: { type: "string", enum: ["powershell", "script"], description: "What ran it." },
    durationMs: { type: "integer", minimum: 0 },
    error: {
      type: "object",
      properties: {
        hresult: { type: "string" },
        name: { type: "string" },
        meaning: { type: "string" },
        message: { type: "string" },
      },
      required: ["hresult", "name", "meaning", "message"],
      additionalProperties: false,
    },
  },
  required: ["rows", "rowCount", "hasMore", "query", "namespace", "engine", "durationMs"],
  additionalProperties: false,
} as const;

export interface QueryRun {
  readonly query: Query;
  readonly engine: Engine;
  readonly durationMs: number;
}

export function rowsResult(run: QueryRun, read: RowReader): CallToolResult {
  const rows = read.rows.map((row) => chosen(row, run.query.properties));
  const more = `There are more rows than these ${rows.length}: narrow \`filter\`, choose \`properties\`, or raise \`limit\`.`;
  return {
    content: [
      { type: "text", text: JSON.stringify(rows, null, 1) },
      ...(read.hasMore ? [{ type: "text" as const, text: more }] : []),
    ],
    structuredContent: structured(run, rows, read.hasMore),
    isError: false,
  };
}

export function faultOfWmi(run: QueryRun, read: RowReader): CallToolResult {
  const error = wmiErrorOf(read.fault);
  const text = `${wmiErrorText(error)}\nThe query was: ${run.query.wql}, in ${run.query.namespace}`;
  return {
    content: [{ type: "text", text }],
    structuredContent: { ...structured(run, read.rows, read.rows.length > 0), error },
    isError: true,
  };
}

function structured({ query, engine, durationMs }: QueryRun, rows: readonly Row[], hasMore: boolean) {
  return {
    rows,
    rowCount: rows.length,
    hasMore,
    query: query.wql,
    namespace: query.namespace,
    engine,
    durationMs,
  };
}

/** WMI adds the key to what was asked for, and has its own order. */
function chosen(row: Row, properties: readonly string[] | undefined): Row {
  if (properties === undefined) return row;
  const known = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), [name, value]]));
  return Object.fromEntries(properties.map((name) => known.get(name.toLowerCase()) ?? [name, null]));
}
