/** Programs that others wrote, in a folder of their own that is filled on demand from its lock file. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryDirectory } from "./repository.ts";
import { runOrThrow } from "./run-program.ts";

export const thirdPartyDirectory = join(repositoryDirectory, "tests/third-party");

/** Installs what the lock names, unless that is what is installed. */
export async function ensureThirdParty(): Promise<void> {
  const lock = readFileSync(join(thirdPartyDirectory, "bun.lock"), "utf8");
  const mark = join(thirdPartyDirectory, "node_modules/.installed-lock");
  if (existsSync(mark) && readFileSync(mark, "utf8") === lock) return;
  await runOrThrow([process.execPath, "install", "--frozen-lockfile"], {
    cwd: thirdPartyDirectory,
    timeoutMs: 300_000,
  });
  writeFileSync(mark, lock);
}

/** The JavaScript file behind a package's command. */
export function thirdPartyProgram(packageName: string, file: string): string {
  return join(thirdPartyDirectory, "node_modules", packageName, file);
}

export const programs = {
  conformance: thirdPartyProgram("@modelcontextprotocol/conformance", "dist/index.js"),
  /** The suite's successor, which knows the stateless revision. */
  conformanceStateless: thirdPartyProgram("conformance-stateless", "dist/index.js"),
  everything: thirdPartyProgram("@modelcontextprotocol/server-everything", "dist/index.js"),
  filesystem: thirdPartyProgram("@modelcontextprotocol/server-filesystem", "dist/index.js"),
  memory: thirdPartyProgram("@modelcontextprotocol/server-memory", "dist/index.js"),
  sequentialThinking: thirdPartyProgram("@modelcontextprotocol/server-sequential-thinking", "dist/index.js"),
  playwright: thirdPartyProgram("@playwright/mcp", "cli.js"),
  inspector: thirdPartyProgram("@modelcontextprotocol/inspector", "clients/launcher/build/index.js"),
  mcporter: thirdPartyProgram("mcporter", "dist/cli.js"),
  mcpProxy: thirdPartyProgram("mcp-proxy", "dist/bin/mcp-proxy.mjs"),
  mcpRemote: thirdPartyProgram("mcp-remote", "dist/proxy.js"),
} as const;

/** Runs others' servers as their users do: with Node where there is one. */
export const serverRuntime = Bun.which("node") ?? process.execPath;
