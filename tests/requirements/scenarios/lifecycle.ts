/** How a conversation begins, and what is said about it. */

import { latest, postTo, sseStream } from "../client/by-hand.ts";
import type { JsonObject, MatrixClient } from "../client/matrix-client.ts";
import { verifies } from "../verifies.ts";

verifies("lifecycle:negotiated", async ({ expect, open, client: { revision } }) => {
  expect((await open()).face["protocolVersion"]).toBe(revision);
});

verifies("lifecycle:unknown-revision", async ({ expect, url, client: { front } }) => {
  for (const protocolVersion of ["1999-01-01", "2026-07-28", "2099-12-31", ""]) {
    const params = { protocolVersion, capabilities: {}, clientInfo: { name: "a", version: "1" } };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
    const answer = front === "sse" ? await onSse(url, body) : JSON.parse((await postTo(url, body)).text);
    expect(answer.result.protocolVersion).toBe(latest);
  }
});

async function onSse(url: string, body: string) {
  await using stream = await sseStream(url);
  await stream.post(body);
  return JSON.parse((await stream.next("message")).data);
}

const features = ["tools", "prompts", "resources", "completions", "logging"];

verifies("lifecycle:face", async ({ expect, open, client: { era } }) => {
  const { face } = await open();
  expect(face["capabilities"]).toMatchObject({
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { listChanged: true, subscribe: true },
    logging: {},
    completions: {},
  });
  const info = era === "session" ? face["serverInfo"] : metaOf(face)["io.modelcontextprotocol/serverInfo"];
  expect(info).toMatchObject({ name: "mcp-gateway" });
  expect(String(face["instructions"])).toContain("instructions of http-own");
});

function metaOf(face: JsonObject): JsonObject {
  return face["_meta"] as JsonObject; // Compared by the scenario.
}

verifies("lifecycle:own-face", async ({ expect, fresh, gateway, backend, client: { front, era } }) => {
  const { face } = await fresh({}, `${gateway}/servers/${backend.server}/${front === "sse" ? "sse" : "mcp"}`);
  const info = era === "session" ? face["serverInfo"] : metaOf(face)["io.modelcontextprotocol/serverInfo"];
  expect(info).toEqual({ name: backend.server, version: "1.2.3" });
  expect(face["instructions"]).toBe(`instructions of ${backend.server}`);
  const own = backend.era === "session" && era === "session" ? [...features, "tasks"] : features;
  expect(Object.keys(face["capabilities"] as object).sort()).toEqual([...own].sort()); // An object, or it fails.
});

verifies("lifecycle:not-initialized", async ({ expect, url }) => {
  await using stream = await sseStream(url);
  await stream.post('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
  expect(JSON.parse((await stream.next("message")).data)).toMatchObject({ id: 1, error: { code: -32600 } });
  await stream.post('{"jsonrpc":"2.0","id":2,"method":"ping"}');
  expect(JSON.parse((await stream.next("message")).data)).toEqual({ jsonrpc: "2.0", id: 2, result: {} });
});

verifies("lifecycle:once", async ({ expect, open, client: { revision } }) => {
  const client = await open();
  const clientInfo = { name: "again", version: "1" };
  const params = { protocolVersion: revision, capabilities: {}, clientInfo };
  const outcome = await client.request("initialize", params);
  expect(await stillThere(client)).toBe(true);
  expect(outcome.error?.code).toBe(-32600);
});

async function stillThere(client: MatrixClient): Promise<boolean> {
  return (await client.request("ping")).error === undefined;
}

verifies("lifecycle:ping", async ({ expect, open }) => {
  expect((await (await open()).request("ping")).result).toEqual({});
});

verifies("lifecycle:discover", async ({ expect, open }) => {
  const { face } = await open();
  expect(face["supportedVersions"]).toEqual(["2026-07-28"]);
  expect(Object.keys(face["capabilities"] as object)).not.toContain("tasks"); // An object, or it fails.
  expect(face["protocolVersion"]).toBeUndefined();
});

verifies("errors:method", async ({ expect, open }) => {
  const client = await open();
  for (const method of ["no/such", "tools/nothing", "rpc.discover"])
    expect((await client.request(method, {})).error?.code).toBe(-32601);
});

verifies("errors:params", async ({ expect, open }) => {
  const client = await open();
  for (const [method, params] of [
    ["tools/call", { arguments: {} }],
    ["prompts/get", {}],
    ["resources/read", {}],
    ["completion/complete", { argument: {} }],
  ] as const)
    expect((await client.request(method, params)).error?.code).toBe(-32602);
});
