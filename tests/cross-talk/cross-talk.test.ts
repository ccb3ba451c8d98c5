/**
 * Two hundred clients, with sessions on both fronts and without, all with the same ids and progress tokens at the same
 * time, before servers that answer late, in random order, and ask back: everything that reaches a client is its own.
 *
 *   MCP_GATEWAY_CROSS_TALK=100000   how many messages shall reach the clients
 *   MCP_GATEWAY_SEED=7              the same order again
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { startFakeHttpBackend } from "../support/fake-http-backend.ts";
import { type Stack, startStack } from "../support/harness.ts";
import { type Random, random, seedFromEnvironment } from "../support/random.ts";
import { say } from "../support/say.ts";
import { within } from "../support/wait-for.ts";
import { Ledger, noCounts, type Question } from "./ledger.ts";
import { type LightClient, openLightClient, statelessClient, statelessMeta } from "./light-client.ts";

const messages = Number(process.env["MCP_GATEWAY_CROSS_TALK"] ?? 100_000);
const clients = 200;
/** One answer, and on average this many steps of progress or questions besides. */
const messagesPerCall = 3.05;
/** Of one client, at the same time: a call of Streamable HTTP holds a connection, and this process has 256. */
const callsAtOnce = { mcp: 1, sse: 6, stateless: 1 };
const fronts = ["mcp", "sse", "stateless"] as const;
const timeoutMs = 300_000;
const shuffling = join(import.meta.dir, "shuffling-backend.ts");

interface Run {
  readonly client: LightClient;
  readonly ledger: Ledger;
  readonly name: string;
  readonly front: (typeof fronts)[number];
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
      const front = fronts[index % fronts.length] ?? "mcp";
      const name = `client-${index}`;
      const ledger = new Ledger(name, counts);
      const client = await openClient(front, stack, (text) => ledger.take(text));
      ledger.answer = (id, nonce) => {
        const result = { action: "accept", content: { x: nonce } };
        void client.send(JSON.stringify({ jsonrpc: "2.0", id, result }));
      };
      return { client, ledger, name, front, dice: random(seed + index) };
    };
    const runs = await Promise.all(Array.from({ length: clients }, open));
    const calls = Math.ceil(messages / messagesPerCall / clients);
    const made = await within(timeoutMs, "all calls", Promise.all(runs.map((run) => callAll(run, calls))));
    const seconds = (performance.now() - startedAtMs) / 1_000;
    await Promise.all(runs.map(({ client }) => client.close()));
    const { answers, progress, questions, faults, faultCount } = counts;
    const sum = answers + progress + questions;
    say(
      `cross-talk (seed ${seed}): ${clients} clients, ${sum} messages (${answers} answers, ${progress} steps of progress, ${questions} questions) in ${seconds.toFixed(1)} s, ${faultCount} of them not the client's own`,
    );
    expect({ seed, faults }).toEqual({ seed, faults: [] });
    expect(faultCount).toBe(0);
    expect(answers).toBe(calls * clients);
    expect(progress).toBe(made.reduce((all, { steps }) => all + steps, 0));
    expect(questions).toBe(made.reduce((all, of) => all + of.questions, 0));
    expect(sum).toBeGreaterThanOrEqual(messages);
  },
  timeoutMs + 30_000,
);

function openClient(
  front: Run["front"],
  { mcpUrl, sseUrl }: Stack,
  take: (text: string) => void,
): LightClient | Promise<LightClient> {
  if (front === "stateless") return statelessClient(mcpUrl, take);
  return openLightClient(front === "mcp" ? mcpUrl : sseUrl, take);
}

/** What a client must have heard besides its answers. */
interface Made {
  readonly steps: number;
  readonly questions: number;
}

/** Every client walks through the same ids. */
async function callAll(run: Run, calls: number): Promise<Made> {
  let next = 1;
  let [steps, questions] = [0, 0];
  const walk = async (): Promise<void> => {
    for (let number = next++; number <= calls; number = next++) {
      const made = await call(run, number);
      steps += made.steps;
      questions += made.questions;
    }
  };
  await Promise.all(Array.from({ length: callsAtOnce[run.front] }, walk));
  return { steps, questions };
}

interface Call {
  readonly tool: string;
  readonly arguments: object;
  /** What the answer says; the nonce by default. */
  readonly expected?: string;
  readonly made: Made;
}

function dealtCall(dice: Random, nonce: string): Call {
  switch (dice.below(12)) {
    case 0: {
      const args = { nonce, ms: dice.below(20) };
      const expected = JSON.stringify(args);
      return { tool: "http__echo", arguments: args, expected, made: { steps: 0, questions: 0 } };
    }
    case 1: {
      const requestedSchema = { type: "object", properties: { x: { type: "string" } } };
      const args = { method: "elicitation/create", params: { message: nonce, requestedSchema } };
      const expected = `"content":{"x":${JSON.stringify(nonce)}}`;
      return { tool: "http__ask_client", arguments: args, expected, made: { steps: 0, questions: 1 } };
    }
    default: {
      const steps = dice.below(6);
      const tool = `${dice.pick(["one", "two"])}__shuffle`;
      return { tool, arguments: { nonce, steps }, made: { steps, questions: 0 } };
    }
  }
}

async function call(run: Run, number: number): Promise<Made> {
  const { client, ledger, name, dice, front } = run;
  const id = number % 3 === 0 ? String(number) : number;
  const nonce = `${name}:${number}`;
  const dealt = dealtCall(dice, nonce);
  const ask = async (again: object): Promise<Question | undefined> => {
    const answered = ledger.expect(id, nonce, dealt.expected);
    const meta = front === "stateless" ? { ...statelessMeta, progressToken: id } : { progressToken: id };
    const params = { name: dealt.tool, arguments: dealt.arguments, ...again, _meta: meta };
    await client.send(JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params }));
    return await answered;
  };
  const question = await ask({});
  if (question !== undefined) {
    const inputResponses = { [question.key]: { action: "accept", content: { x: nonce } } };
    await ask({ inputResponses, requestState: question.state });
  }
  return dealt.made;
}
