/** The whole stack from its bundles: the programs that users run after the first start. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { StatusReport } from "@mcp-gateway/contract";
import { appSet, findBundles } from "@mcp-gateway/kit/prebuilt";
import { bundleDirectory } from "../../../packages/kit/src/prebuilt/bundle-cache.ts";
import { AuthorizationServer } from "../../support/authorization-server.ts";
import { type Pids, startStack } from "../../support/harness.ts";
import { ProtectedServer } from "../../support/protected-server.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { fakeBackend, repositoryDirectory } from "../../support/repository.ts";
import { login } from "../../support/sign-in.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitFor } from "../../support/wait-for.ts";

const cache = tempDir("bundles");
const environment = { MCP_GATEWAY_PREBUILT: "1", MCP_GATEWAY_CACHE_DIR: cache.path };

beforeAll(async () => {
  const builder = join(repositoryDirectory, "packages/kit/src/prebuilt/build.ts");
  const build = Bun.spawn([process.execPath, builder, JSON.stringify(appSet)], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  expect(await build.exited).toBe(0);
});

afterAll(() => cache[Symbol.dispose]());

function programOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8");
}

describe.skipIf(process.platform !== "linux")("from bundles", () => {
  test("a sign-in loads the OAuth client when it is needed, which no bundle carries", async () => {
    using authorization = new AuthorizationServer();
    using server = new ProtectedServer({ authorization });
    const config = { mcpServers: { far: { url: server.url } } };
    const until = ({ servers }: StatusReport): boolean => servers[0]?.fault?.stage === "sign-in";
    await using stack = await startStack(config, { environment, until });
    const { supervisor } = await stack.pids();
    const bundle = findBundles(appSet, environment)?.get("supervisor") ?? "none";
    expect(programOf(supervisor)).toContain(bundle);
    // A sentence of the SDK's.
    expect(readFileSync(bundle, "utf8")).not.toContain("Resource server does not implement");
    expect((await login(stack, { server: "far" })).output).toContain("✔ far is ready with 1 tool.");
    authorization.expireTokens();
    await using client = await openRawClient(stack.mcpUrl);
    const answer = await client.request("tools/call", { name: "far__count", arguments: {} });
    expect(answer.error).toBeUndefined();
    expect((await stack.pids()).supervisor).toBe(supervisor);
  });

  test("everything runs, is restarted from them, and from the sources when they are gone", async () => {
    const config = { mcpServers: { fake: fakeBackend("--tools", "3") } };
    await using stack = await startStack(config, { environment });
    const bundles = findBundles(appSet, environment);
    const first = await stack.pids();
    for (const name of ["launcher", "gateway", "supervisor"] as const) {
      expect(programOf(first[name])).toContain(bundles?.get(name) ?? "a bundle");
    }
    await using client = await openRawClient(stack.mcpUrl);
    const answer = await client.request("tools/call", { name: "fake__echo", arguments: { text: "hi" } });
    expect(JSON.stringify(answer.result)).toContain("hi");
    await using legacy = await openRawClient(stack.sseUrl);
    expect((await legacy.request("tools/list")).result).toBeDefined();

    const gatewayAfter = (gone: number): Promise<Pids> =>
      waitFor(async () => {
        const pids = await stack.pids();
        return pids.gateway !== gone && pids;
      });
    process.kill(first.gateway, "SIGKILL");
    const second = await gatewayAfter(first.gateway);
    expect(programOf(second.gateway)).toContain(bundles?.get("gateway") ?? "a bundle");

    rmSync(dirname(bundles?.get("gateway") ?? join(bundleDirectory(environment) ?? "", "none")), {
      recursive: true,
    });
    process.kill(second.gateway, "SIGKILL");
    const third = await gatewayAfter(second.gateway);
    expect(programOf(third.gateway)).toContain("apps/gateway/src/main.ts");
  });
});
