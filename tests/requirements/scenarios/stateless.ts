/** What revision 2026-07-28 demands of requests and results. */

import { startStack } from "../../support/harness.ts";
import { fakeBackend } from "../../support/repository.ts";
import { httpTo, streamFrom } from "../client/by-hand.ts";
import type { JsonObject } from "../client/matrix-client.ts";
import { prefix } from "../client/stateless-client.ts";
import { verifies } from "../verifies.ts";
import { envelope, post, refused, requestOf, revision } from "./stateless-request.ts";

verifies("stateless:meta", async (scene) => {
  const { [`${prefix}clientCapabilities`]: _, ...withoutCapabilities } = envelope;
  const { [`${prefix}protocolVersion`]: __, ...withoutVersion } = envelope;
  await refused(scene, "tools/list", { meta: withoutCapabilities }, -32602);
  await refused(scene, "tools/list", { meta: withoutVersion }, -32602);
});

verifies("stateless:version-header", async (scene) => {
  await refused(scene, "tools/list", { headers: { "mcp-protocol-version": undefined } }, -32020);
  await refused(scene, "tools/list", { headers: { "mcp-protocol-version": "2025-11-25" } }, -32020);
});

verifies("stateless:unknown-version", async (scene) => {
  const meta = { ...envelope, [`${prefix}protocolVersion`]: "2099-01-01" };
  const headers = { "mcp-protocol-version": "2099-01-01" };
  const { status, message } = await post(scene, "tools/list", { meta, headers });
  scene.expect([status, message.error.code]).toEqual([400, -32022]);
  scene.expect(message.error.data).toMatchObject({ requested: "2099-01-01" });
  scene.expect(message.error.data.supported).toContain(revision);
});

verifies("stateless:method-header", async (scene) => {
  await refused(scene, "tools/list", { headers: { "mcp-method": undefined } }, -32020);
  await refused(scene, "tools/list", { headers: { "mcp-method": "prompts/list" } }, -32020);
});

verifies("stateless:name-header", async (scene) => {
  const params = { name: scene.named("echo"), arguments: {} };
  await refused(scene, "tools/call", { params, headers: { "mcp-name": undefined } }, -32020);
  await refused(scene, "tools/call", { params, headers: { "mcp-name": "other" } }, -32020);
  const uri = { uri: scene.uri("item/漢") };
  await refused(
    scene,
    "resources/read",
    { params: uri, headers: { "mcp-name": scene.uri("item/x") } },
    -32020,
  );
  const base64 = `=?base64?${Buffer.from(uri.uri).toString("base64")}?=`;
  const { message } = await post(scene, "resources/read", { params: uri, headers: { "mcp-name": base64 } });
  scene.expect(message.result.contents[0].uri).toBe(uri.uri);
});

verifies("stateless:param-headers", async (scene) => {
  const params = { name: scene.named("typed"), arguments: { region: "eu" } };
  await refused(scene, "tools/call", { params }, -32020);
  await refused(scene, "tools/call", { params, headers: { "mcp-param-region": "us" } }, -32020);
  const { message } = await post(scene, "tools/call", { params, headers: { "mcp-param-region": "eu" } });
  scene.expect(message.result.structuredContent).toEqual({ region: "eu" });
});

verifies("stateless:unknown-method", async (scene) => {
  for (const method of [
    "no/such",
    "initialize",
    "ping",
    "logging/setLevel",
    "resources/subscribe",
    "resources/unsubscribe",
    "tasks/list",
  ]) {
    const { status, message } = await post(scene, method);
    scene.expect([method, status, message.error?.code]).toEqual([method, 404, -32601]);
  }
});

verifies("stateless:only-post", async ({ expect, url }) => {
  for (const method of ["GET", "DELETE"]) {
    const { status, headers } = await httpTo(url, method, { "mcp-protocol-version": revision });
    expect([status, headers.get("allow")]).toEqual([405, "POST"]);
  }
});

