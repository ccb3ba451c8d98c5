/** A stage for the commands: a folder with a configuration, a gateway and a supervisor that say what they are told. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type BackendState,
  contractVersion,
  linkToken,
  peerSocketHandlers,
  readToSupervisor,
  type ServerStatus,
  type StatusReport,
  type ToolReport,
} from "@mcp-gateway/contract";
import { instancePaths } from "@mcp-gateway/kit";

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const adminToken = "admin-token-for-tests";

export class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), "mgw-cli-"));
  readonly configPath = join(this.directory, "config.json");
  readonly environment: Record<string, string | undefined> = {
    ...process.env,
    MCP_GATEWAY_RUNTIME_DIR: join(this.directory, "run"),
    MCP_GATEWAY_STATE_DIR: join(this.directory, "state"),
    NO_COLOR: undefined,
    npm_lifecycle_event: undefined,
  };
  readonly paths = instancePaths(this.configPath, this.environment);
  readonly #endings: (() => void)[] = [];

  constructor() {
    writeFileSync(this.configPath, '{ "mcpServers": { "bash": { "command": "bash" } } }');
  }

  /** Runs a command to its end. */
  async run(...args: string[]): Promise<Outcome> {
    const child = Bun.spawn([process.execPath, join(import.meta.dirname, "cli.ts"), ...args], {
      cwd: this.directory,
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 20_000,
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { exitCode, stdout, stderr };
  }

  /** Says that a gateway runs there, as the gateway does. */
  writeRunFile(address: string, pid: number = process.pid): void {
    mkdirSync(dirname(this.paths.runFilePath), { recursive: true, mode: 0o700 });
    mkdirSync(this.paths.stateDirectory, { recursive: true, mode: 0o700 });
    writeFileSync(this.paths.adminTokenPath, `${adminToken}\n`);
    const logFile = join(this.directory, "logs/log_20261123_083001_INFO_gateway.log");
    const run = { pid, address, startedAt: Date.now(), version: "0.1.0", config: this.configPath, logFile };
    writeFileSync(this.paths.runFilePath, JSON.stringify(run));
  }

  serve(handler: (request: Request) => Response | Promise<Response>): string {
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: handler });
    this.#endings.push(() => void server.stop(true));
    const address = `http://127.0.0.1:${server.port}`;
    this.writeRunFile(address);
    return address;
  }

  /** A supervisor that shows these backends and takes every operation. */
  supervise(backends: readonly BackendState[], operations: string[] = []): void {
    mkdirSync(this.paths.runtimeDirectory, { recursive: true, mode: 0o700 });
    const token = linkToken(this.paths);
    const handlers = peerSocketHandlers(() => ({
      onFrame: (peer, frame) => {
        const message = readToSupervisor(frame.payload);
        if (message?.type === "hello" && message.token === token && message.role === "cli") {
          peer.sendControl({
            type: "welcome",
            contract: contractVersion,
            version: "0.1.0",
            pid: 77,
            startedAt: Date.now(),
            gateway: 0,
          });
          const config = { path: this.configPath, revision: 1, loadedAt: Date.now(), faults: [] };
          peer.sendControl({ type: "snapshot", backends: [...backends], config });
        } else if (message?.type === "operation") {
          operations.push(`${message.operation} ${message.backend}`.trim());
          peer.sendControl({ type: "done", id: message.id, error: null });
        }
      },
      onClose: () => {},
      onDrain: () => {},
    }));
    const listener = Bun.listen({ unix: this.paths.socketPath, socket: handlers, data: { peer: undefined } });
    this.#endings.push(() => listener.stop(true));
  }

  end(): void {
    for (const end of this.#endings.splice(0)) end();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function serverStatus(fields: Partial<ServerStatus> & { readonly name: string }): ServerStatus {
  return {
    transport: "stdio",
    state: "ready",
    note: "",
    pid: 12,
    since: 1,
    nextTryAt: null,
    restarts: 0,
    tools: 1,
    resources: 0,
    resourceTemplates: 0,
    prompts: 0,
    calls: 0,
    errors: 0,
    inFlight: 0,
    server: "",
    protocolVersion: "",
    fault: null,
    warnings: [],
    ...fields,
  };
}

export function statusReport(
  servers: readonly ServerStatus[],
  state: StatusReport["state"] = "ready",
): StatusReport {
  return {
    state,
    version: "0.1.0",
    address: "http://127.0.0.1:9000",
    gateway: { pid: 10, startedAt: 1, residentBytes: 1 },
    supervisor: { connected: true, pid: 11, startedAt: 1 },
    sessions: { streamable: 0, sse: 0, streams: 0 },
    workers: [],
    config: { path: "/config.json", revision: 1, faults: [] },
    warnings: [],
    logFile: "/log",
    servers: [...servers],
  };
}

export const echoTools: ToolReport = {
  tools: [
    {
      server: "bash",
      tool: "run",
      exposed: "bash__run",
      description: "Runs a command.",
      inputSchema: {
        type: "object",
        required: ["command"],
        properties: { command: { type: "string" }, times: { type: "integer" } },
      },
    },
  ],
};
