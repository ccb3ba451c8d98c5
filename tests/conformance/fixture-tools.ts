/** The tools of the conformance fixture, as the suite describes each of them. */
import {
  type CallToolResult,
  CreateMessageResultSchema,
  type ElicitRequestFormParams,
  ElicitResultSchema,
  type Tool,
} from "@modelcontextprotocol/sdk/types.js";
import { type Extra, type FixtureTool, text, tool } from "./fixture-tool.ts";
import { picture, sound } from "./media.ts";

const stepMs = 50;

async function logSteps(extra: Extra): Promise<CallToolResult> {
  const lines = ["Tool execution started", "Tool processing data", "Tool execution completed"];
  for (const [index, data] of lines.entries()) {
    if (index > 0) await Bun.sleep(stepMs);
    await extra.sendNotification({
      method: "notifications/message",
      params: { level: "info", logger: "fixture", data },
    });
  }
  return text("The tool logged three lines.");
}

async function progressSteps(extra: Extra): Promise<CallToolResult> {
  const progressToken = extra._meta?.progressToken;
  for (const progress of [0, 50, 100]) {
    if (progress > 0) await Bun.sleep(stepMs);
    if (progressToken === undefined) continue;
    await extra.sendNotification({
      method: "notifications/progress",
      params: { progressToken, progress, total: 100 },
    });
  }
  return text("The tool reported its progress.");
}

async function sample(given: Readonly<Record<string, unknown>>, extra: Extra): Promise<CallToolResult> {
  const messages = [
    { role: "user" as const, content: { type: "text" as const, text: String(given["prompt"]) } },
  ];
  const answer = await extra.sendRequest(
    { method: "sampling/createMessage", params: { messages, maxTokens: 100 } },
    CreateMessageResultSchema,
  );
  return text(`LLM response: ${answer.content.type === "text" ? answer.content.text : answer.content.type}`);
}

async function elicit(
  message: string,
  requestedSchema: ElicitRequestFormParams["requestedSchema"],
  extra: Extra,
): Promise<CallToolResult> {
  const answer = await extra.sendRequest(
    { method: "elicitation/create", params: { message, requestedSchema } },
    ElicitResultSchema,
  );
  return text(
    `Elicitation completed: action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`,
  );
}

/** Closes its event stream in mid call where the carrier has one, so that the client has to come back for the answer. */
async function reconnect(extra: Extra): Promise<CallToolResult> {
  await Bun.sleep(stepMs);
  extra.closeSSEStream?.();
  await Bun.sleep(2 * stepMs);
  return text("Reconnection test completed.");
}

const userSchema: ElicitRequestFormParams["requestedSchema"] = {
  type: "object",
  properties: {
    username: { type: "string", description: "User's response" },
    email: { type: "string", description: "User's email address" },
  },
  required: ["username", "email"],
};

const defaultsSchema: ElicitRequestFormParams["requestedSchema"] = {
  type: "object",
  properties: {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  },
};

const titled = [
  { const: "value1", title: "First Option" },
  { const: "value2", title: "Second Option" },
  { const: "value3", title: "Third Option" },
];

const enumsSchema: ElicitRequestFormParams["requestedSchema"] = {
  type: "object",
  properties: {
    untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
    titledSingle: { type: "string", oneOf: titled },
    legacyEnum: {
      type: "string",
      enum: ["opt1", "opt2", "opt3"],
      enumNames: ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
    titledMulti: { type: "array", items: { anyOf: titled } },
  },
};

const schema2020: Tool["inputSchema"] = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    address: {
      $anchor: "addressDef",
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, which nobody awaits.
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

const embedded = {
  uri: "test://embedded-resource",
  mimeType: "text/plain",
  text: "This is an embedded resource content.",
};
const mixed = {
  uri: "test://mixed-content-resource",
  mimeType: "application/json",
  text: '{"test":"data","value":123}',
};
const image = { type: "image" as const, data: picture, mimeType: "image/png" };

export const fixtureTools: readonly FixtureTool[] = [
  tool("test_simple_text", "Returns text.", () => text("This is a simple text response for testing.")),
  tool("test_image_content", "Returns a picture.", () => ({ content: [image] })),
  tool("test_audio_content", "Returns sound.", () => ({
    content: [{ type: "audio", data: sound, mimeType: "audio/wav" }],
  })),
  tool("test_embedded_resource", "Returns a resource.", () => ({
    content: [{ type: "resource", resource: embedded }],
  })),
  tool("test_multiple_content_types", "Returns text, a picture and a resource.", () => ({
    content: [
      { type: "text", text: "Multiple content types test:" },
      image,
      { type: "resource", resource: mixed },
    ],
  })),
  tool("test_tool_with_logging", "Logs three lines.", (_, extra) => logSteps(extra)),
  tool("test_error_handling", "Always fails.", () => {
    throw new Error("This tool intentionally returns an error for testing");
  }),
  tool("test_tool_with_progress", "Reports progress.", (_, extra) => progressSteps(extra)),
  tool("test_sampling", "Asks the client's model.", sample, {
    type: "object",
    properties: { prompt: { type: "string", description: "The prompt to send to the LLM" } },
    required: ["prompt"],
  }),
  tool(
    "test_elicitation",
    "Asks the user.",
    (given, extra) => elicit(String(given["message"]), userSchema, extra),
    {
      type: "object",
      properties: { message: { type: "string", description: "The message to show the user" } },
      required: ["message"],
    },
  ),
  tool("test_elicitation_sep1034_defaults", "Asks with defaults.", (_, extra) =>
    elicit("Defaults", defaultsSchema, extra),
  ),
  tool("test_elicitation_sep1330_enums", "Asks with enums.", (_, extra) =>
    elicit("Enums", enumsSchema, extra),
  ),
  tool("test_reconnection", "Closes its stream in mid call.", (_, extra) => reconnect(extra)),
  tool(
    "json_schema_2020_12_tool",
    "Tool with JSON Schema 2020-12 features",
    (given) => text(JSON.stringify(given)),
    schema2020,
  ),
];
