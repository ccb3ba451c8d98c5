/** Roots, and who is asked when several clients are there. */
import { type JsonObject, type MatrixClient, textOf } from "../client/matrix-client.ts";
import { prefix } from "../client/stateless-client.ts";
import { type Scene, verifies } from "../verifies.ts";
import { answering, ask, askedFor, message, roots, said, uuid } from "./asking.ts";

verifies("roots:asked", async (scene) => {
  const result = { roots: [{ uri: "file:///home/漢", name: "mine" }] };
  const client = answering(await scene.open(), { result });
  scene.expect(await ask(scene, client, [roots])).toMatchObject([{ result }]);
});

verifies("roots:shared-pipe", async (scene) => {
  const client = answering(await scene.open(), { result: { roots: [] } });
  const before = client.asked.length;
  const [heard] = await ask(scene, client, [roots]);
  scene.expect(heard?.["error"]).toMatchObject({ data: { reason: "client-request-unattributed" } });
  scene.expect(client.asked.length).toBe(before);
});

verifies("roots:undeclared", async (scene) => {
  const client = answering(await scene.open({}), { result: { roots: [] } });
  const outcome = await scene.call(client, "ask", { requests: [roots] });
  if (outcome.error === undefined) scene.expect(textOf(outcome)).toContain('"error"');
  else scene.expect(outcome.error.code).toBeNumber();
  scene.expect(client.asked.filter(({ method }) => method === "roots/list")).toEqual([]);
});

verifies("roots:changed", async (scene) => {
  const client = await scene.fresh();
  await scene.call(client, "echo"); // The connection of its own opens with its first call.
  const count = async (): Promise<number> =>
    (await scene.seen(client, "notifications/roots/list_changed")).length;
  const before = await count();
  await client.notify("notifications/roots/list_changed");
  await scene.until("the change at the server", async () => (await count()) > before);
  scene.expect(await count()).toBe(before + 1);
});

/** Another client's call hangs at the same backend meanwhile. */
async function whileBusy(scene: Scene, body: (other: MatrixClient) => Promise<void>): Promise<void> {
  const other = await scene.open({});
  const key = uuid();
  const hanging = other.begin("tools/call", { name: scene.named("hang"), arguments: { key } });
  const isOwnProcess = scene.backend.isolation === "session" && scene.client.era === "stateless";
  if (!isOwnProcess)
    await scene.until("the other's call", async () => (await scene.seen(other, key)).length > 0);
  try {
    await body(other);
  } finally {
    await hanging.cancel();
  }
}

verifies("questions:right-client", async (scene) => {
  const nonce = uuid();
  const client = answering(await scene.open(), { result: said });
  await whileBusy(scene, async (other) => {
    scene.expect(await ask(scene, client, [message(nonce)])).toMatchObject([{ result: said }]);
    scene.expect(askedFor(client, nonce)).toHaveLength(1);
    scene.expect(other.asked).toEqual([]);
  });
});

verifies("questions:shared-pipe", async (scene) => {
  const nonce = uuid();
  const client = answering(await scene.open(), { result: said });
  await whileBusy(scene, async (other) => {
    const [heard] = await ask(scene, client, [message(nonce)]);
    scene.expect(heard?.["error"]).toMatchObject({ data: { reason: "client-request-unattributed" } });
    scene.expect([...askedFor(client, nonce), ...other.asked]).toEqual([]);
  });
});

verifies("questions:told-capabilities", async (scene) => {
  const declared = { sampling: {}, roots: { listChanged: true } };
  const client = await scene.fresh(declared);
  const key = uuid();
  if (scene.backend.era === "stateless") {
    const { _meta } = JSON.parse(textOf(await scene.call(client, "echo", { key })));
    scene.expect(_meta[`${prefix}clientCapabilities`]).toEqual(declared);
    scene.expect(_meta[`${prefix}clientInfo`].name).toBe("mcp-gateway");
    scene.expect(_meta[`${prefix}protocolVersion`]).toBe("2026-07-28");
    return;
  }
  await scene.call(client, "echo", { key });
  const opened = (await scene.seen(client, '"initialize"')).map(({ params }) => params as JsonObject); // It has them.
  const told = opened.map(({ capabilities }) => JSON.stringify(capabilities));
  const shared = JSON.stringify({ sampling: { tools: {} }, elicitation: { form: {}, url: {} } });
  scene.expect(told).toContain(scene.backend.isolation === "shared" ? shared : JSON.stringify(declared));
  if (scene.backend.isolation === "shared") scene.expect(new Set(told)).toEqual(new Set([shared]));
  scene
    .expect(new Set(opened.map(({ clientInfo }) => (clientInfo as JsonObject)["name"])))
    .toEqual(new Set(["mcp-gateway"]));
});

verifies("extensions:relayed", async (scene) => {
  const ui = { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } };
  const client = await scene.fresh({ extensions: { ...ui, "com.example/unheard-of": {} } });
  const echoed = JSON.parse(textOf(await scene.call(client, "echo")));
  const told =
    scene.backend.era === "stateless"
      ? [echoed._meta[`${prefix}clientCapabilities`]]
      : (await scene.seen(client, '"initialize"')).map(
          ({ params }) => (params as JsonObject)["capabilities"],
        ); // It has them.
  scene.expect(told).toContainEqual({ extensions: ui });
  scene.expect(JSON.stringify(told)).not.toContain("unheard-of");
});

verifies("questions:ping", async (scene) => {
  const client = await scene.open();
  scene.expect(await ask(scene, client, [{ method: "ping" }])).toMatchObject([{ result: {} }]);
  scene.expect(client.asked.filter(({ method }) => method === "ping")).toEqual([]);
});
