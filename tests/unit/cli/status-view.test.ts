import { describe, expect, test } from "bun:test";
import type { BackendState, ServerStatus, StatusReport } from "@mcp-gateway/contract";
import { displayWidth } from "@mcp-gateway/kit/terminal-text";
import { exitCodeOf, type Observation } from "../../../apps/cli/src/api/observe.ts";
import type { ExitCode } from "../../../apps/cli/src/exit-codes.ts";
import { commandHints } from "../../../apps/cli/src/invocation.ts";
import { plainPaint } from "../../../apps/cli/src/terminal.ts";
import { jsonOf } from "../../../apps/cli/src/view/status-model.ts";
import { statusLines, type ViewContext } from "../../../apps/cli/src/view/status-view.ts";
import { backendState } from "../../support/backend-state.ts";

const nowMs = 1_800_000_000_000;
const caller = { environment: {}, script: "", directory: "/app", installDirectory: "/app" };

function context(width: number): ViewContext {
  return { nowMs, width, paint: plainPaint, hints: commandHints("/app/config.json", caller) };
}

function server(fields: Partial<ServerStatus> & { readonly name: string }): ServerStatus {
  return {
    transport: "stdio",
    state: "ready",
    note: "",
    pid: 4711,
    since: nowMs - 7_500_000,
    nextTryAt: null,
    restarts: 0,
    tools: 3,
    resources: 0,
    resourceTemplates: 0,
    prompts: 0,
    calls: 12,
    errors: 0,
    inFlight: 0,
    server: "",
    protocolVersion: "",
    fault: null,
    warnings: [],
    ...fields,
  };
}

const failed = server({
  name: "文件系统",
  state: "backing-off",
  pid: null,
  nextTryAt: nowMs + 2_400,
  restarts: 4,
  tools: 0,
  errors: 2,
  fault: {
    stage: "startup",
    message: "The program exited with code 7 before it was ready.",
    remedy: "Check `args`.\n(PATH=/bin)",
    at: nowMs - 65_000,
    stderrTail: ["one", "two", "three", "\x1b[31mboom\x1b[0m: no API key"],
  },
});
const servers = [
  server({ name: "bash" }),
  failed,
  server({ name: "off", state: "disabled", note: "disabled in the configuration", pid: null }),
];

function report(fields: Partial<StatusReport> = {}): Observation {
  return {
    kind: "answered",
    report: {
      state: "degraded",
      version: "0.1.0",
      address: "http://127.0.0.1:9000",
      gateway: { pid: 10, startedAt: nowMs - 7_600_000, residentBytes: 88_080_384 },
      supervisor: { connected: true, pid: 11, startedAt: nowMs - 7_600_000 },
      sessions: { streamable: 2, sse: 1, streams: 3 },
      workers: [],
      config: { path: "/app/config.json", revision: 2, faults: [] },
      warnings: [],
      logFile: "/app/logs/log_20261123_083001_INFO_gateway.log",
      servers,
      ...fields,
    },
  };
}

function backend(fields: Partial<BackendState> & { readonly name: string }): BackendState {
  return backendState({ since: nowMs - 5_000, callTimeoutMs: 1, ...fields });
}

function gatewayDown(backends: BackendState[], reason?: string): Observation {
  return {
    kind: "gateway-down",
    reason,
    welcome: {
      type: "welcome",
      contract: 1,
      version: "0.1.0",
      pid: 11,
      startedAt: nowMs - 60_000,
      gateway: 0,
    },
    snapshot: {
      type: "snapshot",
      backends,
      config: { path: "/app/config.json", revision: 1, loadedAt: nowMs, faults: [] },
    },
  };
}

