/** The backend direct, the byte pump, and this gateway by each of its fronts. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SseClient } from "../load/sse-client.ts";
import { StatelessClient, StreamableClient } from "../load/streamable-client.ts";
import type { Launch, TargetKind } from "./target.ts";

const root = resolve(import.meta.dir, "../..");

function plainName(_backend: number, tool: string): string {
  return tool;
}

/** The backend over HTTP of its own: what there is without anything between. */
export const directKind: TargetKind = {
  id: "direct",
  label: "backend direct (HTTP)",
  isOwn: true,
  manyBackends: false,
  launch: (_options, { port, backend }): Launch => ({
    command: [...backend(0), "--http", String(port)],
    entries: [(lanes) => StreamableClient.open(port, "/mcp", lanes)],
    toolName: plainName,
  }),
};

export const pumpKind: TargetKind = {
  id: "pump",
  label: "byte pump",
  isOwn: true,
  manyBackends: true,
  launch: ({ backends }, { port, backend }): Launch => ({
    command: [
      process.execPath,
      join(root, "bench/pump.ts"),
      String(port),
      String(backends),
      "--",
      ...backend(0),
    ],
    entries: numbered(backends, (at) => (lanes) => StreamableClient.open(port, `/${at}/mcp`, lanes)),
    toolName: plainName,
  }),
};

type Front = "sse" | "mcp" | "stateless";

const fronts = {
  sse: (port: number) => (lanes: number) => SseClient.open(port, "/sse", lanes),
  mcp: (port: number) => (lanes: number) => StreamableClient.open(port, "/mcp", lanes),
  stateless: (port: number) => (lanes: number) => StatelessClient.open(port, "/mcp", lanes),
};

/** As a user starts it, and entered by one of its fronts. */
export function gatewayKind(front: Front, workers = 1): TargetKind {
  const label = front === "stateless" ? "gateway `/mcp` stateless" : `gateway \`/${front}\``;
  const isOne = workers === 1;
  return {
    id: isOne ? `gateway-${front}` : `gateway-${front}-workers`,
    label: isOne ? label : `${label}, ${workers} workers`,
    isOwn: true,
    manyBackends: true,
    keepsLists: true,
    keepsCode: true,
    ...(front === "sse" ? { idleSession: (port: number) => SseClient.openIdle(port, "/sse") } : {}),
    launch: ({ backends }, { directory, port, backend }): Launch => {
      const config = join(directory, "config.json");
      writeFileSync(config, JSON.stringify({ mcpServers: serverEntries(backends, backend) }));
      return {
        command: [
          ...[process.execPath, "run", "--silent", "start", "--config", config, "--port", String(port)],
          ...(isOne ? [] : ["--workers", String(workers)]),
        ],
        directory: root,
        environment: {
          MCP_GATEWAY_RUNTIME_DIR: join(directory, "run"),
          MCP_GATEWAY_STATE_DIR: join(directory, "state"),
          MCP_GATEWAY_LOG_DIR: join(directory, "logs"),
        },
        entries: [fronts[front](port)],
        toolName: (at, tool) => `b${at}__${tool}`,
      };
    },
  };
}

/** `b0`, `b1`, … as `mcpServers` has them; peers share this form. */
export function serverEntries(
  backends: number,
  backend: (at: number) => readonly [string, ...string[]],
  more: object = {},
): Record<string, object> {
  return Object.fromEntries(
    numbered(backends, (at) => {
      const [command, ...args] = backend(at);
      return [`b${at}`, { command, args, ...more }];
    }),
  );
}

export function numbered<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}
