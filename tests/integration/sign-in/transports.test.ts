/** A sign-in serves every way to a server: Streamable HTTP of both eras, and HTTP+SSE. */
import { expect, test } from "bun:test";
import { AuthorizationServer } from "../../support/authorization-server.ts";
import { login } from "../../support/sign-in.ts";
import { waitFor } from "../../support/wait-for.ts";
import { SseGuard } from "./sse-guard.ts";
import { call, type World, waitsForSignIn, world } from "./world.ts";

/** Signs in, calls, loses the token, calls, loses everything, signs in, calls. */
async function walk(here: World, calls: () => number): Promise<void> {
  const { stack, authorization } = here;
  expect((await login(stack, { server: "far" })).output).toContain("far is ready with 1 tool.");
  expect((await call(stack)).error).toBeUndefined();
  authorization.expireTokens();
  expect((await call(stack)).error).toBeUndefined();
  expect([authorization.seen.refreshes, calls()]).toEqual([1, 2]);
  authorization.revokeAll();
  expect((await call(stack)).error?.message).toMatch(/is not good any more/);
  await waitsForSignIn(stack);
  expect(calls()).toBe(2);
  expect((await login(stack, { server: "far" })).exitCode).toBe(0);
  expect((await call(stack)).error).toBeUndefined();
  expect(calls()).toBe(3);
}

test("Streamable HTTP with sessions", async () => {
  await using here = await world();
  await walk(here, () => here.server.calls);
});

test("Streamable HTTP of the stateless revision", async () => {
  await using here = await world({ server: { isStateless: true } });
  await walk(here, () => here.server.calls);
});

test("a server that refuses the optional stream with 401, whoever asks, wants nothing by that", async () => {
  await using here = await world({
    server: {
      also: ({ method }, { pathname }) => (method === "GET" && pathname === "/mcp" ? refusal() : undefined),
    },
  });
  const { stack, authorization, server } = here;
  expect((await login(stack, { server: "far" })).exitCode).toBe(0);
  await waitFor(() => stack.logs().includes("no standby stream"), { what: "the stream to be refused" });
  expect((await call(stack)).error).toBeUndefined();
  expect([authorization.seen.refreshes, server.calls]).toEqual([0, 1]);
  expect((await stack.status()).servers[0]).toMatchObject({ state: "ready", restarts: 1 });
});

function refusal(): Response {
  return new Response(null, { status: 401, headers: { "www-authenticate": "Bearer" } });
}

test("HTTP+SSE", async () => {
  using authorization = new AuthorizationServer();
  using guard = new SseGuard(authorization);
  await using here = await world({ server: { authorization }, entry: { url: guard.url, type: "sse" } });
  await walk({ ...here, authorization }, () => guard.calls);
});
