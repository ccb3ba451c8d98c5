/** The JSON Schema that editors check `config.json` with. Draft 7: the newest that all of them know. */
import type { TObject, TSchema } from "@sinclair/typebox";
import { idleKeys, keyAliases, silentKeys, typeAliases } from "./aliases.ts";
import { wordsOf } from "./fields.ts";
import { GatewaySection, ServerEntry } from "./schema.ts";

type Schema = Record<string, unknown>;

/**
 * Both shapes at once: what is no key of the wrapped shape is a server of the flat one. What one entry may
 * combine, and what `${…}` expands to, is checked at the start only.
 */
export function configJsonSchema(): Record<string, unknown> {
  const servers = { type: "object", additionalProperties: { $ref: "#/definitions/server" } };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "MCP Gateway configuration",
    description: "Comments and trailing commas are allowed.",
    type: "object",
    allowTrailingCommas: true,
    properties: {
      $schema: { type: "string", description: "Where this schema is, for editors." },
      gateway: { $ref: "#/definitions/gateway" },
      mcpServers: { ...servers, description: "The servers, by name." },
      servers: { ...servers, description: "Same as `mcpServers`, as VS Code writes it.", deprecated: true },
      inputs: { type: "array", description: "VS Code's questions. Not used here.", deprecated: true },
    },
    additionalProperties: { $ref: "#/definitions/server" },
    definitions: {
      gateway: { ...plain(GatewaySection), description: "Settings of the gateway itself." },
      server: serverSchema(),
    },
  };
}

function serverSchema(): Schema {
  const own = plain(ServerEntry);
  const foreign: Record<string, Schema> = {};
  for (const [key, description] of keyAliases) {
    foreign[key] = { type: aliasTypes.get(key) ?? "string", description, deprecated: true };
  }
  for (const key of silentKeys)
    foreign[key] = { description: "Taken from other programs' configurations; has no effect here." };
  for (const [key, advice] of idleKeys)
    foreign[key] = { description: `Has no effect here. ${advice}`, deprecated: true };
  const properties = propertiesOf(ServerEntry);
  const type = { ...properties["type"], enum: [...wordsIn(properties["type"]), ...typeAliases.keys()] };
  const { description, ...section } = properties["oauth"] ?? {};
  const oauth = { description, anyOf: [{ type: "boolean" }, section] };
  return { ...own, description: "One MCP server.", properties: { ...properties, type, oauth, ...foreign } };
}

const aliasTypes: ReadonlyMap<string, string> = new Map([
  ["disabled", "boolean"],
  ["auth", "object"],
]);

function wordsIn(schema: Schema | undefined): readonly unknown[] {
  return Array.isArray(schema?.["enum"]) ? schema["enum"] : [];
}

function propertiesOf(schema: TObject): Record<string, Schema> {
  return Object.fromEntries(Object.entries(schema.properties).map(([key, inner]) => [key, plain(inner)]));
}

/** Without TypeBox's own marks, and with choices written as `enum`, which editors complete from. */
function plain(schema: TSchema): Schema {
  const { anyOf, properties, items, patternProperties, ...rest } = schema;
  const words = wordsOf(schema);
  const result: Schema = words === undefined ? { ...rest } : { type: "string", enum: words, ...rest };
  if (words === undefined && anyOf !== undefined) result["anyOf"] = anyOf;
  if (properties !== undefined) {
    result["properties"] = Object.fromEntries(
      Object.entries<TSchema>(properties).map(([key, inner]) => [key, plain(inner)]),
    );
  }
  if (items !== undefined) result["items"] = plain(items);
  if (patternProperties !== undefined) result["additionalProperties"] = { type: "string" };
  return JSON.parse(JSON.stringify(result));
}
