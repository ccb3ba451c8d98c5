/** What servers ask clients, and who is asked. */
import {
  type Answer,
  type JsonObject,
  type MatrixClient,
  type Told,
  textOf,
} from "../client/matrix-client.ts";
import { prefix } from "../client/stateless-client.ts";
import { type Scene, verifies } from "../verifies.ts";

const message = (nonce: string) => ({
  method: "sampling/createMessage",
  params: {
    messages: [{ role: "user", content: { type: "text", text: nonce } }],
    maxTokens: 10,
    systemPrompt: "äöü 漢 😀",
  },
});
const said = { role: "assistant", content: { type: "text", text: "hm" }, model: "m", stopReason: "endTurn" };
const form = (nonce: string) => ({
  method: "elicitation/create",
  params: {
    message: nonce,
    requestedSchema: {
      type: "object",
      properties: { name: { type: "string", title: "漢", default: "x" } },
      required: ["name"],
    },
  },
});
const page = (nonce: string) => ({
  method: "elicitation/create",
  params: { mode: "url", message: nonce, url: `https://example.com/${nonce}`, elicitationId: nonce },
});
const roots = { method: "roots/list", params: {} };
const uuid = (): string => crypto.randomUUID();

/** The questions that hold a text, as they came. */
function askedFor(client: MatrixClient, nonce: string): readonly Told[] {
  return client.asked.filter(({ text }) => text.includes(nonce));
}

/** Has the backend ask, and gives back what it heard. */
async function ask(
  scene: Scene,
  client: MatrixClient,
  requests: readonly JsonObject[],
): Promise<readonly JsonObject[]> {
  return JSON.parse(textOf(await scene.call(client, "ask", { requests })));
}

function answering(client: MatrixClient, answer: Answer | ((question: Told) => Answer)): MatrixClient {
  client.answers = typeof answer === "function" ? answer : () => answer;
  return client;
}

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

/** The client is not asked, and the failure is told: to a server of sessions as an error, else as the call's. */
async function notAsked(
  scene: Scene,
  client: MatrixClient,
  question: JsonObject,
  nonce: string,
): Promise<void> {
  const outcome = await scene.call(client, "ask", { requests: [question], nonce });
  if (outcome.error === undefined) {
    const [heard] = JSON.parse(textOf(outcome)) as { error?: { code: number } }[]; // Our tool's words.
    scene.expect(heard?.error?.code).toBe(-32601);
  } else if (scene.client.era === "stateless") {
    scene.expect([outcome.status, outcome.error.code]).toEqual([400, -32021]);
  } else scene.expect(outcome.error.code).toBeNumber();
  scene.expect(askedFor(client, nonce)).toEqual([]);
}

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

verifies("questions:ping", async (scene) => {
  const client = await scene.open();
  scene.expect(await ask(scene, client, [{ method: "ping" }])).toMatchObject([{ result: {} }]);
  scene.expect(client.asked.filter(({ method }) => method === "ping")).toEqual([]);
});
