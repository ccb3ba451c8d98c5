/**
 * Arguments of a tool that are mirrored into `Mcp-Param-*` headers: which ones its `inputSchema` names with
 * `x-mcp-header`, and whether a request's headers say what its arguments say (2026-07-28, Streamable HTTP,
 * "Custom Headers from Tool Parameters"). Pure.
 */
import { limits } from "@mcp-gateway/kit";
import { exactNumberText } from "@mcp-gateway/mcp";
import { decodeHeaderValue } from "./header-value.ts";
import { isObject, type JsonObject } from "./meta-keys.ts";

export interface ParamHeader {
  /** Keys of `properties` from the schema's root. */
  readonly path: readonly string[];
  /** The part behind `Mcp-Param-`. */
  readonly name: string;
  readonly type: string;
}

export type ParamHeaders =
  | { readonly isValid: true; readonly headers: readonly ParamHeader[] }
  /** The tool's definition breaks a rule: clients of this revision must leave the tool out. */
  | { readonly isValid: false; readonly reason: string };

const keyword = "x-mcp-header";
/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const allowedTypes: readonly unknown[] = ["string", "integer", "boolean"];
/** Under these stand values, not schemas; what they hold is data. */
const dataKeywords: readonly string[] = ["default", "const", "enum", "examples"];

export const noParamHeaders: ParamHeaders = { isValid: true, headers: [] };

export function paramHeadersOf(inputSchema: unknown): ParamHeaders {
  const headers: ParamHeader[] = [];
  const reason = visit(inputSchema, [], true, headers, 0);
  return reason === undefined ? { isValid: true, headers } : { isValid: false, reason };
}

/** @returns the rule that is broken, as a sentence */
function visit(
  schema: unknown,
  path: readonly string[],
  isReachable: boolean,
  found: ParamHeader[],
  depth: number,
): string | undefined {
  if (depth > limits.jsonDepthMax) return undefined; // No request can reach down there.
  if (Array.isArray(schema)) return firstFault(schema, (item) => visit(item, path, false, found, depth + 1));
  if (!isObject(schema)) return undefined;
  if (Object.hasOwn(schema, keyword)) {
    const fault = take(schema, path, isReachable, found);
    if (fault !== undefined) return fault;
  }
  return firstFault(Object.entries(schema), ([key, value]) => {
    if (dataKeywords.includes(key)) return undefined;
    if (key !== "properties" || !isObject(value)) return visit(value, path, false, found, depth + 1);
    return firstFault(Object.entries(value), ([name, child]) =>
      visit(child, [...path, name], isReachable, found, depth + 1),
    );
  });
}

function firstFault<T>(items: readonly T[], check: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const fault = check(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function take(
  schema: JsonObject,
  path: readonly string[],
  isReachable: boolean,
  found: ParamHeader[],
): string | undefined {
  const name = schema[keyword];
  const { type } = schema;
  if (!isReachable || path.length === 0) return `${keyword} stands where no chain of \`properties\` leads`;
  if (typeof name !== "string" || !token.test(name))
    return `${keyword} of ${path.join(".")} is no header name`;
  if (typeof type !== "string" || !allowedTypes.includes(type))
    return `${keyword} of ${path.join(".")} needs the type string, integer or boolean`;
  if (found.some((other) => other.name.toLowerCase() === name.toLowerCase()))
    return `${keyword} "${name}" is there twice`;
  found.push({ path, name, type });
  return undefined;
}

/** What is wrong with a request's headers, as a sentence; `undefined`: they say what the arguments say. */
export function paramHeaderFault(
  headers: readonly ParamHeader[],
  args: unknown,
  read: (name: string) => string | null,
): string | undefined {
  for (const { path, name, type } of headers) {
    const value = valueAt(args, path);
    if (value === undefined || value === null) continue;
    const expected = headerText(value);
    if (expected === undefined) continue; // Of another type than declared: for the tool to refuse.
    const header = `Mcp-Param-${name}`;
    const given = read(header);
    if (given === null) return `The header ${header} is missing; the argument ${path.join(".")} needs it.`;
    const decoded = decodeHeaderValue(given);
    if (decoded === undefined) return `The header ${header} has characters or Base64 that are not allowed.`;
    const isSame = decoded === expected || (type === "integer" && isSameNumber(decoded, expected));
    if (!isSame) return `The header ${header} differs from the argument ${path.join(".")}.`;
  }
  return undefined;
}

/** The headers that a request with these arguments needs; values are not encoded yet. */
export function paramHeaderValues(headers: readonly ParamHeader[], args: unknown): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { path, name } of headers) {
    const text = headerText(valueAt(args, path));
    if (text !== undefined) values[`Mcp-Param-${name}`] = text;
  }
  return values;
}

/** The same for a tool's definition as JSON; a definition that breaks a rule has none. */
export function paramHeadersFor(toolText: string, args: unknown): Record<string, string> {
  if (!toolText.includes(keyword)) return {}; // Nearly all tools are told by one native search.
  const tool = JSON.parse(toolText) as { readonly inputSchema?: unknown }; // Read as an object before it was kept.
  const found = paramHeadersOf(tool.inputSchema);
  return found.isValid ? paramHeaderValues(found.headers, args) : {};
}

function valueAt(args: unknown, path: readonly string[]): unknown {
  let value = args;
  for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

function headerText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const exact = exactNumberText(value);
  // A whole number is said in all its digits; of other spellings of a number a header has one.
  if (exact !== undefined) return /^-?\d+$/.test(exact) ? exact : String(Number(exact));
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** `42.0` and `42` are one number. */
function isSameNumber(text: string, expected: string): boolean {
  return /^-?\d+(?:\.\d+)?$/.test(text) && Number(text) === Number(expected);
}
