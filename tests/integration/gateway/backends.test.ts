/** Backends that are missing, slow, broken, crashing or changed never cost the others anything. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { startStack } from "../../support/harness.ts";
import { isAlive, signal } from "../../support/processes.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";
import { waitFor, within } from "../../support/wait-for.ts";

setDefaultTimeout(60_000);

const toolNames = (result: unknown): string[] =>
  (result as { tools: { name: string }[] }).tools.map(({ name }) => name);

describe("a backend in trouble", () => {
  test("what it sends that nobody can use is counted in the metrics and the status, and outlives its processes", async () => {
    await using stack = await startStack({
      mcpServers: { clean: fakeBackend(), noisy: fakeBackend("--junk", "3") },
    });
    await using client = await openRawClient(stack.mcpUrl);
    const dropped = async (): Promise<number> => {
      const page = await (await fetch(`${stack.url}/metrics`)).text();
      expect(page).not.toContain('messages_dropped_total{server="clean"');
      const line = /^mcp_gateway_server_messages_dropped_total\{server="noisy",kind="malformed"\} (\d+)$/mu;
      return Number(line.exec(page)?.[1] ?? 0);
    };
    const atLeast = async (count: number): Promise<number> =>
      await waitFor(async () => ((await dropped()) >= count ? await dropped() : undefined), {
        timeoutMs: 20_000,
        what: `${count} dropped messages`,
      });
    // Three lines before each answer: handshake, list and this call at least.
    await client.callText("noisy__whoami");
    const first = await atLeast(9);
    const before = (await stack.status()).servers.find(({ name }) => name === "noisy");
    expect(before?.dropped?.malformed).toBeGreaterThanOrEqual(first);
    signal(before?.pid ?? 0, "SIGKILL");
    await stack.waitForStatus(
      ({ servers }) =>
        servers.some(({ name, restarts, state }) => name === "noisy" && restarts > 0 && state === "ready"),
      "the noisy one to be back",
    );
    expect(await atLeast(first + 6)).toBeGreaterThan(first);
  });

  test("shows its state and what to do, while the others serve at once", async () => {
    await using stack = await startStack(
      {
        mcpServers: {
          good: fakeBackend("--name", "good"),
          missing: { command: "no-such-program-anywhere" },
          silent: { ...fakeBackend("--silent-initialize"), startupTimeoutMs: 60_000 },
          refusing: fakeBackend("--initialize-error"),
          dying: fakeBackend("--exit", "7", "--stderr-lines", "2"),
          lists: fakeBackend("--list-error"),
          old: fakeBackend("--protocol", "1999-01-01"),
        },
      },
      { until: (status) => status.servers.some(({ name, state }) => name === "good" && state === "ready") },
    );
    await using client = await openRawClient(stack.mcpUrl);
    expect(JSON.parse(await client.callText("good__whoami")).name).toBe("good");
    expect(
      toolNames((await client.request("tools/list")).result).every((name) => name.startsWith("good__")),
    ).toBe(true);
    const status = await stack.waitForStatus(
      ({ servers }) =>
        servers.every(({ name, fault }) => ["good", "silent"].includes(name) || fault !== null),
      "a fault at every broken server",
    );
    const faultOf = (name: string) => status.servers.find((server) => server.name === name)?.fault;
    expect(faultOf("missing")).toMatchObject({
      stage: "spawn",
      message: expect.stringContaining("no-such-program-anywhere"),
    });
    expect(faultOf("refusing")?.message).toContain("refuses to be initialized");
    expect(faultOf("dying")?.message).toContain("7");
    expect(faultOf("dying")?.stderrTail.join("\n")).toContain("stderr");
    expect(faultOf("lists")).toMatchObject({ stage: "lists" });
    expect(faultOf("old")?.message).toContain("1999-01-01");
    for (const name of ["missing", "refusing", "dying", "lists", "old"])
      expect(faultOf(name)?.remedy).not.toBe("");
    expect(status.servers.find(({ name }) => name === "lists")?.state).toBe("listing");
    const call = await client.request("tools/call", { name: "missing__anything", arguments: {} });
    expect(call.error?.data?.["reason"]).toBe("backend-not-ready");
    expect(call.error?.message).toContain("no-such-program-anywhere");
  });

  test("that crashes fails its calls at once, comes back, and costs the other's calls nothing", async () => {
    await using stack = await startStack({
      mcpServers: { a: fakeBackend("--name", "a"), b: fakeBackend("--name", "b") },
    });
    await using client = await openRawClient(stack.sseUrl);
    const elsewhere = client.request("tools/call", { name: "b__echo", arguments: { nonce: "b", ms: 500 } });
    const lost = client.request("tools/call", { name: "a__hang", arguments: {} });
    const killer = client.request("tools/call", { name: "a__crash", arguments: { signal: "SIGSEGV" } });
    for (const call of [lost, killer]) {
      const { error } = await within(2_000, "the failure", call);
      expect(error).toMatchObject({ code: -32000, data: { reason: "backend-lost", server: "a" } });
    }
    expect((await elsewhere).text).toContain("b");
    const status = await stack.waitReady();
    expect(status.servers.find(({ name }) => name === "a")?.restarts).toBe(1);
    expect(JSON.parse(await client.callText("a__whoami")).name).toBe("a");
    expect(toolNames((await client.request("tools/list")).result)).toContain("a__echo");
  });

  test("that crashes at every start is given up and its tools are taken from live clients", async () => {
    await using stack = await startStack({
      mcpServers: { a: fakeBackend("--name", "a"), good: fakeBackend() },
    });
    await using client = await openRawClient(stack.mcpUrl);
    expect(toolNames((await client.request("tools/list")).result)).toContain("a__echo");
    stack.writeConfig({ mcpServers: { a: fakeBackend("--name", "a", "--exit", "3"), good: fakeBackend() } });
    const status = await stack.waitForStatus(
      ({ servers }) => servers.some(({ name, state }) => name === "a" && state === "failed"),
      "a to be failed",
      30_000,
    );
    expect(status.servers.find(({ name }) => name === "a")?.nextTryAt).not.toBeNull();
    await client.waitForMessage(
      "list_changed",
      ({ method }) => method === "notifications/tools/list_changed",
    );
    await waitFor(async () => !toolNames((await client.request("tools/list")).result).includes("a__echo"), {
      what: "a's tools to be gone",
      timeoutMs: 10_000,
    });
    expect(toolNames((await client.request("tools/list")).result)).toContain("good__echo");
  });

  test("that never answers a call is cancelled at its time-out", async () => {
    await using stack = await startStack({
      mcpServers: { a: { ...fakeBackend("--name", "a"), timeoutMs: 1_000 } },
    });
    await using client = await openRawClient(stack.mcpUrl);
    const { error } = await client.request("tools/call", { name: "a__hang", arguments: {} });
    expect(error?.data).toMatchObject({ reason: "call-timeout", server: "a" });
    expect(await client.callText("a__received", { method: "notifications/cancelled" })).toContain(
      "no answer within",
    );
  });

  test("whose lists are slow never delays the others' and joins when it is ready", async () => {
    await using stack = await startStack(
      { mcpServers: { slow: fakeBackend("--name", "slow", "--list-delay", "8000"), good: fakeBackend() } },
      { until: (status) => status.servers.some(({ name, state }) => name === "good" && state === "ready") },
    );
    await using client = await openRawClient(stack.mcpUrl);
    const names = toolNames((await within(5_000, "the list", client.request("tools/list"))).result);
    expect(names).toContain("good__echo");
    expect(names).not.toContain("slow__echo");
    await waitFor(async () => toolNames((await client.request("tools/list")).result).includes("slow__echo"), {
      what: "the slow server's tools",
      timeoutMs: 40_000,
    });
    expect(client.received.some(({ method }) => method === "notifications/tools/list_changed")).toBe(true);
  });

  test("with endless or circling pages is read within bounds and says so", async () => {
    await using stack = await startStack({
      mcpServers: { circle: fakeBackend("--same-cursor", "--page-size", "5") },
    });
    const status = await stack.waitReady();
    expect(status.servers[0]?.warnings.join()).toContain("circle");
  });
});

describe("a configuration that is saved", () => {
  test("touches only what changed and tells live clients", async () => {
    await using stack = await startStack({
      mcpServers: { keep: fakeBackend("--name", "keep"), drop: fakeBackend("--name", "drop") },
    });
    await using client = await openRawClient(stack.mcpUrl);
    const before = await stack.status();
    const pidOf = (status: typeof before, name: string) =>
      status.servers.find((server) => server.name === name)?.pid ?? 0;
    stack.writeConfig({
      mcpServers: { keep: fakeBackend("--name", "keep"), fresh: fakeBackend("--name", "fresh") },
    });
    const after = await stack.waitForStatus(
      ({ servers }) =>
        servers.some(({ name, state }) => name === "fresh" && state === "ready") &&
        !servers.some(({ name }) => name === "drop"),
      "the new configuration",
    );
    expect(pidOf(after, "keep")).toBe(pidOf(before, "keep"));
    await waitFor(() => !isAlive(pidOf(before, "drop")), {
      what: "the dropped server's process to end",
      timeoutMs: 10_000,
    });
    await client.waitForMessage(
      "list_changed",
      ({ method }) => method === "notifications/tools/list_changed",
    );
    const names = toolNames((await client.request("tools/list")).result);
    expect(names).toContain("fresh__echo");
    expect(names).not.toContain("drop__echo");
  });

  test("with faults is refused whole, is told, and the old one stays in force", async () => {
    await using stack = await startStack({ mcpServers: { keep: fakeBackend("--name", "keep") } });
    const before = await stack.status();
    stack.writeConfig('{ "mcpServers": { "keep": { "command": 42 }, "x": { "url": "ftp://x" } } ');
    const status = await stack.waitForStatus(({ config }) => config.faults.length > 0, "the faults");
    expect(status.config.faults.join("\n")).toContain("config.json:1");
    expect(status.state).toBe("degraded");
    expect(status.servers[0]?.pid).toBe(before.servers[0]?.pid ?? 0);
    stack.writeConfig({ mcpServers: { keep: fakeBackend("--name", "keep") } });
    const mended = await stack.waitForStatus(
      ({ config, state }) => config.faults.length === 0 && state === "ready",
      "the mended configuration",
    );
    expect(mended.servers[0]?.pid).toBe(before.servers[0]?.pid ?? 0);
  });

  test("is read again on SIGHUP", async () => {
    await using stack = await startStack({ mcpServers: { keep: fakeBackend() } });
    const { launcher } = await stack.pids();
    const { revision } = (await stack.status()).config;
    signal(launcher, "SIGHUP");
    await stack.waitForStatus(({ config }) => config.revision > revision, "a new reading");
    expect(isAlive(launcher)).toBe(true);
  });
});
