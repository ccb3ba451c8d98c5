/** Writes what is made from the schemas: docs/config.schema.json and the tables of docs/config.md. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installDirectory } from "@mcp-gateway/kit";
import { configJsonSchema } from "./json-schema.ts";
import { fillReference } from "./reference.ts";

export const schemaPath = join(installDirectory, "docs/config.schema.json");
export const pagePath = join(installDirectory, "docs/config.md");

/** One key a line; lists of words on one line when they fit, as the formatter has them. */
export function schemaText(): string {
  const text = JSON.stringify(configJsonSchema(), null, 2);
  // Twice: a list within a list fits only once the inner one is on one line.
  return `${joinLists(joinLists(text))}\n`;
}

function joinLists(text: string): string {
  return text.replace(
    /^( *)("[^"\n]+": )?\[\n([^{}]*?)\n\1\](,?)$/gm,
    (whole, indent: string, key: string | undefined, items: string, comma: string) => {
      const words = items.split("\n").map((item) => item.trim());
      const line = `${indent}${key ?? ""}[${words.join(" ").replace(/\[ /g, "[").replace(/ \]/g, "]")}]${comma}`;
      return line.length <= 110 ? line : whole;
    },
  );
}

if (import.meta.main) {
  await writeFile(schemaPath, schemaText());
  await writeFile(pagePath, fillReference(await readFile(pagePath, "utf8")));
}
