import { describe, expect, test } from "bun:test";
import { commandHints } from "../../../apps/cli/src/invocation.ts";
import { launchEnvironments, launchPrograms } from "../../../apps/cli/src/launch-plan.ts";

const nothing = { host: undefined, port: undefined, logLevel: undefined };

describe("what the launcher runs", () => {
  test("passes on only what the command line set, so that the configuration decides the rest", () => {
    expect(launchPrograms({ configPath: "/c.json", ...nothing }, "bun", "/app")).toEqual({
      supervisor: [
        "bun",
        "--no-orphans",
        "/app/apps/supervisor/src/main.ts",
        "--config",
        "/c.json",
        "--hold",
      ],
      gateway: ["bun", "/app/apps/gateway/src/main.ts", "--config", "/c.json"],
    });
    const programs = launchPrograms(
      { configPath: "/c.json", host: "::1", port: 0, logLevel: "debug" },
      "bun",
      "/app",
    );
    expect(programs.gateway.slice(2)).toEqual([
      "--config",
      "/c.json",
      "--log-level",
      "debug",
      "--host",
      "::1",
      "--port",
      "0",
    ]);
    expect(programs.supervisor).toContain("debug");
    expect(programs.supervisor).not.toContain("--port");
  });

  test("does not describe its own script to the servers", () => {
    const inherited = {
      HOME: "/home/me",
      npm_lifecycle_event: "start",
      npm_config_local_prefix: "/app",
      npm_package_name: "mcp-gateway",
      npm_config_registry: "https://registry.example",
      PATH: "/app/node_modules/.bin:/node_modules/.bin:/other/node_modules/.bin:/usr/bin",
    };
    const { supervisor, gateway } = launchEnvironments(
      inherited,
      "/app",
      42,
      new Date(2026, 10, 23, 8, 30, 1),
    );
    expect(supervisor).toEqual({
      HOME: "/home/me",
      npm_config_registry: "https://registry.example",
      PATH: "/other/node_modules/.bin:/usr/bin",
      MCP_GATEWAY_LAUNCHER: "42",
      MCP_GATEWAY_LOG_STAMP: "20261123_083001",
      BUN_CONFIG_MAX_HTTP_REQUESTS: "65535",
    });
    expect(gateway).toEqual({ ...supervisor, NODE_ENV: "production" });
  });
});

describe("a command in a hint", () => {
  const caller = {
    environment: {},
    script: "/app/apps/cli/src/bootstrap.ts",
    directory: "/app",
    installDirectory: "/app",
  };

  test("is the one the reader used", () => {
    expect(commandHints("/app/config.json", caller).of("restart bash")).toBe("bun run gateway restart bash");
    expect(commandHints("/app/config.json", caller).start).toBe("bun run start");
    const byNpx = {
      ...caller,
      environment: { npm_lifecycle_event: "gateway", npm_execpath: "/home/me/.npm/_npx/1/bun.exe" },
    };
    expect(commandHints("/app/config.json", byNpx).of("status")).toBe("npx bun@1.4.5 run gateway status");
    const installed = { ...caller, script: "/usr/bin/gateway", directory: "/home/me" };
    expect(commandHints("/home/me/config.json", installed).start).toBe("gateway up");
    const direct = { ...caller, directory: "/home/me" };
    expect(commandHints("/home/me/config.json", direct).of("status")).toBe(
      "bun /app/apps/cli/bin/gateway status",
    );
  });

  test("names the configuration when it would be another one without", () => {
    expect(commandHints("/my files/c.json", caller).of("logs")).toBe(
      "bun run gateway logs --config '/my files/c.json'",
    );
    expect(commandHints(undefined, caller).start).toBe("bun run start");
  });
});
