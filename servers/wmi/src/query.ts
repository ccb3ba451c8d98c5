/** A call's arguments, checked, as a query that holds nothing but checked parts. */
import { limits } from "@mcp-gateway/kit/limits";
import { conditionText, parseCondition } from "./wql-condition.ts";
import { WqlFault } from "./wql-tokens.ts";

export interface Query {
  readonly wql: string;
  /** Backslashes between its parts. */
  readonly namespace: string;
  /** Undefined for all. */
  readonly properties: readonly string[] | undefined;
  readonly wmiClass: string;
  readonly limit: number;
  readonly timeoutMs: number;
}

export interface QueryBounds {
  readonly timeoutMs: number;
  readonly timeoutMsMax: number;
}

export type ReadQuery =
  | { readonly isValid: true; readonly query: Query }
  | { readonly isValid: false; readonly faults: readonly string[] };

const name = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/u;
const namespacePart = /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/u;
const known: readonly string[] = ["wmi_class", "properties", "filter", "namespace", "limit", "timeoutMs"];
const namespaceByDefault = "root\\cimv2";

export function readQuery(given: unknown, bounds: QueryBounds): ReadQuery {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return { isValid: false, faults: ["The arguments must be an object with at least `wmi_class`."] };
  // A client that has no value for an argument may send null for it.
  const values = new Map<string, unknown>(Object.entries(given).filter(([, value]) => value !== null));
  const faults = [...values.keys()]
    .filter((key) => !known.includes(key))
    .map((key) => `There is no argument ${JSON.stringify(key)}; the arguments are ${known.join(", ")}.`);
  const wmiClass = readName(values.get("wmi_class"), faults);
  const properties = readProperties(values.get("properties"), faults);
  const condition = readFilter(values.get("filter"), faults);
  const namespace = readNamespace(values.get("namespace") ?? namespaceByDefault, faults);
  const limit = readWhole("limit", values.get("limit") ?? limits.wmiRowsMax, limits.wmiRowsCeiling, faults);
  const timeoutMs = readWhole(
    "timeoutMs",
    values.get("timeoutMs") ?? bounds.timeoutMs,
    bounds.timeoutMsMax,
    faults,
  );
  if (faults.length > 0) return { isValid: false, faults };
  const columns = properties === undefined ? "*" : properties.join(", ");
  const wql = `SELECT ${columns} FROM ${wmiClass}${condition === "" ? "" : ` WHERE ${condition}`}`;
  return { isValid: true, query: { wql, namespace, properties, wmiClass, limit, timeoutMs } };
}

function readName(value: unknown, faults: string[]): string {
  if (typeof value === "string" && name.test(value)) return value;
  faults.push(
    "`wmi_class` must be the name of a class, such as Win32_OperatingSystem: letters, digits and `_`.",
  );
  return "";
}

function readProperties(value: unknown, faults: string[]): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length > limits.wmiPropertiesMax) {
    faults.push(`\`properties\` must be an array of at most ${limits.wmiPropertiesMax} names.`);
    return undefined;
  }
  // An empty list, or the star of WQL, means all.
  if (value.length === 0 || (value.length === 1 && value[0] === "*")) return undefined;
  const wrong = value.filter((item) => typeof item !== "string" || !name.test(item));
  for (const item of wrong)
    faults.push(
      `\`properties\`: ${JSON.stringify(item)} can't be the name of a property (letters, digits and \`_\`).`,
    );
  return value.filter((item): item is string => typeof item === "string");
}

function readFilter(value: unknown, faults: string[]): string {
  if (value === undefined || value === "") return "";
  if (typeof value !== "string") {
    faults.push("`filter` must be a string: the condition of a WQL query, without the word WHERE.");
    return "";
  }
  try {
    return conditionText(parseCondition(value));
  } catch (error) {
    if (!(error instanceof WqlFault)) throw error;
    faults.push(
      `\`filter\`: ${error.message}. It is a WQL condition, such as: Name = 'svchost.exe' AND ProcessId > 100`,
    );
    return "";
  }
}

function readNamespace(value: unknown, faults: string[]): string {
  const parts = typeof value === "string" ? value.split(/[\\/]/u) : [];
  const isRight = parts.length > 0 && parts.length <= 16 && parts.every((part) => namespacePart.test(part));
  if (isRight && parts[0]?.toLowerCase() === "root") return parts.join("\\");
  faults.push("`namespace` must be a namespace of this machine that begins with root, such as root\\cimv2.");
  return "";
}

function readWhole(what: string, value: unknown, max: number, faults: string[]): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max) return value;
  faults.push(`\`${what}\` must be a whole number from 1 to ${max}.`);
  return 1;
}
