/** Questions that servers put to clients, and how scenarios have them put. */
import {
  type Answer,
  type JsonObject,
  type MatrixClient,
  type Told,
  textOf,
} from "../client/matrix-client.ts";
import type { Scene } from "../verifies.ts";

export const message = (nonce: string) => ({
  method: "sampling/createMessage",
  params: {
    messages: [{ role: "user", content: { type: "text", text: nonce } }],
    maxTokens: 10,
    systemPrompt: "äöü 漢 😀",
  },
});
export const said = {
  role: "assistant",
  content: { type: "text", text: "hm" },
  model: "m",
  stopReason: "endTurn",
};
export const form = (nonce: string) => ({
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
export const page = (nonce: string) => ({
  method: "elicitation/create",
  params: { mode: "url", message: nonce, url: `https://example.com/${nonce}`, elicitationId: nonce },
});
export const roots = { method: "roots/list", params: {} };
export const uuid = (): string => crypto.randomUUID();

/** The questions that hold a text, as they came. */
export function askedFor(client: MatrixClient, nonce: string): readonly Told[] {
  return client.asked.filter(({ text }) => text.includes(nonce));
}

/** Has the backend ask, and gives back what it heard. */
export async function ask(
  scene: Scene,
  client: MatrixClient,
  requests: readonly JsonObject[],
): Promise<readonly JsonObject[]> {
  return JSON.parse(textOf(await scene.call(client, "ask", { requests })));
}

export function answering(client: MatrixClient, answer: Answer | ((question: Told) => Answer)): MatrixClient {
  client.answers = typeof answer === "function" ? answer : () => answer;
  return client;
}

/** The client is not asked, and the failure is told: to a server of sessions as an error, else as the call's. */
export async function notAsked(
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
