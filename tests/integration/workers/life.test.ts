/** Workers that end, come back, start where they may not, and follow the configuration. */
import { describe, expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Stack, startStack } from "../../support/harness.ts";
import { openRawClient, type RawClient } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";
import { within } from "../../support/wait-for.ts";
import { WorkerConnection } from "./connections.ts";

const workers = 3;
const configuration = (servers: object): object => ({ gateway: { workers }, mcpServers: servers });

async function pidOf(stack: Stack, worker: number): Promise<number> {
  const status = await stack.waitForStatus(
    (one) => one.workers.every(({ state }) => state === "up"),
    "every worker to answer",
  );
  return status.workers.find((one) => one.worker === worker)?.pid ?? 0;
}

describe("a worker that is killed", () => {
  test("takes its own sessions with it, and nobody else notices", async () => {
    await using stack = await startStack(configuration({ fake: fakeBackend() }));
    const [one, two, three] = await WorkerConnection.toEach(stack.port, workers);
    if (one === undefined || two === undefined || three === undefined)
      throw new Error("three were asked for");
    const victim = await pidOf(stack, 2);
    const backend = (await stack.status()).servers[0]?.pid;
    let isOver = false;
    const survivors = [one, three].map(async (connection) => {
      let calls = 0;
      for (; !isOver; calls += 1) {
        const nonce = `${connection.worker} ${calls}`;
        const answer = await connection.call(connection.session, calls + 1, "fake__echo", { nonce });
        if (answer.status !== 200 || !answer.body.includes(nonce))
          throw new Error(`${nonce}: ${answer.body}`);
      }
      return calls;
    });
    try {
      // One call of its session is under way at another worker, handed over; one at itself.
      const calling = await WorkerConnection.open(stack.port);
      const hang = {
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "fake__hang", arguments: {} },
      };
      const handedOver = calling.worker === 2 ? undefined : calling.post(hang, two.session);
      two.send("POST", two.session, "/mcp", {}, JSON.stringify({ ...hang, id: 2 }));
      await stack.waitForStatus(
        ({ servers }) => (servers[0]?.inFlight ?? 0) >= (handedOver === undefined ? 1 : 2),
        "the calls to be under way",
      );
      process.kill(victim, "SIGKILL");
      await two.closed();
      if (handedOver !== undefined) {
        const lost = await handedOver;
        expect([lost.status, JSON.parse(lost.body).error.data.reason]).toEqual([502, "worker-lost"]);
      }
      const status = await stack.waitForStatus(
        (now) => now.state === "ready" && now.workers[1]?.state === "up" && now.workers[1].pid !== victim,
        "the worker to be started again",
      );
      // The backend is the same process, and its calls of that worker were given up.
      expect(status.servers[0]).toMatchObject({ pid: backend, restarts: 0 });
      // Wherever its client comes back, it is told to begin anew; and there it can.
      const again = await WorkerConnection.toEach(stack.port, workers);
      for (const connection of again) {
        const gone = await connection.call(two.session, 3, "fake__echo", {});
        expect([gone.status, JSON.parse(gone.body).error.data.reason]).toEqual([404, "session-unknown"]);
        const fresh = await connection.call(connection.session, 4, "fake__echo", { nonce: "anew" });
        expect(fresh.body).toContain("anew");
        connection.close();
      }
    } finally {
      isOver = true;
    }
    for (const calls of await Promise.all(survivors)) expect(calls).toBeGreaterThan(10);
    for (const { isOpen } of [one, three]) expect(isOpen).toBe(true);
    for (const connection of [one, three]) connection.close();
  }, 60_000);

  test("is replaced even when it is the first, which has the console and names the address", async () => {
    await using stack = await startStack(configuration({ fake: fakeBackend() }));
    const victim = await pidOf(stack, 1);
    process.kill(victim, "SIGKILL");
    const status = await stack.waitForStatus(
      ({ workers: now, state }) => state === "ready" && now[0]?.state === "up" && now[0].pid !== victim,
      "the first worker to be started again",
    );
    expect(status.gateway.pid).toBe(status.workers[0]?.pid ?? 0);
    const run = await Bun.file(stack.paths.runFilePath).json();
    expect(run).toMatchObject({ pid: status.gateway.pid, address: stack.url });
  }, 60_000);
});

test("all workers together hold no more sessions than the limit says", async () => {
  await using stack = await startStack({
    gateway: { workers, limits: { sessions: 7 } },
    mcpServers: { fake: fakeBackend() },
  });
  const connections = await Promise.all(Array.from({ length: 60 }, () => WorkerConnection.open(stack.port)));
  // Sixty random connections fill all three, but for one case in 10^9.
  expect(connections.filter(({ session }) => session !== "")).toHaveLength(7);
  expect((await stack.status()).sessions.streamable).toBe(7);
  for (const connection of connections) connection.close();
}, 60_000);

test("a changed configuration reaches every worker, and the clients of each are told", async () => {
  await using stack = await startStack(configuration({ fake: fakeBackend() }));
  const headers = { connection: "close" };
  const clients: RawClient[] = await Promise.all(
    Array.from({ length: 12 }, () => openRawClient(stack.mcpUrl, { headers })),
  );
  try {
    stack.writeConfig(configuration({ fake: fakeBackend(), late: fakeBackend() }));
    await Promise.all(
      clients.map((client) =>
        client.waitForMessage("list_changed", ({ method }) => method === "notifications/tools/list_changed"),
      ),
    );
    for (const client of clients) {
      expect(await client.callText("late__whoami")).toContain("pid");
      expect((await client.request("tools/list")).text).toContain("late__whoami");
    }
    const { workers: now } = await stack.status();
    for (const { sessions } of now) expect(sessions.streamable).toBeLessThan(12);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}, 60_000);

test("workers share nothing that others could read, and each has its log", async () => {
  await using stack = await startStack(configuration({ fake: fakeBackend() }));
  for (let worker = 1; worker <= workers; worker += 1) {
    const socket = statSync(join(stack.paths.runtimeDirectory, `worker-${worker}.sock`));
    expect([socket.isSocket(), socket.mode & 0o777]).toEqual([true, 0o600]);
  }
  expect(statSync(stack.paths.runtimeDirectory).mode & 0o777).toBe(0o700);
  const sources = readdirSync(stack.directory, { recursive: true })
    .map((name) => /_(gateway(?:-\d)?)\.log$/.exec(String(name))?.[1])
    .filter((source) => source !== undefined);
  expect(sources.sort()).toEqual(["gateway", "gateway-2", "gateway-3"]);
  // What the workers say among themselves is at no address that a client can reach.
  for (const path of ["/worker/port", "/worker/report", "/worker/ready"])
    expect((await fetch(stack.url + path)).status).toBe(404);
  expect((await fetch(`${stack.url}/ready`)).status).toBe(200);
}, 60_000);

test("an address that another program holds is refused, even one that would share it", async () => {
  using other = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    development: false,
    reusePort: true,
    fetch: () => new Response("mine"),
  });
  // The port answers already: it is the other program's.
  await using stack = await startStack(configuration({}), { port: other.port ?? 0, until: "listening" });
  expect(await within(15_000, "the end of the gateway", stack.exited)).toBe(3);
  expect(stack.logs()).toContain("already listens");
  for (let one = 0; one < 8; one += 1)
    expect(await (await fetch(other.url, { headers: { connection: "close" } })).text()).toBe("mine");
}, 60_000);
