/** Rules of Streamable HTTP with sessions. */
import { httpSession, httpTo, postTo, streamFrom } from "../client/by-hand.ts";
import type { JsonObject } from "../client/matrix-client.ts";
import { verifies } from "../verifies.ts";

const ping = '{"jsonrpc":"2.0","id":7,"method":"ping"}';
const request = (id: string | number, method: string, params: JsonObject = {}): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });

verifies("http:session-id", async ({ expect, url, client: { revision } }) => {
  const ids = await Promise.all(
    [1, 2, 3].map(async () => (await httpSession(url, revision))["mcp-session-id"]),
  );
  for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]{16,}$/);
  expect(new Set(ids).size).toBe(3);
});

verifies("http:unknown-session", async ({ expect, url, client: { revision } }) => {
  const headers = { ...(await httpSession(url, revision)), "mcp-session-id": "made-up" };
  expect((await postTo(url, ping, headers)).status).toBe(404);
  for (const method of ["GET", "DELETE"]) expect((await httpTo(url, method, headers)).status).toBe(404);
});

verifies("http:session-of-others", async ({ expect, url, gateway, backend, client: { revision } }) => {
  const headers = await httpSession(url, revision);
  expect((await postTo(`${gateway}/servers/${backend.server}/mcp`, ping, headers)).status).toBe(404);
  expect((await postTo(url, ping, headers)).status).toBe(200);
});

verifies("http:delete", async ({ expect, url, client: { revision } }) => {
  const headers = await httpSession(url, revision);
  expect((await postTo(url, ping, headers)).status).toBe(200);
  expect((await httpTo(url, "DELETE", headers)).status).toBe(200);
  expect((await postTo(url, ping, headers)).status).toBe(404);
  for (const method of ["GET", "DELETE"]) expect((await httpTo(url, method, headers)).status).toBe(404);
});

verifies("http:accepted", async ({ expect, url, client: { revision } }) => {
  const headers = await httpSession(url, revision);
  for (const body of [
    '{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}',
    '{"jsonrpc":"2.0","id":99,"result":{}}',
    '{"jsonrpc":"2.0","id":99,"error":{"code":-1,"message":"no"}}',
  ]) {
    const { status, text } = await postTo(url, body, headers);
    expect([status, text]).toEqual([202, ""]);
  }
});

verifies("http:accept", async ({ expect, url, client: { revision } }) => {
  const headers = { ...(await httpSession(url, revision)), accept: "text/html" };
  expect((await postTo(url, ping, headers)).status).toBe(406);
  expect((await httpTo(url, "GET", headers)).status).toBe(406);
});

verifies("http:methods", async ({ expect, url, client: { revision } }) => {
  const headers = await httpSession(url, revision);
  for (const method of ["PUT", "PATCH", "OPTIONS"])
    expect((await httpTo(url, method, headers)).status).toBe(405);
});

verifies("http:unknown-version", async ({ expect, url, client: { revision } }) => {
  const headers = { ...(await httpSession(url, revision)), "mcp-protocol-version": "1999-01-01" };
  expect((await postTo(url, ping, headers)).status).toBe(400);
  expect((await httpTo(url, "GET", headers)).status).toBe(400);
});

verifies("http:no-version", async ({ expect, url, client: { revision } }) => {
  const { "mcp-protocol-version": _, ...headers } = await httpSession(url, revision);
  expect(JSON.parse((await postTo(url, ping, headers)).text).result).toEqual({});
  // Of the revision that a missing header means, batches would be served.
  expect((await postTo(url, `[${ping}]`, headers)).status).toBe(400);
});

verifies("http:listen-at-once", async ({ expect, url, client: { revision } }) => {
  const headers = { ...(await httpSession(url, revision)), accept: "text/event-stream" };
  const opening = streamFrom(url, { headers });
  // Far below the 15 s after which a quiet stream is kept alive.
  const first = await Promise.race([opening, Bun.sleep(5_000)]);
  expect(first).toBeDefined();
  await using stream = await opening;
  expect(stream.headers.get("content-type")).toStartWith("text/event-stream");
});

