/** The keys of one section as they stand in the file, and their check against a schema. */
import type { Static, TObject, TSchema } from "@sinclair/typebox";
import { Errors, ValueErrorType } from "@sinclair/typebox/errors";
import { describe, type Node, nodeAt, plainValue, properties } from "./document.ts";
import type { Faults, KeyPath } from "./fault.ts";
import { didYouMean } from "./suggest.ts";

export interface Field {
  /** As it is written in the file; an alias keeps its own word here. */
  readonly key: string;
  readonly keyNode: Node;
  readonly node: Node;
  /** The plain value; differs from the node's where an alias means another value. */
  readonly value: unknown;
}

/** By the key's canonical name. */
export type Fields = ReadonlyMap<string, Field>;

/**
 * A key set to null counts as left out, as generated files have it. Equal keys are a fault of the document
 * already; the last one is taken here.
 */
export function readFields(
  node: Node,
  path: KeyPath,
  known: readonly string[],
  faults: Faults,
): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const { key, keyNode, value } of properties(node)) {
    if (value.type === "null" && known.includes(key)) {
      faults.warn(value.offset, [...path, key], "is null, which counts as left out.");
    } else fields.set(key, { key, keyNode, node: value, value: plainValue(value) });
  }
  return fields;
}

/**
 * Notes a fault for each thing that does not fit, and returns what does: what has a fault is left out, so
 * that later checks can go on with the rest and every fault is reported at once.
 */
export function checkFields<Section extends TObject>(
  schema: Section,
  fields: Fields,
  path: KeyPath,
  faults: Faults,
): Static<Section> {
  const section: Record<string, unknown> = Object.fromEntries(
    [...fields].map(([key, field]) => [key, field.value]),
  );
  const seen = new Set<string>();
  for (const error of [...Errors(schema, [], section)]) {
    if (seen.has(error.path)) continue; // One value can break several rules; the first says enough.
    seen.add(error.path);
    const [top = "", ...rest] = error.path.slice(1).split("/").map(unescapePointer);
    const field = fields.get(top);
    if (field === undefined) continue;
    const inner = rest.map((part) =>
      /^\d+$/.test(part) && !isUnderObject(field.node, part, rest) ? Number(part) : part,
    );
    const place = [...path, field.key, ...inner];
    if (error.type === ValueErrorType.ObjectAdditionalProperties) {
      reportUnknown(schema, field, inner, place, faults);
    } else {
      const node = nodeAt(field.node, inner);
      faults.fault(node.offset, place, misfit(error.schema, node, top));
    }
    leaveOut(section, top, rest, schema.properties[top]);
  }
  // Every key that broke the schema is gone, and every key of these schemas is optional.
  return section as Static<Section>;
}

/** One bad variable or argument must not hide what is wrong with its neighbours. */
function leaveOut(
  section: Record<string, unknown>,
  top: string,
  rest: readonly string[],
  schema: TSchema | undefined,
): void {
  const container = section[top];
  const [key = ""] = rest;
  const isList = Array.isArray(container);
  const isChoice = isList && wordsOf(schema?.["items"]) !== undefined;
  if (rest.length !== 1 || typeof container !== "object" || container === null || isChoice)
    delete section[top];
  // Positions stay as they are in the file, for the faults of the items behind it.
  else if (isList) section[top] = container.map((item) => (typeof item === "string" ? item : ""));
  else section[top] = Object.fromEntries(Object.entries(container).filter(([name]) => name !== key));
}

/** Numbers are list positions, unless an object has a key that looks like one. */
function isUnderObject(node: Node, part: string, rest: readonly string[]): boolean {
  return nodeAt(node, rest.slice(0, rest.indexOf(part))).type === "object";
}

function unescapePointer(part: string): string {
  return part.replace(/~1/g, "/").replace(/~0/g, "~");
}

function reportUnknown(schema: TObject, field: Field, inner: KeyPath, place: KeyPath, faults: Faults): void {
  const key = String(inner.at(-1) ?? field.key);
  const owner = inner.length === 0 ? field.keyNode : nodeAt(field.node, inner.slice(0, -1));
  const keyNode =
    inner.length === 0
      ? field.keyNode
      : (properties(owner).find((property) => property.key === key)?.keyNode ?? owner);
  let parent: TSchema = schema;
  if (inner.length > 0)
    for (const part of [field.key, ...inner.slice(0, -1)]) parent = parent["properties"]?.[part] ?? parent;
  faults.fault(keyNode.offset, place, unknownKey(key, Object.keys(parent["properties"] ?? {})));
}

export function unknownKey(key: string, known: readonly string[]): string {
  return `is not a known key.${didYouMean(key, known) || ` Known are ${known.join(", ")}.`}`;
}

/** What the value must be, what it is, and what to write. Strings are shown only where a fixed word belongs. */
function misfit(schema: TSchema, node: Node, key: string): string {
  const words = wordsOf(schema);
  if (words !== undefined && node.type === "string") {
    const text = String(node.value);
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    return `must be ${expected(schema)}; found ${JSON.stringify(shown)}.${didYouMean(text, words)}`;
  }
  if (schema["type"] === "string" && node.value === "") return "must not be empty.";
  if (schema["type"] === "array" && node.type === "array")
    return "must not be an empty list. Leave the key out instead.";
  const hidden = key === "env" || key === "headers" || key === "token" || key === "oauth";
  return `must be ${expected(schema)}; found ${hidden ? kindOf(node) : describe(node)}.${advice(schema, node, key, hidden)}`;
}

function kindOf(node: Node): string {
  return node.type === "number" ? "a number" : describe(node);
}

function advice(schema: TSchema, node: Node, key: string, hidden: boolean): string {
  const text = String(node.value);
  if (schema["type"] === "string" && node.type !== "null" && node.value !== undefined) {
    // A long number in `env` may be a PIN; a short one shows best what is meant.
    return !hidden || text.length <= 5 ? ` Write ${JSON.stringify(text)}.` : " Write it in double quotes.";
  }
  if (key === "command" && node.type === "array")
    return ' Write the program as "command" and the rest as "args".';
  if (schema["type"] === "integer" && node.type === "string" && /^\d+$/.test(text))
    return ` Write ${text}, without quotes.`;
  if (schema["type"] === "boolean" && /^(true|false)$/.test(text)) return ` Write ${text}, without quotes.`;
  const example: unknown = schema["examples"]?.[0];
  return example === undefined ? "" : ` Write, for example, ${JSON.stringify(example)}.`;
}

function expected(schema: TSchema): string {
  const words = wordsOf(schema);
  if (words !== undefined) {
    const quoted = words.map((word) => JSON.stringify(word));
    return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  }
  switch (schema["type"]) {
    case "string":
      return "a string";
    case "boolean":
      return "true or false";
    case "integer":
      return `a whole number from ${schema["minimum"]} to ${schema["maximum"]}`;
    case "array":
      return wordsOf(schema["items"]) === undefined
        ? "a list of strings"
        : `a list of ${expected(schema["items"])}`;
    default:
      return schema["patternProperties"] === undefined ? "an object" : "an object whose values are strings";
  }
}

/** The fixed words of a choice; undefined for every other schema. */
export function wordsOf(schema: TSchema | undefined): readonly string[] | undefined {
  const choices: unknown = schema?.["anyOf"];
  return Array.isArray(choices) ? choices.map((choice: TSchema) => String(choice["const"])) : undefined;
}
