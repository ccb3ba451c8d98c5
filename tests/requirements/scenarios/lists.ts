/** Lists, their changes, and the names in them. */
import { typedTool, World } from "../backend/vocabulary.ts";
import type { JsonObject, MatrixClient } from "../client/matrix-client.ts";
import { type Scene, verifies } from "../verifies.ts";

async function list(client: MatrixClient, method: string, member: string): Promise<readonly JsonObject[]> {
  const { result, text } = await client.request(method);
  const items = result?.[member] as readonly JsonObject[] | undefined; // Compared by the scenario.
  if (items === undefined) throw new Error(`${method} was answered ${text}`);
  return items;
}

/** What the backend's process offers before anything was added. */
function world({ backend }: Scene): World {
  return new World(backend.server);
}

function exposed({ named }: Scene, items: readonly JsonObject[]): JsonObject[] {
  return items.map((item) => ({ ...item, name: named(String(item["name"])) }));
}

verifies("lists:tools", async (scene) => {
  const listed = await list(await scene.open(), "tools/list", "tools");
  const own = listed.map(({ name }) => String(name)).filter((name) => name.startsWith(scene.named("")));
  const wanted = exposed(scene, world(scene).toolList()).map(({ name }) => String(name));
  scene.expect(own.slice(0, wanted.length)).toEqual(wanted);
});

verifies("lists:prompts", async (scene) => {
  const listed = await list(await scene.open(), "prompts/list", "prompts");
  const own = listed.filter(({ name }) => String(name).startsWith(scene.named("")));
  const wanted = exposed(scene, world(scene).promptList());
  scene.expect(own.slice(0, wanted.length).map(({ name }) => name)).toEqual(wanted.map(({ name }) => name));
  scene.expect(own[0]).toMatchObject({ arguments: [{ name: "who", required: true }] });
});

verifies("lists:resources", async (scene) => {
  const listed = await list(await scene.open(), "resources/list", "resources");
  const own = listed.map(({ uri }) => String(uri)).filter((uri) => uri.startsWith(scene.uri("")));
  const wanted = world(scene)
    .resourceList()
    .map(({ uri }) => String(uri))
    .filter((uri) => uri.startsWith(scene.uri("")));
  scene.expect(own.slice(0, wanted.length)).toEqual(wanted);
});

verifies("lists:templates", async (scene) => {
  const listed = await list(await scene.open(), "resources/templates/list", "resourceTemplates");
  const own = listed.map((one) => String(one["uriTemplate"])).filter((uri) => uri.startsWith(scene.uri("")));
  scene.expect(own).toEqual(
    world(scene)
      .templateList()
      .map((one) => String(one["uriTemplate"])),
  );
});

verifies("lists:definition", async (scene) => {
  const listed = await list(await scene.open(), "tools/list", "tools");
  const typed = listed.find(({ name }) => name === scene.named("typed"));
  scene.expect(typed).toEqual({ ...typedTool, name: scene.named("typed") });
  scene.expect(JSON.stringify(typed)).toBe(JSON.stringify({ ...typedTool, name: scene.named("typed") }));
});

verifies("lists:names", async ({ expect, open }) => {
  const client = await open();
  const items = [
    ...(await list(client, "tools/list", "tools")),
    ...(await list(client, "prompts/list", "prompts")),
  ];
  const names = items.map(({ name }) => String(name));
  expect(names.filter((name) => !/^[A-Za-z0-9_-]{1,64}$/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});

verifies("lists:cursor", async ({ expect, open }) => {
  const client = await open();
  for (const method of ["tools/list", "prompts/list", "resources/list", "resources/templates/list"])
    expect((await client.request(method, { cursor: "made up" })).error?.code).toBe(-32602);
});

verifies("lists:cacheable", async ({ expect, open }) => {
  const client = await open();
  for (const method of [
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "server/discover",
  ]) {
    const { result } = await client.request(method);
    expect(result?.["ttlMs"]).toBeNumber();
    expect(Number(result?.["ttlMs"])).toBeGreaterThanOrEqual(0);
    expect(result?.["cacheScope"]).toBe("private");
  }
});

const kinds = [
  ["tools", "tools/list", "tools"],
  ["prompts", "prompts/list", "prompts"],
  ["resources", "resources/list", "resources"],
] as const;

for (const [kind, method, member] of kinds) {
  verifies(`changes:${kind}`, async ({ expect, open, call, until }) => {
    const client = await open();
    await client.hearChanges();
    const name = `added_${crypto.randomUUID().slice(0, 8)}`;
    const from = client.told.length;
    await call(client, "change", { kind, name });
    await until(`${kind}/list_changed and ${name} in the list`, async () => {
      const isTold = client.told
        .slice(from)
        .some((told) => told.method === `notifications/${kind}/list_changed`);
      return isTold && JSON.stringify(await list(client, method, member)).includes(name);
    });
    expect(JSON.stringify(await list(client, method, member))).toContain(name);
  });
}