verifies("http:one-stream-each", async ({ expect, url, named, client: { revision } }) => {
  const headers = await httpSession(url, revision);
  await using listening = await streamFrom(url, { headers: { ...headers, accept: "text/event-stream" } });
  const streams = await Promise.all(
    ["a", "b"].map((id) => {
      const params = { name: named("progress"), arguments: { count: 3 }, _meta: { progressToken: id } };
      return streamFrom(url, { method: "POST", headers, body: request(id, "tools/call", params) });
    }),
  );
  for (const [index, stream] of streams.entries()) {
    await stream.ended;
    const id = ["a", "b"][index];
    const messages = stream.events.filter(({ data }) => data !== "").map(({ data }) => JSON.parse(data));
    expect(messages.map((one) => one.params?.progressToken ?? one.id)).toEqual([id, id, id, id]);
  }
  expect(listening.events.filter(({ data }) => data !== "")).toEqual([]);
});

verifies("http:primed", async ({ expect, url, client: { revision } }) => {
  const headers = { ...(await httpSession(url, revision)), accept: "text/event-stream" };
  await using listening = await streamFrom(url, { headers });
  await using call = await streamFrom(url, { method: "POST", headers, body: ping });
  await call.ended;
  for (const stream of [listening, call]) {
    const first = await stream.next("message");
    expect(first.data).toBe("");
    expect(first.id).toMatch(/./);
    expect(first.retryMs).toBeGreaterThan(0);
  }
});

verifies("http:resumed", async ({ expect, url, named, until, client: { revision } }) => {
  const headers = await httpSession(url, revision);
  const params = {
    name: named("progress"),
    arguments: { count: 3, untilTold: true },
    _meta: { progressToken: "t" },
  };
  const first = await streamFrom(url, { method: "POST", headers, body: request("r", "tools/call", params) });
  await until("the first report", () => first.events.some(({ data }) => data.includes("step 1")));
  await first[Symbol.asyncDispose]();
  const got = first.events.filter(({ data }) => data !== "");
  const last = first.events.at(-1)?.id;
  expect(last).toBeDefined();
  const release = { name: named("release"), arguments: {} };
  expect((await postTo(url, request("go", "tools/call", release), headers)).status).toBe(200);
  await using rest = await streamFrom(url, {
    headers: { ...headers, accept: "text/event-stream", "last-event-id": String(last) },
  });
  await rest.ended;
  const all = [...got, ...rest.events.filter(({ data }) => data !== "")].map(({ data }) => JSON.parse(data));
  expect(all.map((one) => one.params?.message ?? one.id)).toEqual(["step 1", "step 2", "step 3", "r"]);
});

verifies("http:batch", async ({ expect, url, client: { revision } }) => {
  const headers = { ...(await httpSession(url, revision)), accept: "application/json" };
  const body = `[${ping},{"jsonrpc":"2.0","method":"notifications/progress"},${request("list", "prompts/list")}]`;
  const { status, text } = await postTo(url, body, headers);
  expect(status).toBe(200);
  const ids = (JSON.parse(text) as { id: unknown; result?: unknown }[]).map(({ id, result }) => [
    id,
    result !== undefined,
  ]); // A batch is answered with a batch.
  expect(ids).toContainEqual([7, true]);
  expect(ids).toContainEqual(["list", true]);
  expect(ids).toHaveLength(2);
  const quiet = '[{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}]';
  expect((await postTo(url, quiet, headers)).status).toBe(202);
});

verifies("http:no-batch", async ({ expect, url, client: { revision } }) => {
  const { status, text } = await postTo(url, `[${ping}]`, await httpSession(url, revision));
  expect([status, JSON.parse(text).error.code]).toEqual([400, -32600]);
});
