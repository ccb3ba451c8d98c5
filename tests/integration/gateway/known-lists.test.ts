/** Starts with a known catalogue: clients are served before any backend is up, and told only of what changed. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Stack, startStack } from "../../support/harness.ts";
import { openRawClient, type RawClient } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitFor } from "../../support/wait-for.ts";

setDefaultTimeout(60_000);

let folder: ReturnType<typeof tempDir>;
beforeEach(() => {
  folder = tempDir("held");
  writeFileSync(join(folder.path, "tools"), "3");
});
afterEach(() => folder[Symbol.dispose]());

/** A backend whose start is held up while a file is there, and whose number of tools stands in another. */
function heldBackend(): { command: string; args: string[] } {
  const { command, args } = fakeBackend("--name", "held");
  const words = [command, ...args].map((word) => `'${word}'`).join(" ");
  const script = `while [ -e hold ]; do sleep 0.05; done; exec ${words} --tools "$(cat tools)"`;
  return { command: "sh", args: ["-c", `cd '${folder.path}' && ${script}`] };
}

const hold = (): void => writeFileSync(join(folder.path, "hold"), "");
const release = (): void => rmSync(join(folder.path, "hold"));

async function startKnown(): Promise<Stack> {
  const stack = await startStack({ mcpServers: { held: heldBackend() } });
  await waitFor(() => existsSync(stack.paths.knownListsPath), { what: "the known lists on disk" });
  return stack;
}

/** Both processes anew, as after a start. */
async function restartBoth(stack: Stack): Promise<void> {
  const before = await stack.pids();
  process.kill(before.gateway, "SIGKILL");
  process.kill(before.supervisor, "SIGKILL");
  await stack.waitForStatus(
    ({ gateway, supervisor }) => gateway.pid !== before.gateway && supervisor.connected,
    "both processes again",
  );
}

async function toolNames(client: RawClient): Promise<string[]> {
  const { result } = await client.request("tools/list");
  // A list of tools, each with a name.
  return ((result?.["tools"] ?? []) as { name: string }[]).map(({ name }) => name);
}

const isListChange = ({ method }: { method?: string }): boolean =>
  method === "notifications/tools/list_changed";

describe.skipIf(process.platform === "win32")("a start with known lists", () => {
  test("serves lists and handshakes before the backend is up, and its calls wait for it", async () => {
    await using stack = await startKnown();
    await using earlier = await openRawClient(stack.serverUrl("held", "mcp"));
    const names = await toolNames(earlier);
    expect(names.length).toBeGreaterThanOrEqual(3);
    expect(statSync(stack.paths.knownListsPath).mode & 0o777).toBe(0o600);
    hold();
    await restartBoth(stack);

    await using merged = await openRawClient(stack.mcpUrl);
    await using own = await openRawClient(stack.serverUrl("held", "sse"));
    expect(await toolNames(merged)).toEqual(names.map((name) => `held__${name}`));
    expect(await toolNames(own)).toEqual(names);
    expect(own.initializeResult["serverInfo"]).toEqual(earlier.initializeResult["serverInfo"]);
    const [server] = (await stack.status()).servers;
    expect(server).toMatchObject({ known: true, note: expect.stringContaining("lists as last known") });
    expect(["waiting", "starting", "connecting"]).toContain(server?.state ?? "");
    expect((await fetch(`${stack.url}/ready`)).status).toBe(503);

    const call = merged.callText("held__echo", { text: "one" });
    const ownCall = own.callText("echo", { text: "two" });
    release();
    expect(await Promise.all([call, ownCall])).toEqual(['{"text":"one"}', '{"text":"two"}']);
    const ready = await stack.waitReady();
    expect(ready.servers[0]?.known).toBeUndefined();
    expect((await fetch(`${stack.url}/ready`)).status).toBe(200);
    // What is told is told before the answer to a later question.
    await merged.request("ping");
    expect([...merged.received, ...own.received].filter(isListChange)).toEqual([]);
  });

  test("tells one change when the backend offers something else now", async () => {
    await using stack = await startKnown();
    hold();
    await restartBoth(stack);
    writeFileSync(join(folder.path, "tools"), "5");
    await using client = await openRawClient(stack.mcpUrl);
    const before = await toolNames(client);
    release();
    await client.waitForMessage("the change", isListChange);
    const after = await toolNames(client);
    expect(after.length).toBe(before.length + 2);
    expect(after).toContain("held__tool_4");
    await stack.waitReady();
    await client.request("ping");
    expect(client.received.filter(isListChange)).toHaveLength(1);
    await waitFor(() => readFileSync(stack.paths.knownListsPath, "utf8").includes("tool_4"), {
      what: "the new lists on disk",
    });
  });

  test("forgets a call that its client cancelled while it waited", async () => {
    await using stack = await startKnown();
    hold();
    await restartBoth(stack);
    await using client = await openRawClient(stack.mcpUrl);
    await toolNames(client);
    const call = { jsonrpc: "2.0", id: "late", method: "tools/call", params: { name: "held__echo" } };
    const sent = client.send(JSON.stringify(call)).catch(() => {});
    // Cancelled or not, a call that is in flight has its id taken.
    await waitFor(async () => {
      const again = await client.request("tools/call", { name: "held__echo" }, { id: "late" });
      return again.error?.data?.["reason"] === "duplicate-request-id";
    });
    await client.notify("notifications/cancelled", { requestId: "late" });
    release();
    await sent;
    await stack.waitReady();
    expect(await client.callText("held__echo", { text: "x" })).toBe('{"text":"x"}');
    expect((await stack.status()).servers[0]?.calls).toBe(1);
  });

  test("shows nothing of a backend whose entry was changed meanwhile", async () => {
    await using stack = await startKnown();
    hold();
    const { command, args } = heldBackend();
    stack.writeConfig({ mcpServers: { held: { command, args, env: { OTHER: "1" } } } });
    await restartBoth(stack);
    const [server] = (await stack.status()).servers;
    expect(server).toMatchObject({ tools: 0, note: expect.not.stringContaining("last known") });
    expect(server?.known).toBeUndefined();
    release();
    await stack.waitReady();
  });

  test("ignores a damaged file, and says so", async () => {
    await using stack = await startKnown();
    hold();
    writeFileSync(stack.paths.knownListsPath, "{");
    await restartBoth(stack);
    expect((await stack.status()).servers[0]?.tools).toBe(0);
    release();
    await stack.waitReady();
    await waitFor(() => stack.logs().includes("known lists ignored"), { what: "the log line" });
  });
});
