/** The gateway itself on Windows: what it shows, and that nothing is lost when one of its processes dies. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { waitFor } from "../support/wait-for.ts";
import { type Check, equal, holds } from "./checks/check.ts";
import type { GatewayInWine } from "./gateway-in-wine.ts";
import { processesWith } from "./processes.ts";

/** One after the other, and after all others: they end processes. */
export function wholeChecks(gateway: GatewayInWine): readonly Check[] {
  return [
    {
      name: "status, panel and a killed backend, gateway and supervisor",
      run: async () => {
        await shown(gateway);
        await backendKilled(gateway);
        await gatewayKilled(gateway);
        await supervisorKilled(gateway);
      },
    },
  ];
}

async function shown(gateway: GatewayInWine): Promise<void> {
  const { servers } = await gateway.status();
  const bash = servers.find(({ name }) => name === "bash");
  equal([bash?.state, bash?.note], ["skipped", "needs Linux or macOS"], "a server for another system");
  holds(/- bash +stdio +skipped +needs Linux or macOS/u.test(gateway.said()), gateway.said());
}

async function echo(gateway: GatewayInWine): Promise<string> {
  const client = new Client({ name: "windows-checks", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`));
  // Its sessionId may be undefined, which the SDK's own type does not say.
  await client.connect(transport as Transport);
  try {
    const result = await client.callTool({ name: "cmd__cmd", arguments: { command: "echo 你好" } });
    return JSON.stringify(result.structuredContent);
  } finally {
    await client.close();
  }
}

function kill(pids: readonly number[], what: string): void {
  equal(pids.length, 1, `processes of ${what}`);
  for (const pid of pids) process.kill(pid, "SIGKILL");
}

async function worksAgain(gateway: GatewayInWine, what: string): Promise<void> {
  await waitFor(async () => (await echo(gateway)).includes("你好"), {
    what: `calls to work after ${what} was killed`,
    timeoutMs: 60_000,
    everyMs: 200,
    explain: gateway.said,
  });
}

async function backendKilled(gateway: GatewayInWine): Promise<void> {
  const before = (await gateway.status()).servers.find(({ name }) => name === "cmd");
  kill(processesOf(gateway, "servers/cmd/src/main.ts"), "the server cmd");
  await waitFor(
    async () =>
      ((await gateway.status()).servers.find(({ name }) => name === "cmd")?.restarts ?? 0) >
      (before?.restarts ?? 0),
    { what: "the server cmd to be restarted", timeoutMs: 30_000, explain: gateway.said },
  );
  await worksAgain(gateway, "the server cmd");
}

async function gatewayKilled(gateway: GatewayInWine): Promise<void> {
  const before = await gateway.status();
  kill(processesOf(gateway, "apps/gateway/src/main.ts"), "the gateway");
  await worksAgain(gateway, "the gateway");
  const after = await gateway.ready();
  holds(after.gateway.pid !== before.gateway.pid, "it is another process");
  equal(after.supervisor.pid, before.supervisor.pid, "the supervisor lives on");
  equal(
    after.servers.map(({ pid }) => pid),
    before.servers.map(({ pid }) => pid),
    "and so do the backends",
  );
}

async function supervisorKilled(gateway: GatewayInWine): Promise<void> {
  const before = await gateway.status();
  kill(processesOf(gateway, "apps/supervisor/src/main.ts"), "the supervisor");
  await worksAgain(gateway, "the supervisor");
  const after = await gateway.ready();
  equal(after.gateway.pid, before.gateway.pid, "the gateway lives on");
  const names = ["servers/cmd/src/main.ts", "servers/wmi/src/main.ts"];
  for (const name of names)
    await waitFor(() => processesOf(gateway, name).length === 1, {
      what: `the old supervisor's ${name} to be gone`,
      timeoutMs: 15_000,
      explain: () => `${processesOf(gateway, name).length} of them run`,
    });
}

/** The backends of other gateways on this machine do not count: these are bun.exe's, in our layer. */
function processesOf(gateway: GatewayInWine, program: string): number[] {
  return processesWith("bun.exe", `repo/${program}`).filter((pid) => gateway.process.owns(pid));
}
