/** Writes a configuration into a folder of its own, loads it, and says what came of it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Config, type ConfigFault, type ConfigResult, loadConfig } from "@mcp-gateway/config";
import { tempDir } from "../../support/temp-dir.ts";

export interface Around {
  readonly environment?: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
  /** Further files, by path below the configuration's folder. */
  readonly files?: Readonly<Record<string, string>>;
}

export async function loadText(
  text: string | Uint8Array,
  around: Around = {},
): Promise<ConfigResult & { readonly folder: string }> {
  using folder = tempDir("config");
  for (const [name, content] of Object.entries(around.files ?? {})) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), content);
  }
  const path = join(folder.path, "config.json");
  writeFileSync(path, text, { mode: 0o600 });
  return {
    ...(await loadConfig(path, around.environment ?? {}, around.platform ?? "linux")),
    folder: folder.path,
  };
}

/** The configuration of a text that must be right, with its folder and its warnings. */
export async function loaded(
  content: string | object,
  around: Around = {},
): Promise<{ readonly config: Config; readonly warnings: readonly string[]; readonly folder: string }> {
  const result = await loadText(typeof content === "string" ? content : JSON.stringify(content), around);
  if (!result.ok)
    throw new Error(
      result.faults
        .map((fault) => `${fault.line}:${fault.column} ${fault.path}: ${fault.message}`)
        .join("\n"),
    );
  return { config: result.config, warnings: result.warnings.map(shortFault), folder: result.folder };
}

/** The only server of a flat map of one. */
export async function loadedServer(entry: object, around: Around = {}) {
  const { config, warnings, folder } = await loaded({ a: entry }, around);
  const server = config.servers[0];
  if (server === undefined) throw new Error("no server was read");
  return { server, warnings, folder };
}

/** What is wrong with a text that must not load. */
export async function faultsOf(content: string | object, around: Around = {}): Promise<readonly string[]> {
  const result = await loadText(typeof content === "string" ? content : JSON.stringify(content), around);
  if (result.ok) throw new Error("it was accepted");
  return result.faults.map(shortFault);
}

function shortFault({ path, message }: ConfigFault): string {
  return path === "" ? message : `${path}: ${message}`;
}

/** `▸` in the text marks where a fault must be reported; returns the text without marks, and their places. */
export function marked(text: string): { readonly text: string; readonly places: readonly string[] } {
  const places: string[] = [];
  const lines = text.split("\n").map((line, index) => {
    let rest = line;
    for (let at = rest.indexOf("▸"); at !== -1; at = rest.indexOf("▸")) {
      places.push(`${index + 1}:${at + 1}`);
      rest = rest.slice(0, at) + rest.slice(at + 1);
    }
    return rest;
  });
  return { text: lines.join("\n"), places };
}
