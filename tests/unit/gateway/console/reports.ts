/** Reports for tests: a whole one with the parts that matter replaced. */
import type { ServerStatus, StatusReport, ToolReport } from "@mcp-gateway/contract";

export function aServer(name: string, part: Partial<ServerStatus> = {}): ServerStatus {
  return {
    name,
    transport: "stdio",
    state: "waiting",
    note: "",
    pid: null,
    since: 0,
    nextTryAt: null,
    restarts: 0,
    tools: 0,
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
    ...part,
  };
}

export function aStatus(part: Partial<StatusReport> = {}): StatusReport {
  return {
    state: "starting",
    version: "0.1.0",
    address: "http://127.0.0.1:9000",
    gateway: { pid: 1, startedAt: 0, residentBytes: 0 },
    supervisor: { connected: true, pid: 2, startedAt: 0 },
    sessions: { streamable: 0, sse: 0, streams: 0 },
    workers: [],
    config: { path: "/etc/gateway/config.json", revision: 1, faults: [] },
    warnings: [],
    logFile: "/var/log/gateway.log",
    servers: [],
    ...part,
  };
}

export function aTool(server: string, tool: string, description: string): ToolReport["tools"][number] {
  return { server, tool, exposed: `${server}__${tool}`, description, inputSchema: {} };
}

export function aFault(
  message: string,
  stage = "connect",
  remedy = "Start the program, or check its url.",
): NonNullable<ServerStatus["fault"]> {
  return { stage, message, remedy, at: 0, stderrTail: ["said on stderr"] };
}

export const noNames = { resources: [], prompts: [] };
