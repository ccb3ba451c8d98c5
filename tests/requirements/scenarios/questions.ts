/** Sampling and elicitation: what is asked, what is answered, and who is not asked. */
import { type JsonObject, textOf } from "../client/matrix-client.ts";
import { verifies } from "../verifies.ts";
import { answering, ask, askedFor, form, message, notAsked, page, said, uuid } from "./asking.ts";

verifies("sampling:asked", async (scene) => {
  const nonce = uuid();
  const client = answering(await scene.open(), { result: said });
  scene.expect(await ask(scene, client, [message(nonce)])).toMatchObject([{ result: said }]);
  scene.expect(askedFor(client, nonce)).toMatchObject([message(nonce)]);
});

const withTools = (nonce: string) => ({
  method: "sampling/createMessage",
  params: {
    ...message(nonce).params,
    tools: [{ name: "look", inputSchema: { type: "object" } }],
    toolChoice: { mode: "auto" },
  },
});

verifies("sampling:tools", async (scene) => {
  const nonce = uuid();
  const used = {
    ...said,
    stopReason: "toolUse",
    content: [{ type: "tool_use", id: "1", name: "look", input: {} }],
  };
  const client = answering(await scene.open(), { result: used });
  scene.expect(await ask(scene, client, [withTools(nonce)])).toMatchObject([{ result: used }]);
  scene.expect(askedFor(client, nonce)).toMatchObject([withTools(nonce)]);
});

verifies("sampling:tools-undeclared", async (scene) => {
  const nonce = uuid();
  const client = answering(await scene.fresh({ sampling: {} }), { result: said });
  await notAsked(scene, client, withTools(nonce), nonce);
});

verifies("sampling:undeclared", async (scene) => {
  const nonce = uuid();
  await notAsked(scene, answering(await scene.open({}), { result: said }), message(nonce), nonce);
});

verifies("sampling:refused", async (scene) => {
  const error = { code: -1, message: "User rejected sampling request" };
  const client = answering(await scene.open(), { error });
  const outcome = await scene.call(client, "ask", { requests: [message(uuid())] });
  if (scene.backend.era === "session") {
    const [heard] = JSON.parse(textOf(outcome)) as { error: JsonObject }[]; // Our tool's words.
    scene
      .expect([heard?.error["code"], String(heard?.error["message"])])
      .toEqual([-1, `MCP error -1: ${error.message}`]);
  } else scene.expect(outcome.error?.data?.["reason"]).toBe("client-refused");
});

verifies("elicitation:form", async (scene) => {
  const nonce = uuid();
  const result = { action: "accept", content: { name: "Ada 漢" } };
  const client = answering(await scene.open(), { result });
  scene.expect(await ask(scene, client, [form(nonce)])).toMatchObject([{ result }]);
  scene.expect(askedFor(client, nonce)).toMatchObject([form(nonce)]);
});

verifies("elicitation:declined", async (scene) => {
  for (const action of ["decline", "cancel"]) {
    const client = answering(await scene.open(), { result: { action } });
    scene.expect(await ask(scene, client, [form(uuid())])).toMatchObject([{ result: { action } }]);
  }
});

verifies("elicitation:rounds", async (scene) => {
  const nonces = [uuid(), uuid(), uuid()];
  const client = answering(await scene.open(), ({ params }) => ({
    result: { action: "accept", content: { name: String(params["message"]) } },
  }));
  const heard = await ask(scene, client, nonces.map(form));
  scene
    .expect(heard)
    .toMatchObject(nonces.map((name) => ({ result: { action: "accept", content: { name } } })));
});

const Ada = { action: "accept", content: { name: "Ada" } };

verifies("elicitation:prompt", async ({ expect, open, named }) => {
  const client = answering(await open(), { result: Ada });
  const { text } = await client.request("prompts/get", { name: named("asks") });
  expect(text).toContain("Ada");
});

verifies("elicitation:resource", async ({ expect, open, uri }) => {
  const client = answering(await open(), { result: Ada });
  const { text } = await client.request("resources/read", { uri: uri("asks") });
  expect(text).toContain("Ada");
});

verifies("elicitation:undeclared", async (scene) => {
  const nonce = uuid();
  await notAsked(scene, answering(await scene.open({}), { result: Ada }), form(nonce), nonce);
});

verifies("elicitation:url", async (scene) => {
  const nonce = uuid();
  const client = answering(await scene.open(), { result: { action: "accept" } });
  scene.expect(await ask(scene, client, [page(nonce)])).toMatchObject([{ result: { action: "accept" } }]);
  scene
    .expect(askedFor(client, nonce))
    .toMatchObject([{ params: { mode: "url", url: page(nonce).params.url } }]);
});

verifies("elicitation:url-undeclared", async (scene) => {
  const nonce = uuid();
  const client = answering(await scene.fresh({ elicitation: { form: {} } }), {
    result: { action: "accept" },
  });
  await notAsked(scene, client, page(nonce), nonce);
});

verifies("elicitation:url-complete", async (scene) => {
  const nonce = uuid();
  const [client, other] = [
    answering(await scene.open(), { result: { action: "accept" } }),
    await scene.fresh(),
  ];
  await ask(scene, client, [page(nonce)]);
  const outcome = await scene.call(client, "complete", { elicitationId: nonce });
  const told = await scene.until("the completion", () =>
    [...outcome.news, ...client.told].find(
      ({ method, params }) =>
        method === "notifications/elicitation/complete" && params["elicitationId"] === nonce,
    ),
  );
  scene.expect(told.params["elicitationId"]).toBe(nonce);
  await other.request("tools/list");
  scene.expect(JSON.stringify(other.told)).not.toContain(nonce);
});

verifies("elicitation:url-required", async (scene) => {
  const nonce = uuid();
  const client = answering(await scene.open(), { result: { action: "accept" } });
  const outcome = await scene.call(client, "page_first", { nonce });
  if (scene.client.era === "stateless") {
    scene.expect(textOf(outcome)).toBe("the page was opened");
    scene.expect(askedFor(client, nonce)).toMatchObject([{ params: { mode: "url" } }]);
    return;
  }
  scene.expect(outcome.error?.code).toBe(-32042);
  scene.expect(outcome.error?.data).toEqual({ elicitations: [page(nonce).params] });
});