describe("gateway status", () => {
  test("shows the whole on a wide terminal", () => {
    expect(statusLines(report(), context(120)).join("\n")).toBe(
      `
● MCP Gateway 0.1.0 is degraded
  address  http://127.0.0.1:9000/mcp   older clients: http://127.0.0.1:9000/sse
  state    up 2h06m · 1 of 2 servers ready · 3 sessions (2 HTTP, 1 SSE) · 84 MB
  config   /app/config.json (revision 2)
  log      /app/logs/log_20261123_083001_INFO_gateway.log

  NAME      TRANSPORT  STATE         PID     UP  ↺  TOOLS  CALLS  ERR  LAST ERROR
  bash      stdio      ready        4711  2h05m  0      3     12    0
  文件系统  stdio      backing-off     –      –  4      0     12    2  startup: The program exited with code 7 before i…
  off       stdio      disabled        –      –  0      –     12    0  disabled in the configuration

1 needs attention:

  文件系统  did not come up 1m05s ago, 4 restarts, next try in 3s
    The program exited with code 7 before it was ready.
    │ two
    │ three
    │ boom: no API key
    → Check \`args\`.
      (PATH=/bin)
    → bun run gateway logs '文件系统'
    → bun run gateway restart '文件系统'`.slice(1),
    );
  });

  test("keeps the table within 100 and 80 columns", () => {
    const tableOf = (width: number): readonly string[] => statusLines(report(), context(width)).slice(6, 10);
    expect(tableOf(100)).toEqual([
      "  NAME      TRANSPORT  STATE         PID     UP  ↺  TOOLS  CALLS  ERR  LAST ERROR",
      "  bash      stdio      ready        4711  2h05m  0      3     12    0",
      "  文件系统  stdio      backing-off     –      –  4      0     12    2  startup: The program exited…",
      "  off       stdio      disabled        –      –  0      –     12    0  disabled in the configuration",
    ]);
    expect(tableOf(80)).toEqual([
      "  NAME      TRANSPORT  STATE           UP  ↺  TOOLS  CALLS  ERR  LAST ERROR",
      "  bash      stdio      ready        2h05m  0      3     12    0",
      "  文件系统  stdio      backing-off      –  4      0     12    2  startup: The p…",
      "  off       stdio      disabled         –  0      –     12    0  disabled in th…",
    ]);
  });

  test("never writes a line wider than the terminal", () => {
    for (const width of [80, 100, 120, 160]) {
      for (const line of statusLines(
        report({ config: { path: "/app/config.json", revision: 1, faults: ["x".repeat(300)] } }),
        context(width),
      )) {
        if (!line.includes("address")) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }
    }
  });

  test("says how to start a server that was stopped", () => {
    const stopped = server({
      name: "bash",
      state: "stopped",
      note: "stopped by request",
      pid: null,
      since: nowMs - 5_000,
    });
    const lines = statusLines(report({ servers: [stopped] }), context(100)).join("\n");
    expect(lines).toContain(
      "1 needs attention:\n\n  bash  stopped by request 5s ago\n    → bun run gateway start bash",
    );
  });

  test("says nothing of attention when all is well", () => {
    const lines = statusLines(
      report({ state: "ready", servers: [server({ name: "bash" })] }),
      context(100),
    ).join("\n");
    expect(lines).toContain("is ready");
    expect(lines).not.toContain("attention");
  });

  test("says that the supervisor is down, and shows no old state as if it were true", () => {
    const lines = statusLines(
      report({ supervisor: { connected: false, pid: null, startedAt: null } }),
      context(100),
    ).join("\n");
    expect(lines).toContain("The supervisor, which runs the servers, is down.");
    expect(lines).toMatch(/bash +stdio +unknown/);
    expect(lines).toContain(" · state of 2 servers unknown · ");
    expect(lines).not.toMatch(/attention| ready/);
  });

  test("says that the gateway is down, and shows what the supervisor knows", () => {
    const lines = statusLines(gatewayDown([backend({ name: "bash" })]), context(100)).join("\n");
    expect(lines).toContain("● MCP Gateway 0.1.0: gateway down, supervisor up");
    expect(lines).toContain("The gateway process does not run. The servers are kept running");
    expect(lines).toMatch(/bash +stdio +ready +12 +5s +0 +– +– +–/);
    expect(statusLines(gatewayDown([], "it hangs."), context(100)).join("\n")).toContain(
      "does not answer: it hangs.",
    );
  });

  test("says how to start what does not run", () => {
    expect(
      statusLines({ kind: "down", reason: "No gateway runs with /app/config.json." }, context(80)),
    ).toEqual([
      "○ MCP Gateway is not running",
      "  No gateway runs with /app/config.json.",
      "  → bun run start",
    ]);
  });

  test("names the faults of a configuration that was not taken", () => {
    const faulty = report({
      config: { path: "/app/config.json", revision: 2, faults: ["config.json:3:1 a: must be b"] },
    });
    const lines = statusLines(faulty, context(100)).join("\n");
    expect(lines).toContain(
      "✖ The configuration on disk has 1 fault; the one before it is in force:\n  • config.json:3:1 a: must be b",
    );
    expect(lines).toContain("bun run gateway config check");
  });
});

describe("the exit code of gateway status", () => {
  test("tells scripts the state", () => {
    const away = { connected: false, pid: null, startedAt: null };
    const observations: readonly (readonly [Observation, ExitCode])[] = [
      [report({ state: "ready" }), 0],
      [{ kind: "unclear", reason: "", hints: [] }, 1],
      [{ kind: "down", reason: "" }, 3],
      [report({ state: "starting" }), 4],
      [gatewayDown([backend({ name: "a", phase: "waiting" }), backend({ name: "b", phase: "disabled" })]), 4],
      [report({ state: "degraded" }), 5],
      [report({ state: "degraded", supervisor: away }), 6],
      [gatewayDown([backend({ name: "a" })]), 7],
    ];
    for (const [observation, exitCode] of observations) expect(exitCodeOf(observation)).toBe(exitCode);
  });
});

describe("gateway status --json", () => {
  test("is the report itself, or a report of the same kind with what is known", () => {
    const answered = report();
    if (answered.kind === "answered") expect(jsonOf(answered, "/app/config.json")).toBe(answered.report);
    expect(jsonOf({ kind: "down", reason: "why" }, "/app/config.json")).toEqual({
      state: "down",
      reason: "why",
      config: { path: "/app/config.json" },
      servers: [],
    });
    expect(jsonOf(gatewayDown([backend({ name: "bash" })]), "/app/config.json")).toMatchObject({
      state: "gateway-down",
      supervisor: { connected: true, pid: 11 },
      servers: [{ name: "bash", state: "ready" }],
    });
  });
});
