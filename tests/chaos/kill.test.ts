/**
 * SIGKILL for backend, gateway and supervisor, in a seeded order, while 16 clients call over both fronts.
 * Each time: the other two live on, calls in flight end at once with the right reason, all is whole again
 * within seconds, nothing is orphaned, and no client ever sees another's answer.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { StatusReport } from "@mcp-gateway/contract";
import { limits } from "@mcp-gateway/kit";
import { freePort } from "../support/free-port.ts";
import { type Stack, startStack } from "../support/harness.ts";
import { isAlive, processesWithTag, signal } from "../support/processes.ts";
import { random, seedFromEnvironment } from "../support/random.ts";
import { openRawClient, type RawClient, type RawMessage } from "../support/raw-client.ts";
import { fakeBackend, fakeHttpBackend } from "../support/repository.ts";
import { say } from "../support/say.ts";
import { waitFor, within } from "../support/wait-for.ts";
import { Load } from "./load.ts";

const seed = seedFromEnvironment();
const dice = random(seed);
const backends = ["first", "second", "http"];
const roundsEach = Number(process.env["MCP_GATEWAY_CHAOS_ROUNDS"] ?? 2);
const clients = 16;
/** "At once", on a machine that is busy with everything else. */
const promptMs = 2_000;
const wholeAgainMs = 20_000;

let stack: Stack;
let load: Load;
let processesAtRest = 0;
const recoveries: string[] = [];
const processKillsAtMs: number[] = [];

beforeAll(async () => {
  const port = freePort();
  const http = {
    ...fakeHttpBackend("--name", "http"),
    type: "http",
    url: `http://127.0.0.1:${port}/mcp`,
    env: { PORT: String(port) },
  };
  stack = await startStack(
    { mcpServers: { first: fakeBackend("--name", "first"), second: fakeBackend("--name", "second"), http } },
    { logLevel: "info" },
  );
  processesAtRest = processesWithTag(stack.tag).length;
  load = new Load(stack, clients, backends, dice);
  await load.untilAnswered(200, 30_000);
}, 60_000);

afterAll(async () => {
  const counts = await load?.stop();
  await stack?.[Symbol.asyncDispose]();
  if (counts === undefined) return;
  const failures = [...counts.failures].map(([reason, count]) => `${reason} ${count}`).join(", ");
  say(
    `chaos seed ${seed}: ${counts.calls} calls, ${counts.answered} answered, cross-talk ${counts.crossTalk}, sessions reopened ${counts.reopened}; failures: ${failures || "none"}`,
  );
  for (const line of recoveries) say(`  ${line}`);
}, 60_000);

type Victim = "backend" | "gateway" | "supervisor";

/** One client a front, each with a call in flight at every backend. */
interface Probe {
  readonly client: RawClient;
  readonly inFlight: ReadonlyMap<string, Promise<{ readonly message: RawMessage; readonly atMs: number }>>;
}

async function probe(url: string): Promise<Probe> {
  const client = await openRawClient(url);
  const started = new Map<string, Promise<{ message: RawMessage; atMs: number }>>();
  for (const backend of backends) {
    const call = client.request(
      "tools/call",
      { name: `${backend}__hang`, arguments: {} },
      { timeoutMs: 60_000 },
    );
    const timed = call.then((message) => ({ message, atMs: performance.now() }));
    timed.catch(() => undefined); // Calls that are not looked at later end with their client.
    started.set(backend, timed);
  }
  // An answered call behind the hanging ones shows that those have been sent.
  for (const backend of backends) await client.callText(`${backend}__echo`, { nonce: "probe" });
  return { client, inFlight: started };
}

async function expectPromptFailure(
  one: Probe,
  backend: string,
  killedAtMs: number,
  reason: string,
): Promise<void> {
  const call = one.inFlight.get(backend);
  if (call === undefined) throw new Error(`no call in flight at ${backend}`);
  const { message, atMs } = await within(
    promptMs * 2,
    `the failure of the call at ${backend} on ${one.client.front}`,
    call,
  );
  expect(message.error?.data?.["reason"], message.text).toBe(reason);
  expect(atMs - killedAtMs).toBeLessThan(promptMs);
}

function pidOf(status: StatusReport, backend: string): number {
  return status.servers.find(({ name }) => name === backend)?.pid ?? 0;
}

async function wholeAgain(
  what: string,
  sinceMs: number,
  condition: (status: StatusReport) => boolean,
): Promise<StatusReport> {
  const status = await stack.waitForStatus(
    (now) => now.state === "ready" && condition(now),
    what,
    wholeAgainMs,
  );
  recoveries.push(`${what}: ${Math.round(performance.now() - sinceMs)} ms`);
  await load.untilAnswered(100, wholeAgainMs);
  await waitFor(() => processesWithTag(stack.tag).length === processesAtRest, {
    what: "exactly the processes of a whole stack",
    timeoutMs: wholeAgainMs,
  });
  return status;
}

