/** `key=value` words made into a tool's arguments, by what its inputSchema says of each. Pure. */
import { UsageError } from "./cli-error.ts";
import { isObject, type JsonObject } from "./json.ts";
import { nearest } from "./nearest.ts";
import { signature } from "./view/signature.ts";

/**
 * @param words `key=value`, `key:=json`; a repeated key makes a list
 * @param json all arguments, or the first of them, as one JSON object
 * @throws UsageError
 */
export function toolArguments(
  words: readonly string[],
  json: string | undefined,
  inputSchema: unknown,
): Record<string, unknown> {
  const schema = isObject(inputSchema) ? inputSchema : {};
  const result = json === undefined ? {} : parseObject(json);
  const written = new Map<string, string[]>();
  for (const word of words) {
    const { key, text, isJson } = splitWord(word);
    checkKnown(key, schema);
    if (isJson) result[key] = parseJson(text, key);
    else written.set(key, [...(written.get(key) ?? []), text]);
  }
  for (const [key, texts] of written) result[key] = convertAll(key, texts, propertyOf(schema, key));
  checkRequired(result, schema);
  return result;
}

function splitWord(word: string): { readonly key: string; readonly text: string; readonly isJson: boolean } {
  const equals = word.indexOf("=");
  if (equals <= 0)
    throw new UsageError(`"${word}" is no key=value.`, [
      "Write key=value, key:=json, or --json '{…}' for all of them.",
    ]);
  const isJson = word[equals - 1] === ":" && equals > 1;
  return { key: word.slice(0, isJson ? equals - 1 : equals), text: word.slice(equals + 1), isJson };
}

function checkKnown(key: string, schema: JsonObject): void {
  const properties = isObject(schema["properties"]) ? Object.keys(schema["properties"]) : [];
  if (properties.length === 0 || properties.includes(key)) return;
  const near = nearest(key, properties);
  // A schema is open unless it says otherwise: only what looks mistyped, or is forbidden, is refused.
  if (schema["additionalProperties"] !== false && near === undefined) return;
  throw new UsageError(
    `The tool has no argument ${key}.${near === undefined ? "" : ` Did you mean ${near}?`}`,
    [`It takes: ${signature(schema)}`],
  );
}

function checkRequired(result: JsonObject, schema: JsonObject): void {
  const required = Array.isArray(schema["required"]) ? schema["required"].map(String) : [];
  const missing = required.filter((key) => !Object.hasOwn(result, key));
  if (missing.length === 0) return;
  throw new UsageError(`${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing.`, [
    `The tool takes: ${signature(schema)}`,
  ]);
}

function convertAll(key: string, texts: readonly string[], schema: JsonObject): unknown {
  const [first = ""] = texts;
  if (texts.length === 1) return convert(key, first, schema);
  if (!typesOf(schema).includes("array") && schema["type"] !== undefined)
    throw new UsageError(`${key} is given twice, but takes one value.`);
  return texts.map((text) => convert(key, text, itemsOf(schema)));
}

function convert(key: string, text: string, schema: JsonObject): unknown {
  const choices = Array.isArray(schema["enum"]) ? schema["enum"] : undefined;
  if (choices !== undefined) {
    const choice = choices.find((value) => String(value) === text);
    if (choice !== undefined) return choice;
    const near = nearest(text, choices.map(String));
    throw new UsageError(`${key} can't be "${text}".${near === undefined ? "" : ` Did you mean ${near}?`}`, [
      `It is one of: ${choices.join(", ")}`,
    ]);
  }
  const types = typesOf(schema);
  for (const type of types) {
    const value = convertTo(type, key, text, schema);
    if (value !== undefined) return value.value;
  }
  if (types.length === 0 || types.includes("string")) return text;
  throw new UsageError(`${key} must be ${types.join(" or ")}, not "${text}".`);
}

/** Undefined when the text does not read as that type; strings are what is left at the end. */
function convertTo(
  type: string,
  key: string,
  text: string,
  schema: JsonObject,
): { readonly value: unknown } | undefined {
  switch (type) {
    case "integer":
      return /^[+-]?\d+$/.test(text) ? { value: Number(text) } : undefined;
    case "number":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? { value: Number(text) } : undefined;
    case "boolean":
      if (/^(true|yes|on|1)$/i.test(text)) return { value: true };
      return /^(false|no|off|0)$/i.test(text) ? { value: false } : undefined;
    case "null":
      return text === "null" ? { value: null } : undefined;
    case "array":
      if (text.startsWith("[")) return { value: parseJson(text, key) };
      return { value: text === "" ? [] : text.split(",").map((part) => convert(key, part, itemsOf(schema))) };
    case "object":
      return text.startsWith("{") ? { value: parseJson(text, key) } : undefined;
    default:
      return undefined;
  }
}

/** The types a value may have, the strictest first, `string` left to the end. */
function typesOf(schema: JsonObject): readonly string[] {
  const { type } = schema;
  const choices = schema["anyOf"] ?? schema["oneOf"];
  const types = Array.isArray(choices)
    ? choices.flatMap((choice) => (isObject(choice) ? typesOf(choice) : []))
    : Array.isArray(type)
      ? type.map(String)
      : typeof type === "string"
        ? [type]
        : [];
  const order = ["null", "boolean", "integer", "number", "object", "array", "string"];
  return [...new Set(types)].sort((a, b) => order.indexOf(a) - order.indexOf(b));
}

function propertyOf(schema: JsonObject, key: string): JsonObject {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
  return isObject(property) ? property : {};
}

function itemsOf(schema: JsonObject): JsonObject {
  return isObject(schema["items"]) ? schema["items"] : {};
}

function parseObject(text: string): Record<string, unknown> {
  const value = parseJson(text, "--json");
  if (!isObject(value)) throw new UsageError("--json must be a JSON object.");
  return { ...value };
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `${what} is not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
