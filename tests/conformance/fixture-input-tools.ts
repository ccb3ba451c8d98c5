/**
 * Tools and a prompt that need something of the client, as suite 0.2.0 names them. The fixture speaks revisions
 * with sessions, so it asks by requests; each question carries the name under which the suite expects it in an
 * `input_required` result.
 */
import {
  CreateMessageResultSchema,
  type ElicitRequestFormParams,
  ElicitResultSchema,
  ListRootsResultSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { type Extra, type FixtureTool, text, tool } from "./fixture-tool.ts";

function named(key: string): { readonly _meta: Record<string, unknown> } {
  return { _meta: { "mcp-gateway/inputKey": key } };
}

function schemaOf(name: string, type: "string" | "boolean"): ElicitRequestFormParams["requestedSchema"] {
  const property = type === "string" ? { type: "string" as const } : { type: "boolean" as const };
  return { type: "object", properties: { [name]: property }, required: [name] };
}

async function elicit(
  extra: Extra,
  key: string,
  message: string,
  field: string,
  type: "string" | "boolean" = "string",
): Promise<string> {
  const params = { message, requestedSchema: schemaOf(field, type), ...named(key) };
  const { action, content } = await extra.sendRequest(
    { method: "elicitation/create", params },
    ElicitResultSchema,
  );
  return action === "accept" ? String(content?.[field]) : action;
}

async function sample(extra: Extra, key: string, words: string, maxTokens: number): Promise<string> {
  const messages = [{ role: "user" as const, content: { type: "text" as const, text: words } }];
  const params = { messages, maxTokens, ...named(key) };
  const { content } = await extra.sendRequest(
    { method: "sampling/createMessage", params },
    CreateMessageResultSchema,
  );
  return content.type === "text" ? content.text : content.type;
}

async function roots(extra: Extra, key: string): Promise<string> {
  const request = { method: "roots/list" as const, params: named(key) };
  const listed = await extra.sendRequest(request, ListRootsResultSchema);
  return listed.roots.map(({ uri }) => uri).join(", ");
}

export const inputTools: readonly FixtureTool[] = [
  tool("test_input_required_result_elicitation", "Asks for a name.", async (_, extra) =>
    text(`Hello, ${await elicit(extra, "user_name", "What is your name?", "name")}!`),
  ),
  tool("test_input_required_result_sampling", "Asks the model.", async (_, extra) =>
    text(await sample(extra, "capital_question", "What is the capital of France?", 100)),
  ),
  tool("test_input_required_result_list_roots", "Asks for roots.", async (_, extra) =>
    text(`Roots: ${await roots(extra, "client_roots")}`),
  ),
  tool("test_input_required_result_request_state", "Asks and remembers.", async (_, extra) => {
    await elicit(extra, "confirm", "Please confirm", "ok", "boolean");
    return text("state-ok");
  }),
  tool("test_input_required_result_multiple_inputs", "Asks three things at once.", async (_, extra) => {
    const answers = await Promise.all([
      elicit(extra, "user_name", "What is your name?", "name"),
      sample(extra, "greeting", "Generate a greeting", 50),
      roots(extra, "client_roots"),
    ]);
    return text(answers.join("; "));
  }),
  tool("test_input_required_result_multi_round", "Asks twice.", async (_, extra) => {
    const name = await elicit(extra, "step1", "Step 1: What is your name?", "name");
    const color = await elicit(extra, "step2", "Step 2: What is your favorite color?", "color");
    return text(`${name} likes ${color}.`);
  }),
  tool("test_input_required_result_tampered_state", "Asks for a confirmation.", async (_, extra) =>
    text(`Confirmed: ${await elicit(extra, "confirm", "Please confirm", "ok", "boolean")}`),
  ),
  tool("test_input_required_result_capabilities", "Asks what the client can answer.", async (_, extra) => {
    const answers = await Promise.allSettled([
      elicit(extra, "user_name", "What is your name?", "name"),
      sample(extra, "capital_question", "What is the capital of France?", 100),
    ]);
    return text(answers.map(({ status }) => status).join(", "));
  }),
  tool("test_streaming_elicitation", "Asks for a name.", async (_, extra) =>
    text(`Hello, ${await elicit(extra, "user_name", "What is your name?", "name")}!`),
  ),
  tool("test_missing_capability", "Can't do without the model.", async (_, extra) =>
    text(await sample(extra, "required_sample", "Say something.", 10)),
  ),
];

export const inputPrompt = {
  name: "test_input_required_result_prompt",
  description: "A prompt that asks for its context.",
};

export async function getInputPrompt(extra: Extra) {
  const context = await elicit(extra, "user_context", "What context should the prompt use?", "context");
  return {
    messages: [{ role: "user" as const, content: { type: "text" as const, text: `Context: ${context}` } }],
  };
}
