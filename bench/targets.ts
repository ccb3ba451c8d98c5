/** What is measured: each target is one or more processes in front of the same backend, and a way in. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type BenchClient, SseClient, StreamableClient } from "./mcp-client.ts";

export interface TargetOptions {
  /** Tools of each backend. */
  readonly tools: number;
  readonly backends: number;
}

export interface Target {
  readonly name: string;
  open(): Promise<BenchClient>;
  /** Resident bytes of the target's own processes, backends left out. */
  residentBytes(): number;
  /** User and system time of the target's own processes so far, in milliseconds. */
  cpuMs(): number;
  stop(): Promise<void>;
}

export interface TargetKind {
  readonly name: string;
  /** @param expectedTools how many tools must be listed before it counts as started; 0: answering is enough */
  start(options: TargetOptions): Promise<Target>;
}

const root = resolve(import.meta.dir, "..");
const backendScript = join(root, "bench/backend.ts");
const startTimeoutMs = 60_000;

export const directKind: TargetKind = {
  name: "backend direct",
  start: async ({ tools }) => {
    const port = await freePort();
    const child = spawn(
      [process.execPath, backendScript, "--tools", String(tools), "--http", String(port)],
      {},
    );
    return await target(
      "backend direct",
      child,
      [child.pid],
      () => StreamableClient.open(port, "/mcp", ""),
      async () => {},
    );
  },
};

export const pumpKind: TargetKind = {
  name: "byte pump",
  start: async ({ tools }) => {
    const port = await freePort();
    const child = spawn(
      [
        process.execPath,
        join(root, "bench/pump.ts"),
        String(port),
        "--",
        process.execPath,
        backendScript,
        "--tools",
        String(tools),
      ],
      {},
    );
    return await target(
      "byte pump",
      child,
      [child.pid],
      () => StreamableClient.open(port, "/mcp", ""),
      async () => {},
    );
  },
};

/** This gateway, entered by one of its fronts. */
export function gatewayKind(front: "mcp" | "sse"): TargetKind {
  const name = `gateway /${front}`;
  return {
    name,
    start: async ({ tools, backends }) => {
      const directory = mkdtempSync(join(tmpdir(), "mcp-gateway-bench-"));
      const port = await freePort();
      const servers = Object.fromEntries(
        Array.from({ length: backends }, (_, at) => [
          `b${at}`,
          { command: process.execPath, args: [backendScript, "--tools", String(tools)] },
        ]),
      );
      const config = join(directory, "config.json");
      writeFileSync(config, JSON.stringify({ mcpServers: servers }));
      const launcher = spawn(
        [
          process.execPath,
          join(root, "apps/cli/src/bootstrap.ts"),
          "up",
          "--config",
          config,
          "--port",
          String(port),
        ],
        {
          MCP_GATEWAY_RUNTIME_DIR: join(directory, "run"),
          MCP_GATEWAY_STATE_DIR: join(directory, "state"),
          MCP_GATEWAY_LOG_DIR: join(directory, "logs"),
        },
      );
      const open = (): Promise<BenchClient> =>
        front === "mcp" ? StreamableClient.open(port, "/mcp", "b0__") : SseClient.open(port, "/sse", "b0__");
      const made = await target(
        name,
        launcher,
        [],
        open,
        async () => rmSync(directory, { recursive: true, force: true }),
        tools * backends,
      );
      const status = (await (await fetch(`http://127.0.0.1:${port}/api/v1/status`)).json()) as {
        gateway: { pid: number };
        supervisor: { pid: number };
      }; // The gateway's own StatusReport.
      const pids = [launcher.pid, status.gateway.pid, status.supervisor.pid];
      return { ...made, residentBytes: () => residentBytesOf(pids), cpuMs: () => cpuMsOf(pids) };
    },
  };
}

function spawn(command: readonly string[], environment: Record<string, string>): Bun.Subprocess {
  return Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
    env: { ...process.env, ...environment },
  });
}

/** Waits until a client can connect and, where asked for, sees all the tools. */
async function target(
  name: string,
  child: Bun.Subprocess,
  pids: readonly number[],
  open: () => Promise<BenchClient>,
  clean: () => Promise<void>,
  expectedTools = 0,
): Promise<Target> {
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await child.exited;
    await clean();
  };
  const untilMs = performance.now() + startTimeoutMs;
  for (;;) {
    try {
      const client = await open();
      const tools = expectedTools === 0 ? 0 : await client.list();
      client.close();
      if (tools >= expectedTools) break;
    } catch (error) {
      if (child.exitCode !== null)
        throw new Error(`${name} ended with code ${child.exitCode}`, { cause: error });
    }
    if (performance.now() > untilMs) {
      await stop();
      throw new Error(`${name} did not start within ${startTimeoutMs} ms`);
    }
    await Bun.sleep(2);
  }
  return { name, open, residentBytes: () => residentBytesOf(pids), cpuMs: () => cpuMsOf(pids), stop };
}

export async function freePort(): Promise<number> {
  return await new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolvePort(port));
    });
  });
}

/** As the operating system counts it, without the backends. */
function residentBytesOf(pids: readonly number[]): number {
  let bytes = 0;
  for (const pid of pids) {
    const status = readText(`/proc/${pid}/status`);
    bytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  }
  return bytes;
}

const tickMs = 10; // USER_HZ is 100 on every Linux that Bun runs on.

function cpuMsOf(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = readText(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks * tickMs;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // The process ended, or this is not Linux: nothing to add.
  }
}

/** Processes whose command line names `text`; the benchmark leaves none behind. */
export function processesNaming(text: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => readText(`/proc/${pid}/cmdline`).includes(text));
}
