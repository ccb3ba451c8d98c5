import { describe, expect, test } from "bun:test";
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installDirectory } from "@mcp-gateway/kit";
import { configPathFor } from "../../../apps/cli/src/instance.ts";
import { commandHints, withCommands } from "../../../apps/cli/src/invocation.ts";
import { launchEnvironments, launchPrograms, possibleWorkers } from "../../../apps/cli/src/launch-plan.ts";
import { tempDir } from "../../support/temp-dir.ts";

const nothing = { host: undefined, port: undefined, logLevel: undefined, workers: undefined };
const place = { runtime: "bun", files: { supervisor: "/s.js", gateway: "/g.js" } };
const environments = { supervisor: { A: "s" }, gateway: { A: "g" } };

describe("what the launcher runs", () => {
  test("passes on only what the command line set, so that the configuration decides the rest", () => {
    expect([...launchPrograms({ configPath: "/c.json", ...nothing }, 1, place, environments)]).toEqual([
      [
        "supervisor",
        {
          command: ["bun", "--no-orphans", "/s.js", "--config", "/c.json", "--hold"],
          environment: environments.supervisor,
        },
      ],
      [
        "gateway",
        {
          command: ["bun", "/g.js", "--config", "/c.json"],
          environment: environments.gateway,
        },
      ],
    ]);
    const programs = launchPrograms(
      { ...nothing, configPath: "/c.json", host: "::1", port: 0, logLevel: "debug" },
      1,
      place,
      environments,
    );
    expect(programs.get("gateway")?.command.slice(2)).toEqual([
      "--config",
      "/c.json",
      "--log-level",
      "debug",
      "--host",
      "::1",
      "--port",
      "0",
    ]);
    expect(programs.get("supervisor")?.command).toContain("debug");
    expect(programs.get("supervisor")?.command).not.toContain("--port");
  });

  test("numbers several workers, and says to each how many there are", () => {
    const programs = launchPrograms({ configPath: "/c.json", ...nothing }, 3, place, environments);
    expect([...programs.keys()]).toEqual(["supervisor", "gateway", "gateway-2", "gateway-3"]);
    const numbers = [...programs.values()].map(({ command }) => command[command.indexOf("--worker") + 1]);
    expect(numbers.slice(1)).toEqual(["1/3", "2/3", "3/3"]);
    expect(programs.get("supervisor")?.command).not.toContain("--worker");
  });

  test("runs one process where the system does not spread connections, and says so", () => {
    const said: string[] = [];
    const say = (line: string): void => void said.push(line);
    expect(possibleWorkers(4, "linux", say)).toBe(4);
    expect(possibleWorkers(1, "darwin", say)).toBe(1);
    // The check of the configuration failed, so its number is not known.
    expect(possibleWorkers(Number.NaN, "linux", say)).toBe(1);
    expect(said).toEqual([]);
    expect(possibleWorkers(4, "darwin", say)).toBe(1);
    expect(said.join()).toContain("need Linux");
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
      "20261123_083001",
      "bun run gateway {}",
    );
    expect(supervisor).toEqual({
      HOME: "/home/me",
      npm_config_registry: "https://registry.example",
      PATH: "/other/node_modules/.bin:/usr/bin",
      MCP_GATEWAY_LAUNCHER: "42",
      MCP_GATEWAY_PREBUILT: "0",
      MCP_GATEWAY_LOG_STAMP: "20261123_083001",
      BUN_CONFIG_MAX_HTTP_REQUESTS: "65535",
    });
    expect(gateway).toEqual({
      ...supervisor,
      NODE_ENV: "production",
      MCP_GATEWAY_COMMAND: "bun run gateway {}",
    });
  });
});

test("a remedy names its command as the reader calls it", () => {
  const hints = { start: "up", of: (words: string): string => `bun run gateway ${words} --config x` };
  expect(withCommands("It is restarted by itself; `gateway status` shows `args`.", hints)).toBe(
    "It is restarted by itself; bun run gateway status --config x shows `args`.",
  );
});

test("without --config it is ./config.json where that is a file, else the one beside the program", () => {
  using directory = tempDir("config-path");
  const here = join(directory.path, "config.json");
  const installed = join(installDirectory, "config.json");
  expect(configPathFor(undefined, directory.path)).toBe(installed);
  mkdirSync(here);
  expect(configPathFor(undefined, directory.path)).toBe(installed);
  rmdirSync(here);
  writeFileSync(here, "{}");
  expect(configPathFor(undefined, directory.path)).toBe(here);
  expect(configPathFor("../other.json", directory.path)).toBe(join(directory.path, "../other.json"));
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
