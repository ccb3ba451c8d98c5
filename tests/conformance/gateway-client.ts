/**
 * A client for the suite's servers: a gateway in front of the given address, and an SDK client in front of the
 * gateway, which uses everything that it is shown.
 *
 *   bun tests/conformance/gateway-client.ts URL      started by the suite, which says more in its environment
 */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as SessionClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as SessionTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { startStack } from "../support/harness.ts";
import { useEverything } from "./use-everything.ts";

const stateless = "2026-07-28";
const url = process.argv.at(-1) ?? "";
const context = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as {
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: Record<string, unknown> }[];
}; // The pinned suite's own format.

const confirmed = { action: "accept", content: { confirmed: true } } as const;
const clientInfo = { name: "gateway-client", version: "1.0.0" };

await using stack = await startStack({ mcpServers: { suite: { type: "http", url } } });
const address = new URL(stack.serverUrl("suite", "mcp"));
if (process.env["MCP_CONFORMANCE_PROTOCOL_VERSION"] === stateless) {
  const client = new Client(clientInfo, {
    capabilities: { elicitation: { form: {} } },
    versionNegotiation: { mode: { pin: stateless } },
  });
  client.setRequestHandler("elicitation/create", () => confirmed);
  await client.connect(new StreamableHTTPClientTransport(address));
  await useEverything(client, context.toolCalls);
  await client.close();
} else {
  const client = new SessionClient(clientInfo, {
    capabilities: { elicitation: { form: { applyDefaults: true } } },
  });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: {} }));
  await client.connect(new SessionTransport(address));
  await useEverything(client, context.toolCalls);
  await client.close();
}
