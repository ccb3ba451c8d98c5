/** What a tool of the conformance fixture is. */
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type {
  CallToolResult,
  ServerNotification,
  ServerRequest,
  Tool,
} from "@modelcontextprotocol/sdk/types.js";

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
export type Run = (
  given: Readonly<Record<string, unknown>>,
  extra: Extra,
) => CallToolResult | Promise<CallToolResult>;

export interface FixtureTool {
  readonly definition: Tool;
  readonly run: Run;
}

export function tool(
  name: string,
  description: string,
  run: Run,
  inputSchema: Tool["inputSchema"] = { type: "object" as const },
): FixtureTool {
  return { definition: { name, description, inputSchema }, run };
}

export function text(words: string): CallToolResult {
  return { content: [{ type: "text", text: words }] };
}
