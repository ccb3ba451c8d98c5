/** Rules that all transports have, and those of HTTP+SSE. */
import { type HttpAnswer, httpSession, httpTo, postTo, sseStream } from "../client/by-hand.ts";
import { prefix } from "../client/stateless-client.ts";
import { type Scene, verifies } from "../verifies.ts";

const ping = '{"jsonrpc":"2.0","id":7,"method":"ping"}';

/** Posts a body as this kind of client would. */
async function post(scene: Scene, body: string, more: Record<string, string> = {}): Promise<HttpAnswer> {
  const { url, client } = scene;
  if (client.front === "http")
    return await postTo(url, body, { ...(await httpSession(url, client.revision)), ...more });
  if (client.front === "stateless")
    return await postTo(url, body, {
      "mcp-protocol-version": client.revision,
      "mcp-method": "tools/list",
      ...more,
    });
  await using stream = await sseStream(url);
  return await stream.post(body, more);
}

verifies("transport:foreign-origin", async (scene) => {
  const { expect } = scene;
  for (const more of [{ origin: "https://evil.example" }, { origin: "null" }, { host: "evil.example" }])
    expect((await post(scene, ping, more)).status).toBe(403);
  // The stream of HTTP+SSE itself, too.
  if (scene.client.front === "sse")
    expect((await httpTo(scene.url, "GET", { origin: "https://evil.example" })).status).toBe(403);
});

verifies("transport:parse-error", async (scene) => {
  for (const body of ["{", "", "nonsense", '{"jsonrpc":"2.0","id":1,}']) {
    const { status, text } = await post(scene, body);
    scene.expect([status, JSON.parse(text).error.code]).toEqual([400, -32700]);
  }
});

verifies("transport:invalid-request", async (scene) => {
  const { revision } = scene.client;
  const meta = { [`${prefix}protocolVersion`]: revision, [`${prefix}clientCapabilities`]: {} };
  const params = { _meta: meta };
  for (const message of [
    { jsonrpc: "1.0", id: 1, method: "tools/list", params },
    { jsonrpc: "2.0", id: {}, method: "tools/list", params },
    { jsonrpc: "2.0", id: 1, method: 5, params },
    { jsonrpc: "2.0", id: null, method: "tools/list", params },
    "text",
  ]) {
    const { status, text } = await post(scene, JSON.stringify(message));
    scene.expect([status, JSON.parse(text).error.code]).toEqual([400, -32600]);
  }
});

verifies("sse:endpoint", async ({ expect, url }) => {
  await using stream = await sseStream(url);
  expect(stream.events[0]?.event).toBe("endpoint");
  expect(stream.headers.get("content-type")).toStartWith("text/event-stream");
  const endpoint = new URL(stream.endpoint, url);
  expect(endpoint.origin).toBe(new URL(url).origin);
  expect(endpoint.searchParams.get("sessionId")).toMatch(/^[\x21-\x7e]{16,}$/);
});

verifies("sse:accepted", async ({ expect, url }) => {
  await using stream = await sseStream(url);
  const { status } = await stream.post(ping);
  expect(status).toBe(202);
  expect(JSON.parse((await stream.next("message")).data)).toEqual({ jsonrpc: "2.0", id: 7, result: {} });
});

verifies("sse:unknown-session", async ({ expect, url }) => {
  await using stream = await sseStream(url);
  const address = new URL(stream.endpoint, url);
  address.searchParams.set("sessionId", "made-up");
  expect((await postTo(address.href, ping)).status).toBe(404);
  address.search = "";
  expect((await postTo(address.href, ping)).status).toBe(400);
});

verifies("sse:ends-with-stream", async ({ expect, url, until }) => {
  const stream = await sseStream(url);
  const address = new URL(stream.endpoint, url).href;
  expect((await postTo(address, ping)).status).toBe(202);
  await stream[Symbol.asyncDispose]();
  await until("the end of the session", async () => (await postTo(address, ping)).status === 404);
});

verifies("sse:no-batch", async ({ expect, url }) => {
  await using stream = await sseStream(url);
  const { status, text } = await stream.post(`[${ping}]`);
  expect([status, JSON.parse(text).error.code]).toEqual([400, -32600]);
});
