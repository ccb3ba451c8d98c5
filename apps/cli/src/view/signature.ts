/** A tool's arguments as one line: `path: string, depth?: integer = 2, kinds?: ("file"|"folder")[]`. */
import { isObject, type JsonObject } from "../json.ts";

export function signature(inputSchema: unknown): string {
  if (!isObject(inputSchema) || !isObject(inputSchema["properties"])) return "";
  const required = new Set(Array.isArray(inputSchema["required"]) ? inputSchema["required"] : []);
  const properties = Object.entries(inputSchema["properties"]);
  // What must be given comes first, each group in the server's own order.
  const ordered = [
    ...properties.filter(([name]) => required.has(name)),
    ...properties.filter(([name]) => !required.has(name)),
  ];
  return ordered.map(([name, schema]) => argument(name, schema, required.has(name))).join(", ");
}

function argument(name: string, schema: unknown, isRequired: boolean): string {
  const preset =
    isObject(schema) && schema["default"] !== undefined ? ` = ${JSON.stringify(schema["default"])}` : "";
  return `${name}${isRequired ? "" : "?"}: ${typeText(schema, 0)}${isRequired ? "" : preset}`;
}

/** Deeper than this a type is only said to be an object. */
const depthMax = 3;

function typeText(schema: unknown, depth: number): string {
  if (!isObject(schema) || depth > depthMax) return "any";
  if (Array.isArray(schema["enum"])) return schema["enum"].map((value) => JSON.stringify(value)).join("|");
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  const choices = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(choices))
    return [...new Set(choices.map((choice) => typeText(choice, depth + 1)))].join("|");
  const { type } = schema;
  if (Array.isArray(type)) return type.map((one) => simpleType(String(one), schema, depth)).join("|");
  return typeof type === "string" ? simpleType(type, schema, depth) : "any";
}

function simpleType(type: string, schema: JsonObject, depth: number): string {
  if (type !== "array") return type;
  const item = typeText(schema["items"], depth + 1);
  return item.includes("|") ? `(${item})[]` : `${item}[]`;
}
