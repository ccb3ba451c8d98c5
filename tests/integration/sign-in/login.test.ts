/** A person signs in at a server, with the command and a browser, and the server is there at once. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { AuthorizationServer } from "../../support/authorization-server.ts";
import { startStack } from "../../support/harness.ts";
import { ProtectedServer } from "../../support/protected-server.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { login } from "../../support/sign-in.ts";

test("a server that wants a sign-in says so, and is there at once after it", async () => {
  using authorization = new AuthorizationServer();
  using server = new ProtectedServer({ authorization });
  await using stack = await startStack({ mcpServers: { far: { url: server.url } } }, { until: "listening" });
  const waiting = await stack.waitForStatus(
    ({ servers }) => servers[0]?.state === "failed",
    "the sign-in to be missed",
  );
  expect(waiting.servers[0]?.fault).toMatchObject({
    stage: "sign-in",
    message: 'The server "far" wants somebody to sign in.',
    remedy: "Sign in: `gateway login far`",
  });
  await using client = await openRawClient(stack.mcpUrl);
  const before = await client.request("tools/call", { name: "far__count", arguments: {} });
  console.log(JSON.stringify(before));

  const run = await login(stack, { server: "far" });
  console.log(run.output);
  expect(run.exitCode).toBe(0);
  const after = await client.request("tools/call", { name: "far__count", arguments: {} });
  console.log(JSON.stringify(after));
  console.log(stack.logs().slice(-3000));
});
