/** A backend over HTTP that forgets its sessions: they are made anew at once, and what did not run is asked again. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { type FakeHttpBackend, startFakeHttpBackend } from "../../support/fake-http-backend.ts";
import { type Stack, startStack } from "../../support/harness.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { waitFor, within } from "../../support/wait-for.ts";

setDefaultTimeout(40_000);

async function stateOf(stack: Stack) {
  const { servers } = await stack.status();
  const found = servers.find(({ name }) => name === "web");
  if (found === undefined) throw new Error("the server is not in the status");
  return found;
}

function entry(backend: FakeHttpBackend, type: "http" | "sse", isolation: "shared" | "session") {
  return { web: { type, url: type === "http" ? backend.mcpUrl : backend.sseUrl, isolation } };
}

for (const [type, isolation] of [
  ["http", "shared"],
  ["http", "session"],
  ["sse", "shared"],
] as const) {
  test(`${type}, ${isolation}: calls at the moment of the loss are answered from the new session, each run once`, async () => {
    await using backend = startFakeHttpBackend({ name: "web" });
    await using stack = await startStack({ mcpServers: entry(backend, type, isolation) });
    await using one = await openRawClient(stack.mcpUrl);
    await using other = await openRawClient(stack.sseUrl);
    for (const client of [one, other]) expect(await client.callText("web__echo", { n: 0 })).toBe('{"n":0}');
    backend.forgetSessions();
    const calls = [one, other, one, other].map((client, n) => client.callText("web__echo", { n: n + 1 }));
    expect(await within(5_000, "the calls", Promise.all(calls))).toEqual(
      [1, 2, 3, 4].map((n) => JSON.stringify({ n })),
    );
    expect(backend.taken("tools/call")).toBe(6);
    if (isolation === "shared") expect((await stateOf(stack)).restarts).toBe(1);
    expect(await one.callText("web__echo", { n: 9 })).toBe('{"n":9}');
  });
}

test("the lists are read again, and a change that came with the new session is told", async () => {
  await using backend = startFakeHttpBackend({ name: "web" });
  await using stack = await startStack({ mcpServers: entry(backend, "http", "shared") });
  await using client = await openRawClient(stack.mcpUrl);
  backend.addTool("brand_new");
  backend.forgetSessions();
  expect(await client.callText("web__echo", { n: 1 })).toBe('{"n":1}');
  await client.waitForMessage("list_changed", ({ method }) => method === "notifications/tools/list_changed");
  expect((await client.request("tools/list")).text).toContain("web__brand_new");
});

test("a server that forgets again and again is not stormed: once at once, then with back-off", async () => {
  await using backend = startFakeHttpBackend({ name: "web" });
  await using stack = await startStack({ mcpServers: entry(backend, "http", "shared") });
  await using client = await openRawClient(stack.mcpUrl);
  const sessionsMade = () =>
    backend.requests.filter(({ headers }) => headers["mcp-session-id"] === undefined);
  const before = sessionsMade().length;
  backend.forgetAlways();
  const { error } = await client.request("tools/call", { name: "web__echo", arguments: { n: 1 } });
  expect(error?.data?.["reason"]).toBe("backend-renewing");
  const down = await waitFor(
    async () => {
      const state = await stateOf(stack);
      return state.state === "backing-off" && state.restarts > 0 ? state : undefined;
    },
    { what: "the back-off", timeoutMs: 10_000 },
  );
  const waitMs = (down.nextTryAt ?? 0) - down.since;
  expect(waitMs).toBeGreaterThan(350); // 500 ms less a fifth; the first one had none.
  expect(sessionsMade().length - before).toBeLessThan(8);
});
