/** Rounds of revision 2026-07-28, and what a stateless server is told in headers. */
import { textOf } from "../client/matrix-client.ts";
import { type Scene, verifies } from "../verifies.ts";
import { post, revision } from "./stateless-request.ts";

const question = {
  method: "elicitation/create",
  params: { message: "?", requestedSchema: { type: "object", properties: { name: { type: "string" } } } },
};
const answer = { action: "accept", content: { name: "Ada" } };

/** The first round of a call that asks. */
async function firstRound(scene: Scene) {
  const params = { name: scene.named("ask"), arguments: { requests: [question] } };
  const { message } = await post(scene, "tools/call", { params });
  scene.expect(message.result.resultType).toBe("input_required");
  const { requestState, inputRequests } = message.result;
  const [key = ""] = Object.keys(inputRequests);
  scene.expect(inputRequests[key]).toMatchObject(question);
  return { params, requestState: String(requestState), key };
}

verifies("stateless:state-sealed", async (scene) => {
  const { params, requestState, key } = await firstRound(scene);
  const inputResponses = { [key]: answer };
  const middle = requestState.length >> 1;
  const changed =
    requestState.slice(0, middle) +
    (requestState[middle] === "A" ? "B" : "A") +
    requestState.slice(middle + 1);
  for (const bad of [changed, `${requestState}x`, "made up", JSON.stringify([])]) {
    const { message } = await post(scene, "tools/call", {
      params: { ...params, inputResponses, requestState: bad },
    });
    scene
      .expect([message.error?.code, message.error?.data.reason])
      .toEqual([-32602, "request-state-invalid"]);
  }
  const other = { ...params, arguments: { requests: [question, question] } };
  const { message } = await post(scene, "tools/call", { params: { ...other, inputResponses, requestState } });
  scene.expect(message.error?.data.reason).toBe("request-state-invalid");
  const last = await post(scene, "tools/call", { params: { ...params, inputResponses, requestState } });
  scene.expect(last.message.result.content[0].text).toContain("Ada");
});

verifies("stateless:unanswered", async (scene) => {
  const { params, requestState } = await firstRound(scene);
  const again = await post(scene, "tools/call", { params: { ...params, inputResponses: {}, requestState } });
  scene.expect(again.message.result.resultType).toBe("input_required");
  const [key = ""] = Object.keys(again.message.result.inputRequests);
  const next = { inputResponses: { [key]: answer }, requestState: again.message.result.requestState };
  const last = await post(scene, "tools/call", { params: { ...params, ...next } });
  scene.expect(last.message.result.content[0].text).toContain("Ada");
});

verifies("upstream:mirrored-headers", async (scene) => {
  const client = await scene.open();
  const nonce = crypto.randomUUID();
  const region = `漢 ${nonce}`;
  const base64 = `=?base64?${Buffer.from(region).toString("base64")}?=`;
  const headers = scene.client.era === "stateless" ? { "mcp-param-region": base64 } : {};
  const params = { name: scene.named("typed"), arguments: { region } };
  scene.expect((await client.request("tools/call", params, { headers })).result).toBeDefined();
  const [call] = await scene.seen(client, nonce);
  scene.expect(call?.["headers"]).toMatchObject({
    "mcp-protocol-version": revision,
    "mcp-method": "tools/call",
    "mcp-name": "typed",
    "mcp-param-region": base64,
  });
  const uri = scene.uri(`item/${nonce}`);
  await client.request("resources/read", { uri });
  const read = (await scene.seen(client, nonce)).find(({ method }) => method === "resources/read");
  scene.expect(read?.["headers"]).toMatchObject({ "mcp-method": "resources/read", "mcp-name": uri });
  scene.expect(JSON.stringify(read?.["headers"])).not.toContain("mcp-session-id");
  scene.expect(textOf(await scene.call(client, "echo"))).toContain("arguments");
});