async function killBackend(probes: readonly Probe[]): Promise<void> {
  const before = await stack.pids();
  const status = await stack.status();
  const victim = dice.pick(backends);
  const others = backends.filter((name) => name !== victim);
  const failuresElsewhere = others.map((name) => load.counts.failuresByBackend.get(name) ?? 0);
  const killedAtMs = performance.now();
  signal(pidOf(status, victim), "SIGKILL");
  for (const one of probes) await expectPromptFailure(one, victim, killedAtMs, "backend-lost");
  const after = await wholeAgain(
    `backend ${victim} restarted`,
    killedAtMs,
    (now) => ![0, pidOf(status, victim)].includes(pidOf(now, victim)),
  );
  expect(await stack.pids()).toEqual(before);
  for (const name of others) expect(pidOf(after, name)).toBe(pidOf(status, name));
  expect(others.map((name) => load.counts.failuresByBackend.get(name) ?? 0)).toEqual(failuresElsewhere);
}

async function killGateway(probes: readonly Probe[]): Promise<void> {
  const before = await stack.pids();
  const status = await stack.status();
  const killedAtMs = performance.now();
  signal(before.gateway, "SIGKILL");
  for (const one of probes) await within(promptMs, "the end of the client's stream", one.client.streamEnded);
  const after = await wholeAgain(
    "gateway restarted",
    killedAtMs,
    (now) => now.gateway.pid !== before.gateway,
  );
  expect(after.supervisor.pid).toBe(before.supervisor);
  for (const name of backends)
    expect(pidOf(after, name), `${name} keeps its process`).toBe(pidOf(status, name));
}

async function killSupervisor(probes: readonly Probe[]): Promise<void> {
  const before = await stack.pids();
  const status = await stack.status();
  const { reopened } = load.counts;
  const killedAtMs = performance.now();
  signal(before.supervisor, "SIGKILL");
  for (const one of probes) {
    for (const backend of backends) await expectPromptFailure(one, backend, killedAtMs, "supervisor-lost");
    const listed = await one.client.request("tools/list", {}, { timeoutMs: promptMs });
    expect(listed.result?.["tools"], "lists are answered from what is known").toBeArray();
  }
  const after = await wholeAgain(
    "supervisor restarted",
    killedAtMs,
    (now) => ![null, before.supervisor].includes(now.supervisor.pid),
  );
  expect(after.gateway.pid).toBe(before.gateway);
  for (const name of backends)
    expect(isAlive(pidOf(status, name)), `${name} of the dead supervisor is gone`).toBe(false);
  expect(load.counts.reopened, "sessions live on").toBe(reopened);
  for (const one of probes)
    expect(await one.client.callText("first__echo", { nonce: 1 })).toBe('{"nonce":1}');
}

/** The launcher rightly gives up on processes that end too often; long runs keep below that. */
async function waitForRoom(victim: Victim): Promise<void> {
  if (victim === "backend") return;
  const isRoom = (): boolean => {
    const sinceMs = performance.now() - limits.processRestartWindowMs - 1_000;
    return processKillsAtMs.filter((atMs) => atMs > sinceMs).length < limits.restartsPerProcessMax * 2 - 1;
  };
  await waitFor(isRoom, {
    what: "room in the launcher's restart window",
    timeoutMs: 2 * limits.processRestartWindowMs,
    everyMs: 200,
  });
  processKillsAtMs.push(performance.now());
}

const kills: Record<Victim, (probes: readonly Probe[]) => Promise<void>> = {
  backend: killBackend,
  gateway: killGateway,
  supervisor: killSupervisor,
};
const victims: readonly Victim[] = ["backend", "gateway", "supervisor"];
const order = dice.shuffled(Array.from({ length: roundsEach }, () => victims).flat());

for (const [round, victim] of order.entries()) {
  test(`round ${round + 1}: the ${victim} is killed under load (seed ${seed})`, async () => {
    await waitForRoom(victim);
    const probes = await Promise.all([probe(stack.mcpUrl), probe(stack.sseUrl)]);
    try {
      await kills[victim](probes);
    } finally {
      await Promise.all(probes.map(({ client }) => client.close()));
    }
    expect(load.counts.crossTalk).toBe(0);
  }, 180_000);
}

test("every call ended, and no answer went astray", async () => {
  const counts = await load.stop();
  expect(counts.crossTalk).toBe(0);
  expect(counts.answered).toBeGreaterThan(500);
  const known = ["connection", "backend-lost", "backend-not-ready", "supervisor-lost", "session-unknown"];
  expect([...counts.failures.keys()].filter((reason) => !known.includes(reason))).toEqual([]);
}, 60_000);
