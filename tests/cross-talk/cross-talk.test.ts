/**
 * Two hundred clients on both fronts, all with the same ids and progress tokens at the same time, before servers that
 * answer late and in random order: everything that reaches a client is its own.
 *
 *   MCP_GATEWAY_CROSS_TALK=100000   how many messages shall reach the clients
 *   MCP_GATEWAY_SEED=7              the same order again
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { startFakeHttpBackend } from "../support/fake-http-backend.ts";
import { startStack } from "../support/harness.ts";
import { type Random, random, seedFromEnvironment } from "../support/random.ts";
import { say } from "../support/say.ts";
import { within } from "../support/wait-for.ts";
import { Ledger, noCounts } from "./ledger.ts";
import { type LightClient, openLightClient } from "./light-client.ts";

const messages = Number(process.env["MCP_GATEWAY_CROSS_TALK"] ?? 20_000);
const clients = 200;
/** One answer, and on average this many steps of progress. */
const messagesPerCall = 2;
/** Of one client, at the same time: a call of Streamable HTTP holds a connection, and this process has 256. */
const callsAtOnce = { mcp: 1, sse: 6 };
const timeoutMs = 300_000;
const shuffling = join(import.meta.dir, "shuffling-backend.ts");

interface Run {
  readonly client: LightClient;
  readonly ledger: Ledger;
  readonly name: string;
  readonly front: "mcp" | "sse";
  readonly dice: Random;
}

test(
  "of two hundred clients with the same ids and tokens each gets its own answers and progress, and nothing else",
  async () => {
    const seed = seedFromEnvironment();
    const counts = noCounts();
    await using http = startFakeHttpBackend({ name: "http" });
    const program = (more: number) => ({
      command: process.execPath,
      args: [shuffling, "--seed", String(seed + more)],
    });
    await using stack = await startStack(
      { mcpServers: { one: program(1), two: program(2), http: { type: "http", url: http.mcpUrl } } },
      { logLevel: "info" },
    );
    const startedAtMs = performance.now();
    const open = async (_: unknown, index: number): Promise<Run> => {
      const front = index % 2 === 0 ? "mcp" : "sse";
      const name = `client-${index}`;
      const ledger = new Ledger(name, counts);
      const client = await openLightClient(front === "mcp" ? stack.mcpUrl : stack.sseUrl, (text) =>
        ledger.take(text),
      );
      return { client, ledger, name, front, dice: random(seed + index) };
    };
    const runs = await Promise.all(Array.from({ length: clients }, open));
    const calls = Math.ceil(messages / messagesPerCall / clients);
    const steps = await within(timeoutMs, "all calls", Promise.all(runs.map((run) => callAll(run, calls))));
    const seconds = (performance.now() - startedAtMs) / 1_000;
    await Promise.all(runs.map(({ client }) => client.close()));
    say(
      `cross-talk (seed ${seed}): ${clients} clients, ${counts.answers} answers and ${counts.progress} steps of progress in ${seconds.toFixed(1)} s, ${counts.faultCount} of them not the client's own`,
    );
    expect({ seed, faults: counts.faults }).toEqual({ seed, faults: [] });
    expect(counts.faultCount).toBe(0);
    expect(counts.answers).toBe(calls * clients);
    expect(counts.progress).toBe(steps.reduce((sum, of) => sum + of, 0));
  },
  timeoutMs + 30_000,
);

/** Every client walks through the same ids. @returns how many steps of progress it must have heard */
async function callAll(run: Run, calls: number): Promise<number> {
  let next = 1;
  let steps = 0;
  const walk = async (): Promise<void> => {
    for (let number = next++; number <= calls; number = next++) {
      const made = await call(run, number);
      steps += made;
    }
  };
  await Promise.all(Array.from({ length: callsAtOnce[run.front] }, walk));
  return steps;
}

async function call({ client, ledger, name, dice }: Run, number: number): Promise<number> {
  const id = number % 3 === 0 ? String(number) : number;
  const server = dice.pick(["one", "one", "two", "two", "http"]);
  const nonce = `${name}:${number}`;
  const steps = server === "http" ? 0 : dice.below(4);
  const args = server === "http" ? { nonce, ms: dice.below(20) } : { nonce, steps };
  const answered = ledger.expect(id, server === "http" ? JSON.stringify(args) : nonce);
  const params = {
    name: server === "http" ? "http__echo" : `${server}__shuffle`,
    arguments: args,
    _meta: { progressToken: id },
  };
  await client.send(JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params }));
  await answered;
  return steps;
}
