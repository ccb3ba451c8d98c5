/**
 * The official clients, each in its own way of connecting, behind one set of verbs: SDK v1 on both fronts, SDK v2 with
 * sessions, choosing, and pinned to the stateless revision. Each answers what it is asked with its own name.
 */
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";

export interface SdkPeer {
  readonly revision: string | undefined;
  tools(): Promise<readonly string[]>;
  /** The text of the result's first block. */
  call(name: string, args: Record<string, unknown>, onProgress?: (progress: number) => void): Promise<string>;
  read(uri: string): Promise<string>;
  prompt(name: string, args: Record<string, string>): Promise<string>;
  complete(prompt: string, argument: string, value: string): Promise<readonly string[]>;
  /** @returns how to stop */
  watch(uri: string, onUpdated: (uri: string) => void): Promise<() => Promise<void>>;
  /** Modes of elicitation, `sampling` and `roots`, in the order they came. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export interface Fronts {
  readonly mcp: string;
  readonly sse: string;
}

export const sdkPeers = {
  "SDK v1 on /mcp": (name: string, { mcp }: Fronts) => connectV1(name, new HttpV1(new URL(mcp))),
  "SDK v1 on /sse": (name: string, { sse }: Fronts) => connectV1(name, new SSEClientTransport(new URL(sse))),
  "SDK v2 with a session": (name: string, { mcp }: Fronts) => connectV2(name, mcp, "legacy"),
  "SDK v2 that chooses": (name: string, { mcp }: Fronts) => connectV2(name, mcp, "auto"),
  "SDK v2 without a session": (name: string, { mcp }: Fronts) => connectV2(name, mcp, { pin: "2026-07-28" }),
} as const;

const capabilities = {
  sampling: {},
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
};

/** What each of them answers. */
const answers = {
  form: (name: string) => ({ action: "accept" as const, content: { name } }),
  sample: (name: string) => ({
    role: "assistant" as const,
    model: "none",
    content: { type: "text" as const, text: `sampled by ${name}` },
  }),
  roots: (name: string) => ({ roots: [{ uri: `file:///roots/${name}`, name }] }),
};

function textIn(result: unknown): string {
  const { content } = result as { content?: { text?: string }[] }; // Read, and compared by the test.
  return content?.[0]?.text ?? JSON.stringify(result);
}

async function connectV1(name: string, transport: HttpV1 | SSEClientTransport): Promise<SdkPeer> {
  const client = new ClientV1({ name, version: "1.0.0" }, { capabilities });
  const asked: string[] = [];
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    asked.push(params.mode ?? "form");
    return params.mode === "url" ? { action: "accept" } : answers.form(name);
  });
  client.setRequestHandler(CreateMessageRequestSchema, () => {
    asked.push("sampling");
    return answers.sample(name);
  });
  client.setRequestHandler(ListRootsRequestSchema, () => {
    asked.push("roots");
    return answers.roots(name);
  });
  // The SDK's own types do not fit each other under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    asked,
    revision: "2025-11-25",
    tools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: async (tool, args, onProgress) =>
      textIn(
        await client.callTool(
          { name: tool, arguments: args },
          undefined,
          onProgress === undefined ? {} : { onprogress: ({ progress }) => onProgress(progress) },
        ),
      ),
    read: async (uri) => JSON.stringify((await client.readResource({ uri })).contents),
    prompt: async (prompt, args) =>
      JSON.stringify((await client.getPrompt({ name: prompt, arguments: args })).messages),
    complete: async (prompt, argument, value) => {
      const ref = { type: "ref/prompt" as const, name: prompt };
      return (await client.complete({ ref, argument: { name: argument, value } })).completion.values;
    },
    watch: async (uri, onUpdated) => {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => onUpdated(params.uri));
      await client.subscribeResource({ uri });
      return async () => void (await client.unsubscribeResource({ uri }));
    },
    close: () => client.close(),
  };
}

type Mode = "legacy" | "auto" | { readonly pin: string };

async function connectV2(name: string, url: string, mode: Mode): Promise<SdkPeer> {
  const client = new ClientV2({ name, version: "1.0.0" }, { capabilities, versionNegotiation: { mode } });
  const asked: string[] = [];
  client.setRequestHandler("elicitation/create", ({ params }) => {
    asked.push(params.mode ?? "form");
    return params.mode === "url" ? { action: "accept" } : answers.form(name);
  });
  client.setRequestHandler("sampling/createMessage", () => {
    asked.push("sampling");
    return answers.sample(name);
  });
  client.setRequestHandler("roots/list", () => {
    asked.push("roots");
    return answers.roots(name);
  });
  await client.connect(new HttpV2(new URL(url)));
  const revision = client.getNegotiatedProtocolVersion();
  return {
    asked,
    revision,
    tools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: async (tool, args, onProgress) =>
      textIn(
        await client.callTool(
          { name: tool, arguments: args },
          onProgress === undefined ? {} : { onprogress: ({ progress }) => onProgress(progress) },
        ),
      ),
    read: async (uri) => JSON.stringify((await client.readResource({ uri })).contents),
    prompt: async (prompt, args) =>
      JSON.stringify((await client.getPrompt({ name: prompt, arguments: args })).messages),
    complete: async (prompt, argument, value) => {
      const ref = { type: "ref/prompt" as const, name: prompt };
      return (await client.complete({ ref, argument: { name: argument, value } })).completion.values;
    },
    watch: async (uri, onUpdated) => {
      client.setNotificationHandler("notifications/resources/updated", ({ params }) => onUpdated(params.uri));
      if (mode === "legacy") {
        await client.subscribeResource({ uri });
        return async () => void (await client.unsubscribeResource({ uri }));
      }
      const subscription = await client.listen({ resourceSubscriptions: [uri] });
      return () => subscription.close();
    },
    close: () => client.close(),
  };
}
