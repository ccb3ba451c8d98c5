import { expect, test } from "bun:test";
import { startStack } from "../../support/harness.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";

test("smoke", async () => {
  await using stack = await startStack({
    gateway: { workers: 3 },
    mcpServers: { fake: fakeBackend("--tools", "3") },
  });
  const status = await stack.status();
  console.log(JSON.stringify(status.workers), status.state);
  for (let i = 0; i < 10; i++) {
    await using a = await openRawClient(stack.mcpUrl);
    expect((await a.request("tools/list")).error).toBeUndefined();
    await using b = await openRawClient(stack.sseUrl);
    expect((await b.request("tools/list")).error).toBeUndefined();
  }
  console.log(JSON.stringify((await stack.status()).workers));
}, 30000);
