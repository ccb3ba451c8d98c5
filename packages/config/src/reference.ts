/** The tables of docs/config.md, made from the schemas. */
import type { TObject, TSchema } from "@sinclair/typebox";
import { idleKeys, keyAliases, silentKeys, typeAliases } from "./aliases.ts";
import { wordsOf } from "./fields.ts";
import { GatewaySection, ServerEntry } from "./schema.ts";

/** Name of a marked part of the page → what belongs between its marks. */
export function referenceParts(): ReadonlyMap<string, string> {
  return new Map([
    ["server", table(rowsOf(ServerEntry, ""))],
    ["gateway", table(rowsOf(GatewaySection, ""))],
    ["aliases", aliases()],
  ]);
}

/** Replaces what stands between `<!-- begin NAME -->` and `<!-- end NAME -->`. */
export function fillReference(page: string): string {
  let filled = page;
  for (const [name, text] of referenceParts()) {
    const marked = new RegExp(`(<!-- begin ${name} -->\\n)[\\s\\S]*?(<!-- end ${name} -->)`);
    if (!marked.test(filled)) throw new Error(`docs/config.md has no marks for "${name}"`);
    filled = filled.replace(marked, (_whole, begin: string, end: string) => `${begin}${text}\n${end}`);
  }
  return filled;
}

interface Row {
  readonly key: string;
  readonly schema: TSchema;
}

function rowsOf(schema: TObject, prefix: string): readonly Row[] {
  return Object.entries<TSchema>(schema.properties).flatMap(([key, inner]) =>
    inner["properties"] === undefined
      ? [{ key: `${prefix}${key}`, schema: inner }]
      : rowsOf(inner as TObject, `${prefix}${key}.`),
  );
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ key, schema }) => {
    const value: unknown = schema["default"];
    return `| \`${key}\` | ${typeName(schema)} | ${value === undefined ? "" : `\`${JSON.stringify(value)}\``} | ${cell(String(schema["description"]))} |`;
  });
  return ["| Key | Value | Default | Meaning |", "|---|---|---|---|", ...lines].join("\n");
}

function typeName(schema: TSchema): string {
  const words = wordsOf(schema);
  if (words !== undefined) return words.map((word) => `\`"${word}"\``).join(", ");
  switch (schema["type"]) {
    case "integer":
      return `${schema["minimum"]} to ${schema["maximum"]}`;
    case "boolean":
      return "`true`, `false`";
    case "array":
      return wordsOf(schema["items"]) === undefined
        ? "list of strings"
        : `list of ${typeName(schema["items"])}`;
    case "object":
      return "object of strings";
    default:
      return "string";
  }
}

function aliases(): string {
  const keys = [...keyAliases].map(([key, meaning]) => `| \`${key}\` | ${cell(meaning)} |`);
  const types = `| \`type\`: ${[...typeAliases.keys()].map((word) => `\`"${word}"\``).join(", ")} | Same as \`"http"\`. |`;
  const idle = [...idleKeys].map(
    ([key, advice]) => `| \`${key}\` | No effect, with a warning. ${cell(advice)} |`,
  );
  const silent = `| ${silentKeys.map((key) => `\`${key}\``).join(", ")} | No effect. |`;
  return ["| Written elsewhere | Meaning here |", "|---|---|", ...keys, types, ...idle, silent].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
