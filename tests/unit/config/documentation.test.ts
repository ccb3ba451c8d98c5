/** What is published about the configuration is true: schema, tables, examples, the shipped file. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { configJsonSchema, loadConfig } from "@mcp-gateway/config";
import { installDirectory } from "@mcp-gateway/kit";
import { foreignKeys } from "../../../packages/config/src/aliases.ts";
import { pagePath, schemaPath, schemaText } from "../../../packages/config/src/generate.ts";
import { fillReference } from "../../../packages/config/src/reference.ts";
import { loadText } from "./config-file.ts";

const page = await Bun.file(pagePath).text();

interface Example {
  readonly text: string;
  readonly environment: Record<string, string>;
  readonly files: Record<string, string>;
}

/** Each block, with the environment and the files that comments before it state. */
function examplesOf(markdown: string): readonly Example[] {
  return Array.from(
    markdown.matchAll(/((?:<!-- (?:environment|file): .* -->\n)*)```jsonc\n([\s\S]*?)```/g),
    ([, comments = "", text = ""]) => {
      const given = (kind: string) =>
        Object.fromEntries(
          Array.from(
            comments.matchAll(new RegExp(`<!-- ${kind}: ([^=]+)=(.*) -->`, "g")),
            ([, name = "", value = ""]) => [name, value],
          ),
        );
      return { text, environment: given("environment"), files: given("file") };
    },
  );
}

describe("docs/config.md", () => {
  test("its tables are those of the schema: bun packages/config/src/generate.ts", () => {
    expect(page).toBe(fillReference(page));
  });

  const examples = examplesOf(page);

  test("it has examples", () => {
    expect(examples.length).toBeGreaterThan(5);
  });

  test.each(examples.map((example, index) => [index + 1, example] as const))(
    "example %i loads without a fault",
    async (_index, { text, environment, files }) => {
      const result = await loadText(text, { environment, files });
      expect(result.ok ? [] : result.faults).toEqual([]);
      expect(result.ok && result.warnings.filter(({ path }) => !path.endsWith(".timeout"))).toEqual([]);
    },
  );
});

describe("docs/config.schema.json", () => {
  test("it is made from the schema: bun packages/config/src/generate.ts", async () => {
    expect(await Bun.file(schemaPath).text()).toBe(schemaText());
  });

  test("every key of ours is described", () => {
    const undescribed: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== "object" || schema === null) return;
      const { properties } = schema as { properties?: Record<string, { description?: unknown }> };
      for (const [key, inner] of Object.entries(properties ?? {})) {
        if (inner.description === undefined && !("$ref" in inner)) undescribed.push(`${path}.${key}`);
        visit(inner, `${path}.${key}`);
      }
    };
    const { definitions } = configJsonSchema() as { definitions: Record<string, unknown> };
    for (const [name, schema] of Object.entries(definitions)) visit(schema, name);
    visit(configJsonSchema(), "");
    expect(undescribed).toEqual([]);
  });

  test("editors do not mark what the loader takes", () => {
    const { definitions } = configJsonSchema() as {
      definitions: { server: { properties: object; additionalProperties: unknown } };
    };
    expect(definitions.server.additionalProperties).toBe(false);
    for (const key of foreignKeys) expect(Object.keys(definitions.server.properties)).toContain(key);
  });
});

describe("the shipped config.json", () => {
  const path = join(installDirectory, "config.json");

  test("it loads without a fault on every system", async () => {
    for (const platform of ["linux", "darwin", "win32"] as const) {
      const result = await loadConfig(path, {}, platform);
      expect(result.ok ? [] : result.faults).toEqual([]);
      const servers = result.ok ? result.config.servers : [];
      expect(servers.every(({ enabled }) => enabled)).toBe(true);
      expect(servers.filter((one) => one.platforms?.includes(platform)).map(({ name }) => name)).toEqual(
        platform === "win32" ? ["cmd", "powershell", "wmi"] : ["bash"],
      );
      expect(servers).toHaveLength(4);
    }
  });

  test("its commented examples load when they are put to use", async () => {
    const text = await Bun.file(path).text();
    const uncommented = text
      .replace(/^( +)\/\/ (?=["}\]]| {2,})/gm, "$1")
      .replace(/^( {4}\})$(?=\n\n)/m, "$1,");
    const result = await loadText(uncommented, { environment: { TOKEN: "t" } });
    expect(
      result.ok ? result.config.servers.map(({ name, transport }) => [name, transport]) : result.faults,
    ).toEqual([
      ["bash", "stdio"],
      ["cmd", "stdio"],
      ["powershell", "stdio"],
      ["wmi", "stdio"],
      ["playwright", "stdio"],
      ["my-sse-server", "sse"],
      ["remote", "http"],
    ]);
  });
});

test("the examples of README.md load", async () => {
  for (const name of ["README.md", "README.zh-CN.md"]) {
    for (const { text } of examplesOf(await Bun.file(join(installDirectory, name)).text())) {
      const result = await loadText(text);
      expect(result.ok ? [] : result.faults).toEqual([]);
    }
  }
});