verifies("stateless:result-type", async (scene) => {
  const calls: readonly (readonly [string, JsonObject])[] = [
    ["tools/call", { name: scene.named("echo"), arguments: {} }],
    ["prompts/get", { name: scene.named("greet"), arguments: { who: "a" } }],
    ["resources/read", { uri: scene.uri("text") }],
    [
      "completion/complete",
      { ref: { type: "ref/prompt", name: scene.named("greet") }, argument: { name: "who", value: "" } },
    ],
    ["tools/list", {}],
    ["server/discover", {}],
  ];
  for (const [method, params] of calls) {
    const { message } = await post(scene, method, { params });
    scene.expect([method, message.result?.resultType]).toEqual([method, "complete"]);
    scene.expect(message.result._meta[`${prefix}serverInfo`].name).toBe("mcp-gateway");
  }
});

verifies("stateless:read-cacheable", async (scene) => {
  const { message } = await post(scene, "resources/read", { params: { uri: scene.uri("text") } });
  scene.expect(message.result.ttlMs).toBeGreaterThanOrEqual(0);
  scene.expect(["private", "public"]).toContain(message.result.cacheScope);
});

verifies("stateless:no-session", async (scene) => {
  const params = { name: scene.named("progress"), arguments: { count: 2 } };
  const meta = { ...envelope, progressToken: "p" };
  const { headers, body } = requestOf("tools/call", { params, meta });
  await using stream = await streamFrom(scene.url, { method: "POST", headers, body });
  await stream.ended;
  scene.expect(stream.headers.get("mcp-session-id")).toBeNull();
  scene.expect(stream.headers.get("x-accel-buffering")).toBe("no");
  scene
    .expect(stream.events.filter(({ id, retryMs }) => id !== undefined || retryMs !== undefined))
    .toEqual([]);
  scene.expect(stream.events).toHaveLength(3);
});

verifies("stateless:no-events-of-others", async (scene) => {
  const tagged = `${prefix}subscriptionId`;
  const { headers, body } = requestOf("subscriptions/listen", {
    params: { notifications: { promptsListChanged: true } },
  });
  await using stream = await streamFrom(scene.url, { method: "POST", headers, body });
  const first = JSON.parse((await stream.next("message")).data);
  scene.expect(first.method).toBe("notifications/subscriptions/acknowledged");
  scene.expect(first.params.notifications).toEqual({ promptsListChanged: true });
  const client = await scene.open();
  for (const kind of ["tools", "resources", "prompts"])
    await scene.call(client, "change", { kind, name: `filter_${crypto.randomUUID().slice(0, 8)}` });
  const second = JSON.parse((await stream.next("message")).data);
  scene.expect(second.method).toBe("notifications/prompts/list_changed");
  for (const { params } of [first, second]) scene.expect(params._meta[tagged]).toBe(1);
  scene
    .expect(stream.events.map(({ data }) => JSON.parse(data).method))
    .not.toContain("notifications/tools/list_changed");
});

verifies("stateless:listen-filter", async (scene) => {
  const { message } = await post(scene, "subscriptions/listen", {});
  scene.expect(message.error.code).toBe(-32602);
});

verifies("stateless:graceful-end", async ({ expect }) => {
  // Its gateway is stopped, so it has one of its own.
  await using own = await startStack({ mcpServers: { one: fakeBackend("--name", "one") } });
  const { headers, body } = requestOf("subscriptions/listen", {
    params: { notifications: { toolsListChanged: true } },
  });
  await using stream = await streamFrom(own.mcpUrl, { method: "POST", headers, body });
  await stream.next("message");
  await own.stop();
  await stream.ended;
  expect(JSON.parse(stream.events.at(-1)?.data ?? "")).toMatchObject({
    id: 1,
    result: { resultType: "complete", _meta: { [`${prefix}subscriptionId`]: 1 } },
  });
});
