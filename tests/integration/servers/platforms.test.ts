/** Servers for another system are skipped; `powershell` runs wherever there is a PowerShell, and says so where not. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StatusReport } from "@mcp-gateway/contract";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { type Stack, startStack } from "../../support/harness.ts";
import { repositoryDirectory } from "../../support/repository.ts";
import { runProgram } from "../../support/run-program.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitFor } from "../../support/wait-for.ts";

const isWindows = process.platform === "win32";
const server = (name: string, ...args: readonly string[]) => ({
  command: process.execPath,
  args: [join(repositoryDirectory, "servers", name, "src/main.ts"), ...args],
});
const forWindows = (name: string) => ({ ...server(name), platforms: ["windows"] });

/** Takes the command line of a real one; it says what arrived, and nothing about what PowerShell would do. */
function placeStandIn(folder: string): string {
  const path = join(folder, "bin");
  mkdirSync(path);
  const program = join(repositoryDirectory, "tests/windows/stand-in/powershell.ts");
  writeFileSync(join(path, "pwsh"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(join(path, "pwsh"), 0o755);
  return path;
}

describe.skipIf(isWindows)("behind a gateway on another system than Windows", () => {
  const folder = tempDir("pwsh");
  const servers = {
    cmd: forWindows("cmd"),
    wmi: forWindows("wmi"),
    "windows-powershell": forWindows("powershell"),
    unmarked: { ...server("cmd"), restart: "never" },
    powershell: {
      ...server("powershell"),
      env: { PATH: `${placeStandIn(folder.path)}:${process.env["PATH"]}` },
    },
    "powershell-missing": server("powershell", "--powershell", "/no/such/pwsh"),
  };
  let stack: Stack;

  beforeAll(async () => {
    const isSettled = ({ servers: all }: StatusReport): boolean =>
      all.length === 6 && all.every(({ state }) => ["ready", "skipped", "failed"].includes(state));
    stack = await startStack({ mcpServers: servers }, { until: isSettled });
  }, 30_000);
  afterAll(async () => {
    await stack?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const skipped = ["cmd", "wmi", "windows-powershell"];

  test("its status says `skipped: needs Windows`, and no fault", async () => {
    const { servers } = await stack.status();
    for (const name of skipped)
      expect(servers.find((one) => one.name === name)).toMatchObject({
        state: "skipped",
        note: "needs Windows",
        fault: null,
        pid: null,
      });
  });

  test("`gateway status` shows it beside the others", async () => {
    const { stdout } = await gateway("status");
    for (const name of skipped)
      expect(stdout).toMatch(new RegExp(`^ +${name} +stdio +skipped .* needs Windows$`, "mu"));
  });

  test("the panel and the log say it, as information", async () => {
    const console = () => readFileSync(join(stack.directory, "launcher.out"), "utf8");
    await waitFor(() => console().includes("skipped"), { what: "the panel of all servers" });
    for (const name of skipped) {
      expect(console()).toMatch(new RegExp(`^ +- ${name} +stdio +skipped +needs Windows$`, "mu"));
      const logged = stack.logs().split("\n");
      const lines = logged.filter((line) => line.includes(`backend=${name} `));
      expect(lines.some((line) => line.includes('phase=skipped note="needs Windows"'))).toBe(true);
      expect(lines.filter((line) => !line.includes(" INFO "))).toEqual([]);
    }
  });

  test("one that is added while the gateway runs is told of on the console", async () => {
    stack.writeConfig({ mcpServers: { ...servers, later: forWindows("wmi") } });
    await waitFor(
      () =>
        readFileSync(join(stack.directory, "launcher.out"), "utf8").includes("later skipped: needs Windows"),
      { what: "the line on the console" },
    );
  });

  test("starting it by hand is refused, and says why", async () => {
    const { code, stdout, stderr } = await gateway("restart", "cmd");
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain("needs Windows");
  });

  test("without `platforms` the server itself says what to write", async () => {
    const { servers } = await stack.status();
    const fault = servers.find(({ name }) => name === "unmarked")?.fault;
    expect(fault?.stderrTail?.join("\n")).toContain("cmd server: needs Windows, and this is");
    expect(fault?.stderrTail?.join("\n")).toContain('"platforms": ["windows"]');
  });

  describe.each(["mcp", "sse"] as const)("over /%s", (front) => {
    async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
      const url = new URL(front === "mcp" ? stack.mcpUrl : stack.sseUrl);
      const transport =
        front === "mcp" ? new StreamableHTTPClientTransport(url) : new SSEClientTransport(url);
      const client = new Client({ name: "platforms", version: "1" });
      // Its sessionId may be undefined, which the SDK's own type does not say.
      await client.connect(transport as Transport);
      try {
        return await use(client);
      } finally {
        await client.close();
      }
    }

    const call = (name: string, command: string) =>
      withClient(async (client) => {
        await client.listTools();
        return client.callTool({ name, arguments: { command } });
      });

    test("nothing of a skipped server is listed", async () => {
      const { tools } = await withClient((client) => client.listTools());
      expect(tools.map(({ name }) => name).sort()).toEqual([
        "powershell-missing__powershell",
        "powershell__powershell",
      ]);
    });

    test("powershell runs with the `pwsh` that is on PATH, and the script arrives as it is", async () => {
      const command = "Write-Output '你好' | % { \"$_\" } # ’";
      const result = await call("powershell__powershell", command);
      const digest = new Bun.CryptoHasher("sha256").update(command).digest("hex");
      expect(result.structuredContent).toMatchObject({
        exitCode: 0,
        stdout: `inline ${command.length} ${digest}\r\n`,
        powershell: "5.1.0-stand-in",
      });
    });

    test("exit codes and output go through", async () => {
      const order = { exitCode: 5, stdout: Buffer.from("é\n").toString("base64") };
      const result = await call("powershell__powershell", `#!${JSON.stringify(order)}`);
      expect([result.isError, result.structuredContent]).toMatchObject([
        true,
        { exitCode: 5, stdout: "é\n" },
      ]);
    });

    test("without a PowerShell the call says what to install", async () => {
      const result = await call("powershell-missing__powershell", "1 + 1");
      expect(result.isError).toBe(true);
      expect(JSON.stringify(result.content)).toContain("names a program that is not there");
      expect(JSON.stringify(result.content)).toContain("Install PowerShell 7");
    });
  });

  test("without a PowerShell the server says so when it starts, for whoever reads the log", async () => {
    await waitFor(() => /powershell server: .*not there\./u.test(stack.logs()), {
      what: "the line in the log",
    });
  });

  async function gateway(...args: readonly string[]) {
    const cli = join(repositoryDirectory, "apps/cli/src/bootstrap.ts");
    return runProgram([process.execPath, cli, ...args, "--config", stack.configPath], {
      environment: stack.environment,
    });
  }
});
