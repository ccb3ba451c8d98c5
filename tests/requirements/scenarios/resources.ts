/** Resources, prompts, completion. */
import type { JsonObject, MatrixClient } from "../client/matrix-client.ts";
import { verifies } from "../verifies.ts";

async function contents(client: MatrixClient, uri: string): Promise<unknown> {
  return (await client.request("resources/read", { uri })).result?.["contents"];
}

verifies("resources:read:text", async ({ expect, open, uri }) => {
  const at = uri("text");
  const read = await contents(await open(), at);
  expect(read).toEqual([{ uri: at, mimeType: "text/plain", text: `content of ${at}` }]);
});

verifies("resources:read:binary", async ({ expect, open, uri }) => {
  const at = uri("binary");
  expect(await contents(await open(), at)).toEqual([
    { uri: at, mimeType: "image/png", blob: "iVBORw0KGgo=" },
  ]);
});

verifies("resources:read:template", async ({ expect, open, uri }) => {
  const at = uri("item/42");
  expect(await contents(await open(), at)).toMatchObject([{ uri: at, text: `content of ${at}` }]);
});

verifies("resources:read:unknown", async ({ expect, open, uri, client: { era }, backend }) => {
  // The template `place/{id}` fits, so it is the server that has to say it.
  const { error } = await (await open()).request("resources/read", { uri: uri("place/none") });
  expect(error).toBeDefined();
  // A stateless server's own code is -32602, and is passed on as it is.
  expect(error?.code).toBe(era === "session" && backend.era === "session" ? -32002 : -32602);
});

verifies("resources:same-uri", async ({ expect, open, backend }) => {
  const client = await open();
  const { result } = await client.request("resources/list");
  const listed = (result?.["resources"] ?? []) as { uri: string; name: string }[]; // Compared below.
  const common = listed.filter(({ name }) => name.startsWith("common of "));
  expect(new Set(common.map(({ uri }) => uri)).size).toBe(common.length);
  const own = common.find(({ name }) => name === `common of ${backend.server}`);
  const uri = String(own?.uri);
  expect(await contents(client, uri)).toMatchObject([{ uri, text: `common of ${backend.server}` }]);
});

verifies("prompts:get", async ({ expect, open, named }) => {
  const client = await open();
  const { result } = await client.request("prompts/get", {
    name: named("greet"),
    arguments: { who: "漢" },
  });
  expect(result).toMatchObject({
    description: "A greeting.",
    messages: [{ role: "user", content: { type: "text", text: "Greet 漢." } }],
  });
});

verifies("prompts:unknown", async ({ expect, open, named }) => {
  const client = await open();
  for (const name of ["nowhere__greet", named("nothing")])
    expect((await client.request("prompts/get", { name })).error?.code).toBe(-32602);
});

async function completed(client: MatrixClient, params: JsonObject): Promise<JsonObject> {
  const { result, text } = await client.request("completion/complete", params);
  const completion = result?.["completion"] as { values?: string[] } | undefined; // Read below.
  const value = completion?.values?.[0];
  if (value === undefined) throw new Error(`completion/complete was answered ${text}`);
  return JSON.parse(value);
}

const argument = { name: "who", value: "wo" };

verifies("completion:prompt", async ({ expect, open, named }) => {
  const ref = { type: "ref/prompt", name: named("greet") };
  const seen = await completed(await open(), { ref, argument });
  expect(seen).toEqual({ ref: { type: "ref/prompt", name: "greet" }, argument });
});

verifies("completion:resource", async ({ expect, open, uri }) => {
  const ref = { type: "ref/resource", uri: uri("item/{id}") };
  expect(await completed(await open(), { ref, argument })).toEqual({ ref, argument });
});

verifies("completion:context", async ({ expect, open, named }) => {
  const ref = { type: "ref/prompt", name: named("greet") };
  const context = { arguments: { before: "漢" } };
  expect((await completed(await open(), { ref, argument, context }))["context"]).toEqual(context);
});

verifies("completion:unknown", async ({ expect, open }) => {
  const params = { ref: { type: "ref/prompt", name: "nowhere__greet" }, argument };
  expect((await (await open()).request("completion/complete", params)).error?.code).toBe(-32602);
});
