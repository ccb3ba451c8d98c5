/** Large results go through memory that supervisor and gateway share, each to whoever asked, and the memory is given back. */
import { describe, expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import { type Stack, startStack } from "../../support/harness.ts";
import { mappedRings } from "../../support/mapped-rings.ts";
import { signal } from "../../support/processes.ts";
import { random, seedFromEnvironment } from "../../support/random.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { StatelessClient, textIn } from "../stateless/stateless-client.ts";

const seed = seedFromEnvironment();
const chance = random(seed);
const isLinux = process.platform === "linux";

/** Sizes around what goes through the ring, and texts that no other call has. */
function textOf(name: string, call: number): string {
  const bytes = chance.pick([10, limits.ringPayloadBytesMin - 200, limits.ringPayloadBytesMin, 200_000]);
  return `${name}, call ${call}; `.repeat(1 + bytes / 10).slice(0, bytes);
}

async function callOnAllFronts(stack: Stack, calls: number): Promise<void> {
  await using mcp = await openRawClient(stack.mcpUrl);
  await using sse = await openRawClient(stack.sseUrl);
  await using mount = await openRawClient(stack.serverUrl("fake", "mcp"));
  const stateless = new StatelessClient(stack.mcpUrl);
  const ways: Readonly<Record<string, (nonce: string) => Promise<string>>> = {
    mcp: (nonce) => mcp.callText("fake__echo", { nonce }),
    sse: (nonce) => sse.callText("fake__echo", { nonce }),
    mount: (nonce) => mount.callText("echo", { nonce }),
    stateless: async (nonce) => textIn(await stateless.call("fake__echo", { nonce })),
  };
  const one = async (name: string, ask: (nonce: string) => Promise<string>): Promise<void> => {
    for (let call = 0; call < calls; call += 1) {
      const nonce = textOf(name, call);
      if (JSON.parse(await ask(nonce)).nonce !== nonce) throw new Error(`${name} got another answer`);
    }
  };
  await Promise.all(
    Object.entries(ways).flatMap(([name, ask]) => [1, 2, 3].map((lane) => one(`${name} ${lane}`, ask))),
  );
}

describe(`large results (seed ${seed})`, () => {
  test("reach whoever asked on every front, through a ring that is empty at rest and new after a crash", async () => {
    await using stack = await startStack({ mcpServers: { fake: fakeBackend() } }, { logLevel: "warning" });
    await callOnAllFronts(stack, 15);
    if (!isLinux) return;
    const { gateway, supervisor } = await stack.pids();
    expect([mappedRings(gateway).length, mappedRings(supervisor).length]).toEqual([1, 1]);
    const pageKb = 4;
    const atRest = (): boolean =>
      [...mappedRings(gateway), ...mappedRings(supervisor)].every((kb) => kb <= pageKb);
    expect(atRest()).toBe(false);
    await waitFor(atRest, {
      what: "the memory of the ring to be given back",
      timeoutMs: limits.linkHeartbeatMs * 5,
    });
    await callOnAllFronts(stack, 2);
    signal(supervisor, "SIGKILL");
    await stack.waitForStatus((status) => status.supervisor.pid !== supervisor, "another supervisor");
    await stack.waitReady();
    await callOnAllFronts(stack, 5);
    expect(mappedRings((await stack.pids()).supervisor)).toHaveLength(1);
  }, 60_000);

  test("reach the right worker's clients", async () => {
    await using stack = await startStack(
      { gateway: { workers: 2 }, mcpServers: { fake: fakeBackend() } },
      { logLevel: "warning" },
    );
    await callOnAllFronts(stack, 10);
    if (isLinux) expect(mappedRings((await stack.pids()).supervisor).length).toBeGreaterThanOrEqual(1);
  }, 60_000);
});
