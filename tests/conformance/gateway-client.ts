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
import { oauthFor, type SignInContext, signingIn } from "./sign-in.ts";
import { type AnyClient, useEverything } from "./use-everything.ts";

const stateless = "2026-07-28";
const url = process.argv.at(-1) ?? "";
const scenario = process.env["MCP_CONFORMANCE_SCENARIO"] ?? "";
const context = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as SignInContext & {
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: Record<string, unknown> }[];
}; // The pinned suite's own format.

const confirmed = { action: "accept", content: { confirmed: true } } as const;
const clientInfo = { name: "gateway-client", version: "1.0.0" };

const isAboutSigningIn = scenario.startsWith("auth/");
const entry = { type: "http", url, ...(isAboutSigningIn ? { oauth: oauthFor(scenario, context) } : {}) };
await using stack = await startStack(
  { mcpServers: { suite: entry } },
  isAboutSigningIn ? { until: "listening" } : {},
);
const address = new URL(stack.serverUrl("suite", "mcp"));

if (isAboutSigningIn) await signingIn(stack, useServer);
else await useServer();

async function useServer(): Promise<void> {
  if (process.env["MCP_CONFORMANCE_PROTOCOL_VERSION"] === stateless) {
    const client = new Client(clientInfo, {
      capabilities: { elicitation: { form: {} } },
      versionNegotiation: { mode: { pin: stateless } },
    });
    client.setRequestHandler("elicitation/create", () => confirmed);
    await used(client, () => client.connect(new StreamableHTTPClientTransport(address)));
  } else {
    const client = new SessionClient(clientInfo, {
      capabilities: { elicitation: { form: { applyDefaults: true } } },
    });
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: {} }));
    await used(client, () => client.connect(new SessionTransport(address)));
  }
}

/** Another one is made when the work has to be done again. */
async function used(
  client: AnyClient & { close(): Promise<void> },
  connect: () => Promise<void>,
): Promise<void> {
  try {
    await connect();
    await useEverything(client, context.toolCalls);
  } finally {
    await client.close();
  }
}
