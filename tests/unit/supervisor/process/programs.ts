/** Tiny programs for the process tests, and what the tests need to start and to look at them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServerConfig } from "@mcp-gateway/config";
import { Log, systemClock } from "@mcp-gateway/kit";
import { listProcesses } from "../../../../apps/supervisor/src/process/process-table.ts";
import { type ChildProcess, spawnBackend } from "../../../../apps/supervisor/src/process/spawn.ts";
import { backendTag, hasTag, type TagScope, tagScope } from "../../../../apps/supervisor/src/process/tag.ts";

export const silentLog = new Log("test", "critical", undefined);

export function serverConfig(entry: Partial<ServerConfig>): ServerConfig {
  return {
    name: "fixture",
    order: 0,
    transport: "stdio",
    command: "sh",
    args: [],
    env: {},
    inheritEnv: true,
    cwd: tmpdir(),
    url: undefined,
    headers: {},
    startupDelayMs: 0,
    startupTimeoutMs: 10_000,
    timeoutMs: 10_000,
    isolation: "shared",
    names: "qualified",
    oauth: undefined,
    protocol: "auto",
    restart: "always",
    enabled: true,
    platforms: undefined,
    ...entry,
  };
}

let runs = 0;

export interface Fixture {
  readonly child: ChildProcess;
  readonly tag: string;
  readonly scope: TagScope;
  /** Processes that carry the child's tag. */
  alive(): Promise<number>;
}

/** Starts `sh -c script` as a backend, unless the entry says otherwise. */
export function startProgram(script: string, entry: Partial<ServerConfig> = {}): Fixture {
  runs += 1;
  const scope = tagScope(`/test/${process.pid}`, `run${runs}`);
  const tag = backendTag(scope, 1, 1);
  const child = spawnBackend({
    server: serverConfig({ args: ["-c", script], ...entry }),
    tag,
    log: silentLog,
    clock: systemClock,
    environment: process.env,
    onFirstOutput: () => undefined,
  });
  const alive = async (): Promise<number> =>
    (await listProcesses()).filter((entry) => hasTag(entry.tag, tag)).length;
  return { child, tag, scope, alive };
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 10_000,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`waited in vain: ${what}`);
    await Bun.sleep(10);
  }
}

/** Reads the child's stdout until the text is in it; the child's output can be read once only. */
export async function readUntil(child: ChildProcess, text: string): Promise<string> {
  const decoder = new TextDecoder();
  let seen = "";
  return await new Promise((resolve, reject) => {
    void child.stdout
      .read((chunk) => {
        seen += decoder.decode(chunk, { stream: true });
        if (seen.includes(text)) resolve(seen);
      })
      .then(() => reject(new Error(`output ended before ${JSON.stringify(text)}: ${JSON.stringify(seen)}`)));
  });
}

/** Everything the child writes. */
export async function readAll(child: ChildProcess): Promise<string> {
  const decoder = new TextDecoder();
  let seen = "";
  await child.stdout.read((chunk) => {
    seen += decoder.decode(chunk, { stream: true });
  });
  return seen;
}

export function zombiesOf(parent: number): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim();
  if (children === "") return 0;
  return children.split(" ").filter((pid) => {
    try {
      return / Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
    } catch {
      return false; // Reaped while we looked.
    }
  }).length;
}

export function temporaryFolder(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "mcpg-supervisor-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
