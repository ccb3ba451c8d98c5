/**
 * The server that the official conformance suite is run against: every tool, resource and prompt the suite
 * names, made with SDK v1. Low-level `Server`, so that schemas reach the wire as they are written here.
 */
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  CompleteRequestSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { Changes, changeTools, extraPrompt, extraTool } from "./fixture-changes.ts";
import { getInputPrompt, inputPrompt, inputTools } from "./fixture-input-tools.ts";
import { fixtureTools } from "./fixture-tools.ts";
import { picture } from "./media.ts";

const resources = [
  {
    uri: "test://static-text",
    name: "Static text",
    description: "A static text resource.",
    mimeType: "text/plain",
  },
  {
    uri: "test://static-binary",
    name: "Static binary",
    description: "A static picture.",
    mimeType: "image/png",
  },
  {
    uri: "test://watched-resource",
    name: "Watched",
    description: "A resource to subscribe to.",
    mimeType: "text/plain",
  },
];

const prompts = [
  { name: "test_simple_prompt", description: "A prompt without arguments." },
  {
    name: "test_prompt_with_arguments",
    description: "A prompt with two arguments.",
    arguments: [
      { name: "arg1", description: "First test argument", required: true },
      { name: "arg2", description: "Second test argument", required: true },
    ],
  },
  {
    name: "test_prompt_with_embedded_resource",
    description: "A prompt that embeds a resource.",
    arguments: [{ name: "resourceUri", description: "URI of the resource to embed", required: true }],
  },
  { name: "test_prompt_with_image", description: "A prompt with a picture." },
];

export function createFixtureServer(): Server {
  const server = new Server(
    { name: "conformance-fixture", version: "1.0.0" },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true },
        prompts: { listChanged: true },
        completions: {},
        logging: {},
      },
    },
  );
  const subscriptions = new Set<string>();
  const changes = new Changes();
  const steady = [...fixtureTools, ...inputTools, ...changeTools(server, changes)];
  const tools = (): typeof steady => (changes.hasTool ? [...steady, extraTool] : steady);

  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools().map(({ definition }) => definition),
  }));
  server.setRequestHandler(CallToolRequestSchema, async (request, extra): Promise<CallToolResult> => {
    const tool = tools().find(({ definition }) => definition.name === request.params.name);
    if (tool === undefined) throw new Error(`Unknown tool: ${request.params.name}`);
    try {
      return await tool.run(request.params.arguments ?? {}, extra);
    } catch (error) {
      return {
        content: [{ type: "text", text: error instanceof Error ? error.message : String(error) }],
        isError: true,
      };
    }
  });
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [
      {
        uriTemplate: "test://template/{id}/data",
        name: "Template",
        description: "A templated resource.",
        mimeType: "application/json",
      },
    ],
  }));
  server.setRequestHandler(ReadResourceRequestSchema, (request) => ({
    contents: [readResource(request.params.uri)],
  }));
  server.setRequestHandler(SubscribeRequestSchema, (request) => {
    subscriptions.add(request.params.uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, (request) => {
    subscriptions.delete(request.params.uri);
    return {};
  });
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: [...prompts, inputPrompt, ...(changes.hasPrompt ? [extraPrompt] : [])],
  }));
  server.setRequestHandler(GetPromptRequestSchema, (request, extra) =>
    request.params.name === inputPrompt.name
      ? getInputPrompt(extra)
      : getPrompt(request.params.name, request.params.arguments ?? {}),
  );
  server.setRequestHandler(CompleteRequestSchema, (request) => {
    const values = ["paris", "park", "party"].filter((value) =>
      value.startsWith(request.params.argument.value),
    );
    return { completion: { values, total: values.length, hasMore: false } };
  });
  return server;
}

/** Revisions up to 2025-11-25. */
const resourceNotFound = -32002;

function readResource(
  uri: string,
): { uri: string; mimeType: string; text: string } | { uri: string; mimeType: string; blob: string } {
  if (uri === "test://static-text")
    return { uri, mimeType: "text/plain", text: "This is the content of the static text resource." };
  if (uri === "test://static-binary") return { uri, mimeType: "image/png", blob: picture };
  if (uri === "test://watched-resource")
    return { uri, mimeType: "text/plain", text: "Watched resource content." };
  const id = /^test:\/\/template\/([^/]+)\/data$/u.exec(uri)?.[1];
  if (id === undefined) throw new McpError(resourceNotFound, "Resource not found", { uri });
  return {
    uri,
    mimeType: "application/json",
    text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
  };
}

function getPrompt(name: string, given: Readonly<Record<string, string>>) {
  const text = (words: string) => ({
    role: "user" as const,
    content: { type: "text" as const, text: words },
  });
  switch (name) {
    case "test_simple_prompt":
      return { messages: [text("This is a simple prompt for testing.")] };
    case "test_prompt_with_arguments":
      return { messages: [text(`Prompt with arguments: arg1='${given["arg1"]}', arg2='${given["arg2"]}'`)] };
    case "test_prompt_with_embedded_resource": {
      const resource = {
        uri: given["resourceUri"] ?? "",
        mimeType: "text/plain",
        text: "Embedded resource content for testing.",
      };
      return {
        messages: [
          { role: "user" as const, content: { type: "resource" as const, resource } },
          text("Please process the embedded resource above."),
        ],
      };
    }
    case "test_prompt_with_image": {
      const image = { type: "image" as const, data: picture, mimeType: "image/png" };
      return {
        messages: [{ role: "user" as const, content: image }, text("Please analyze the image above.")],
      };
    }
    default:
      throw new Error(`Unknown prompt: ${name}`);
  }
}
