/** Sessions' own connections to servers behind an address, and how many there may be. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { FrameKind } from "@mcp-gateway/contract";
import { limits } from "@mcp-gateway/kit";
import { startFakeHttpBackend } from "../../support/fake-http-backend.ts";
import { freePort } from "../../support/free-port.ts";
import { repositoryDirectory } from "../../support/repository.ts";
import { serverConfig, until } from "../../unit/supervisor/process/programs.ts";
import { startWorld } from "../../unit/supervisor/rpc/world.ts";

const decoder = new TextDecoder();
const nothing = new Uint8Array();
const remote = { command: undefined, isolation: "session" } as const;

test("over HTTP it is a session of its own, ended with DELETE; over SSE a stream of its own", async () => {
  await using backend = startFakeHttpBackend({ name: "far" });
  const http = serverConfig({ ...remote, name: "http", transport: "http", url: backend.mcpUrl });
  const sse = serverConfig({ ...remote, name: "sse", transport: "sse", url: backend.sseUrl });
  await using world = await startWorld([http, sse]);
  await using link = await world.connect();
  for (const name of ["http", "sse"]) {
    const state = await link.untilPhase(name, "ready");
    const before = backend.sessionCount();
    const instance = await link.open(state, { roots: {} });
    expect(backend.sessionCount()).toBe(before + 1);
    const told = await link.call(state, "received", { method: "initialize" }, { instance });
    expect(told.text).toContain('\\"capabilities\\":{\\"roots\\":{}}');
    link.send({ kind: FrameKind.close, backend: state.index, instance, payload: nothing });
    await until(() => link.backend(name)?.instances === undefined, "the close");
  }
  await until(() => backend.requests.some(({ method }) => method === "DELETE"), "the DELETE");
  expect(await world.alive()).toBe(0);
});

test("a request on a call's own stream names the call as well as the session", async () => {
  await using backend = startFakeHttpBackend();
  const http = serverConfig({ ...remote, name: "http", transport: "http", url: backend.mcpUrl });
  await using world = await startWorld([http]);
  await using link = await world.connect();
  const state = await link.untilPhase("http", "ready");
  const instance = await link.open(state, { roots: {} });
  const call = link.startCall(state, "ask_client", { method: "roots/list" }, { instance });
  await until(() => link.asked.length === 1, "the question");
  expect(link.asked[0]).toMatchObject({ instance, call });
  if (link.asked[0] !== undefined) link.answer(link.asked[0], { roots: [] });
  expect((await link.outcome(call)).text).toContain("roots");
  // On the shared connection the call is named too, so that its session's roots can be asked for.
  const shared = link.startCall(state, "ask_client", { method: "roots/list" });
  await until(() => link.asked.length === 2, "the question");
  expect(link.asked[1]).toMatchObject({ instance: 0, call: shared });
});

test("a forgotten session is the end of that connection, and a new one can be opened", async () => {
  await using backend = startFakeHttpBackend();
  const http = serverConfig({ ...remote, name: "http", transport: "http", url: backend.mcpUrl });
  await using world = await startWorld([http]);
  await using link = await world.connect();
  const state = await link.untilPhase("http", "ready");
  const instance = await link.open(state);
  backend.forgetSessions();
  const { text } = await link.call(state, "echo", {}, { instance });
  expect(text).toContain("backend-renewing");
  await link.untilInstance(instance, "closed");
  const again = await link.open(await link.untilPhase("http", "ready"));
  expect((await link.call(state, "echo", {}, { instance: again })).kind).toBe("reply");
});

test.skipIf(process.platform !== "linux")(
  "a program behind an address runs once, however many sessions connect",
  async () => {
    const port = freePort();
    const program = join(repositoryDirectory, "tests/support/fake-http-backend.ts");
    const server = serverConfig({
      name: "local",
      transport: "http",
      isolation: "session",
      url: `http://127.0.0.1:${port}/mcp`,
      command: process.execPath,
      args: [program, "--port", String(port)],
    });
    await using world = await startWorld([server]);
    await using link = await world.connect();
    const state = await link.untilPhase("local", "ready");
    const instances = [await link.open(state), await link.open(state)];
    expect(await world.alive()).toBe(1);
    for (const instance of instances)
      expect((await link.call(state, "whoami", {}, { instance })).text).toContain(String(state.pid));
    // Its end is the end of everybody's connection to it.
    process.kill(state.pid ?? 0, "SIGKILL");
    for (const instance of instances) await link.untilInstance(instance, "closed");
    await until(() => link.backend("local")?.epoch === 2, "the next incarnation");
  },
  20_000,
);

/** Answers `initialize` and keeps no connection: this process may hold fewer of those than the bound allows. */
function streamless(): AsyncDisposable & { readonly url: string } {
  const serverInfo = { name: "streamless", version: "1" };
  const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const { id, method } = JSON.parse(await request.text());
      if (id === undefined) return new Response(null, { status: 202 });
      if (method === "initialize") return Response.json({ jsonrpc: "2.0", id, result });
      return Response.json({ jsonrpc: "2.0", id, error: { code: -32601, message: "unknown" } });
    },
  });
  return { url: `${server.url.href}mcp`, [Symbol.asyncDispose]: () => server.stop(true) };
}

test("there may be so many of one backend, and so many of all", async () => {
  await using backend = streamless();
  const names = ["a", "b", "c", "d", "e"];
  const servers = names.map((name) => serverConfig({ ...remote, name, transport: "http", url: backend.url }));
  await using world = await startWorld(servers);
  await using link = await world.connect();
  const reason = async (instance: number) => {
    const closed = await link.untilInstance(instance, "closed");
    return JSON.parse(decoder.decode(closed.payload)).data.reason;
  };
  const first = await link.untilPhase("a", "ready");
  const opened = [];
  for (let count = 0; count < limits.backendInstancesMax; count += 1) opened.push(await link.open(first));
  expect(await reason(link.startOpen(first))).toBe("too-many-instances");
  const [leaving] = opened;
  link.send({
    kind: FrameKind.close,
    backend: first.index,
    ...(leaving === undefined ? {} : { instance: leaving }),
    payload: nothing,
  });
  await until(() => link.backend("a")?.instances === limits.backendInstancesMax - 1, "the close");
  let total = limits.backendInstancesMax - 1;
  for (const name of names.slice(1)) {
    const state = await link.untilPhase(name, "ready");
    const free = Math.min(limits.backendInstancesMax, limits.instancesMax - total);
    for (let count = 0; count < free; count += 1) await link.open(state);
    total += free;
  }
  expect(total).toBe(limits.instancesMax);
  expect(await reason(link.startOpen(await link.untilPhase("e", "ready")))).toBe("too-many-instances");
}, 30_000);
