/** Whom the gateway asks for a resource that nobody lists. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startStack } from "../../support/harness.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { fakeBackend, repositoryDirectory } from "../../support/repository.ts";
import { tempDir } from "../../support/temp-dir.ts";

setDefaultTimeout(60_000);

test("a process of a client's own is started for a guess only where no template fits", async () => {
  using folder = tempDir("starts");
  const starts = join(folder.path, "starts");
  const program = (name: string, more: string[] = []) => ({
    command: process.execPath,
    args: [join(repositoryDirectory, "tests/requirements/backend/program.ts"), "--name", name, ...more],
  });
  await using stack = await startStack({
    mcpServers: {
      one: program("one"),
      own: { ...program("own", ["--starts", starts]), isolation: "session" },
    },
  });
  await using client = await openRawClient(stack.mcpUrl);
  const read = async (uri: string): Promise<unknown> =>
    (await client.request("resources/read", { uri })).error?.code;
  const count = (): number => readFileSync(starts, "utf8").split("\n").length - 1;
  expect(count()).toBe(1); // The shared one.
  // The template's server says that it is not there, and that is the answer.
  expect(await read("mx://one/place/none")).toBe(-32002);
  expect(count()).toBe(1);
  // Nobody offers it: whoever has resources may still have it.
  expect(await read("mx://nowhere/at/all")).toBe(-32002);
  expect(count()).toBe(2);
});

/** Offers tools and nothing else. */
const bareServer = `
  for await (const line of console) {
    const { id, method } = JSON.parse(line);
    if (id === undefined) continue;
    const result = method === "initialize"
      ? { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "bare", version: "1" } }
      : { tools: [] };
    console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
  }`;

test("a server that has no resources is not asked for one", async () => {
  await using stack = await startStack({
    mcpServers: { bare: { command: process.execPath, args: ["-e", bareServer] }, full: fakeBackend() },
  });
  await using client = await openRawClient(stack.mcpUrl);
  await client.request("resources/read", { uri: "nowhere://at/all" });
  const calls = (await stack.status()).servers.map((server) => [server.name, server.calls]);
  expect(Object.fromEntries(calls)).toEqual({ bare: 0, full: 1 });
});
