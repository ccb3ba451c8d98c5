/** The gateway's own section, and what the gateway process gets to see of a file. */
import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type ConfigFault, formatFault, loadConfig, loadGatewaySettings } from "@mcp-gateway/config";
import { installDirectory, redact } from "@mcp-gateway/kit";
import { tempDir } from "../../support/temp-dir.ts";
import { loaded } from "./config-file.ts";

describe("settings", () => {
  test("every default", async () => {
    const { config } = await loaded({ mcpServers: {} });
    expect(config.gateway).toEqual({
      host: "127.0.0.1",
      port: 9000,
      logLevel: "info",
      logDirectory: join(installDirectory, "logs"),
      separator: "__",
      workers: 1,
      token: undefined,
      allowedHosts: [],
      allowedOrigins: [],
      limits: { requestBytes: 4 * 1024 * 1024, sessions: 20_000, sessionIdleMs: 30 * 60_000 },
    });
  });

  test("every key", async () => {
    const gateway = {
      host: "[::]",
      port: 0,
      logLevel: "debug",
      logs: { directory: "~/logs" },
      separator: "/",
      workers: 4,
      token: "0123456789abcdef",
      allowedHosts: ["Gateway.Example.com", "[::1]"],
      allowedOrigins: ["https://App.example.com/", "chrome-extension://abc"],
      limits: { requestBytes: 1024, sessions: 1, sessionIdleMs: 1000 },
    };
    const { config, warnings } = await loaded({ gateway, mcpServers: {} });
    const { logs: _logs, ...rest } = gateway;
    expect(warnings).toEqual([]);
    expect(config.gateway).toEqual({
      ...rest,
      host: "::",
      logDirectory: join(homedir(), "logs"),
      allowedHosts: ["gateway.example.com", "[::1]"],
      allowedOrigins: ["https://app.example.com", "chrome-extension://abc"],
    } as typeof config.gateway);
  });

  test("logs go to MCP_GATEWAY_LOG_DIR before any other folder", async () => {
    const gateway = { logs: { directory: "here" } };
    const { config, folder } = await loaded({ gateway, mcpServers: {} });
    expect(config.gateway.logDirectory).toBe(join(folder, "here"));
    const given = await loaded(
      { gateway, mcpServers: {} },
      { environment: { MCP_GATEWAY_LOG_DIR: "/var/log/x" } },
    );
    expect(given.config.gateway.logDirectory).toBe("/var/log/x");
  });

  test("a short token is a warning, and any token is struck out of logs", async () => {
    const { warnings } = await loaded({ gateway: { token: "gateway-tok" }, mcpServers: {} });
    expect(warnings).toEqual([expect.stringMatching(/^gateway\.token: is short/)]);
    expect(redact("gateway-tok")).toBe("[redacted]");
  });
});

describe("the gateway process", () => {
  test("sees its section and the names, expands nothing of a server, and trips over no server's fault", async () => {
    using folder = tempDir("config");
    const path = join(folder.path, "config.json");
    const servers = {
      b: { command: `\${NOT_SET}`, env: { K: `\${NEVER_READ}` } },
      a: { comand: 1 },
      off: { command: "x", enabled: false },
    };
    writeFileSync(path, JSON.stringify({ gateway: { port: 0 }, mcpServers: servers }), { mode: 0o600 });
    const result = await loadGatewaySettings(path, { NEVER_READ: "never-read-secret" });
    expect(result).toMatchObject({
      ok: true,
      settings: { port: 0 },
      serverNames: ["b", "a", "off"],
      warnings: [],
    });
    expect(redact("never-read-secret")).toBe("never-read-secret");
  });

  test("is told of faults in its own section", async () => {
    using folder = tempDir("config");
    const path = join(folder.path, "config.json");
    writeFileSync(path, `{ "gateway": { "port": -1 }, "mcpServers": {} }`);
    const result = await loadGatewaySettings(path, {});
    expect(result.ok ? [] : result.faults.map((fault) => fault.path)).toEqual(["gateway.port"]);
  });
});

describe("the file itself", () => {
  async function faultOf(path: string): Promise<ConfigFault | undefined> {
    const result = await loadConfig(path, {});
    return result.ok ? undefined : result.faults[0];
  }

  test("missing, a folder, a device, or too large: a fault without a line", async () => {
    using folder = tempDir("config");
    const missing = await faultOf(join(folder.path, "none.json"));
    expect(missing).toMatchObject({ line: 0, column: 0, path: "" });
    expect(formatFault({ ...missing } as ConfigFault, folder.path)).toBe(
      "none.json: does not exist. Create it, or name another file with --config.",
    );
    expect((await faultOf(folder.path))?.message).toBe("is a folder, not a file.");
    expect((await faultOf("/dev/zero"))?.message).toBe("is not a regular file.");
    expect((await faultOf(join(folder.path, "none.json", "x")))?.message).toMatch(/^does not exist/);
    const large = join(folder.path, "large.json");
    writeFileSync(large, `{}${" ".repeat(8 * 1024 * 1024)}`);
    expect((await faultOf(large))?.message).toBe("is larger than 8388608 bytes.");
  });

  test("a named pipe without a writer is refused at once", async () => {
    using folder = tempDir("config");
    const path = join(folder.path, "pipe");
    Bun.spawnSync(["mkfifo", path]);
    expect((await faultOf(path))?.message).toBe("is not a regular file.");
  });

  test("one that everybody may change is a warning", async () => {
    using folder = tempDir("config");
    const path = join(folder.path, "config.json");
    writeFileSync(path, "{}");
    chmodSync(path, 0o666);
    const result = await loadConfig(path, {});
    expect(result.ok && result.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^can be changed by every user/),
    ]);
  });

  test("a relative path counts from the current folder, and its folder is where servers start", async () => {
    using folder = tempDir("config");
    mkdirSync(join(folder.path, "sub"));
    writeFileSync(join(folder.path, "sub/config.json"), `{ "a": { "command": "x" } }`, { mode: 0o600 });
    const program = `import { loadConfig } from "@mcp-gateway/config"; const r = await loadConfig("sub/config.json", {}); process.stdout.write(JSON.stringify(r.config.servers[0].cwd));`;
    const script = join(import.meta.dir, "../../../packages/config/src/index.ts");
    const run = Bun.spawnSync([process.execPath, "-e", program.replace("@mcp-gateway/config", script)], {
      cwd: folder.path,
    });
    expect(JSON.parse(run.stdout.toString())).toBe(join(folder.path, "sub"));
  });
});

describe("a fault as a line", () => {
  const fault: ConfigFault = {
    file: "/x/y/config.json",
    line: 12,
    column: 7,
    path: "mcpServers.a.args[1]",
    message: "must be a string.",
  };

  test("names file, line, column and place", () => {
    expect(formatFault(fault, "/x/y")).toBe("config.json:12:7 mcpServers.a.args[1]: must be a string.");
    expect(formatFault(fault, "/x")).toBe("y/config.json:12:7 mcpServers.a.args[1]: must be a string.");
  });

  test("shows the whole path for a file elsewhere", () => {
    expect(formatFault(fault, "/z")).toStartWith("/x/y/config.json:12:7 ");
    expect(formatFault({ ...fault, path: "" }, "/z")).toBe("/x/y/config.json:12:7: must be a string.");
  });
});
