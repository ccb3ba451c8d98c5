/** Clients that come, call and go by the thousand leave nothing behind: no table grows, and no memory. */
import { expect, test } from "bun:test";
import { startStack } from "../../support/harness.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";
import { StatelessClient, textIn } from "../stateless/stateless-client.ts";

const atOnce = 24;
const clientsOfARound = 800;
const rounds = 8;
/** A leak of 5 KB for each client, which is what a session costs, is above this; what a heap breathes is below. */
const growthBytesMax = 5_000 * clientsOfARound * (rounds / 2);

test("sessions and calls that are over are over", async () => {
  await using stack = await startStack({ mcpServers: { fake: fakeBackend() } }, { logLevel: "warning" });
  const stateless = new StatelessClient(stack.mcpUrl);
  const client = async (number: number): Promise<void> => {
    const nonce = `client ${number}`;
    if (number % 3 === 0) {
      const answer = await stateless.call("fake__echo", { nonce });
      expect(JSON.parse(textIn(answer)).nonce).toBe(nonce);
      return;
    }
    await using session = await openRawClient(number % 3 === 1 ? stack.mcpUrl : stack.sseUrl);
    // With progress the answer becomes a stream, which is kept for a client that loses it.
    const params = { name: "fake__progress", arguments: { count: 2 }, _meta: { progressToken: number } };
    expect((await session.request("tools/call", params)).text).toContain("progressed 2");
    expect(JSON.parse(await session.callText("fake__echo", { nonce })).nonce).toBe(nonce);
    // It goes away while this one is in flight.
    if (number % 5 === 0) session.request("tools/call", { name: "fake__hang" }).catch(() => undefined);
  };
  const round = async (): Promise<number> => {
    let next = 0;
    const one = async (): Promise<void> => {
      while (next < clientsOfARound) await client(next++);
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    const status = await stack.waitForStatus(
      ({ sessions, servers }) =>
        sessions.sse + sessions.streamable + sessions.streams + (servers[0]?.inFlight ?? 1) === 0,
      "no session, stream or call to be left",
    );
    const page = await (await fetch(`${stack.url}/metrics`)).text();
    expect(/^mcp_gateway_resume_bytes (\d+)$/m.exec(page)?.[1]).toBe("0");
    return status.gateway.residentBytes;
  };
  const resident: number[] = [];
  for (let at = 0; at < rounds; at += 1) resident.push(await round());
  // A heap breathes: what stays shows in the middle of the rounds, not in one of them.
  const half = rounds / 2;
  const [early, late] = [middleOf(resident.slice(0, half)), middleOf(resident.slice(half))];
  expect(late - early).toBeLessThan(growthBytesMax);
}, 120_000);

function middleOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
