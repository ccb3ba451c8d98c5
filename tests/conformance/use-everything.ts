/** Uses whatever a server shows: every tool with arguments made from its schema, every resource, every prompt. */

interface Schema {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Tool {
  readonly name: string;
  readonly inputSchema: Schema;
}

export interface ToolCall {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

interface Offered {
  readonly tools?: object | undefined;
  readonly resources?: object | undefined;
  readonly prompts?: object | undefined;
}

/** What the SDK's clients of both majors have. */
export interface AnyClient {
  getServerCapabilities(): Offered | undefined;
  listTools(): Promise<{ readonly tools: readonly object[] }>;
  callTool(call: ToolCall): Promise<unknown>;
  listResources(): Promise<{ readonly resources: readonly { readonly uri: string }[] }>;
  readResource(params: { readonly uri: string }): Promise<unknown>;
  listPrompts(): Promise<{ readonly prompts: readonly { readonly name: string }[] }>;
  getPrompt(params: { readonly name: string }): Promise<unknown>;
}

/** @param toolCalls calls to make in place of those with arguments from schemas */
export async function useEverything(client: AnyClient, toolCalls?: readonly ToolCall[]): Promise<void> {
  const offered = client.getServerCapabilities() ?? {};
  if (offered.tools !== undefined) {
    // Checked by the SDK to have a name and a schema.
    const tools = (await client.listTools()).tools as readonly Tool[];
    const calls =
      toolCalls ?? tools.map((tool) => ({ name: tool.name, arguments: argumentsFor(tool, tools) }));
    for (const call of calls) await client.callTool(call);
  }
  if (offered.resources !== undefined)
    for (const { uri } of (await client.listResources()).resources) await client.readResource({ uri });
  if (offered.prompts !== undefined)
    for (const { name } of (await client.listPrompts()).prompts) await client.getPrompt({ name });
}

function argumentsFor({ name, inputSchema }: Tool, tools: readonly Tool[]): Record<string, unknown> {
  const other = tools.find((tool) => tool.name !== name);
  const samples: Readonly<Record<string, unknown>> = {
    string: "some text",
    integer: 3,
    number: 1.5,
    boolean: true,
    array: [],
    // A tool that takes any object gets a schema that a reader could change on the way.
    object: other?.inputSchema ?? {},
  };
  const properties = Object.entries(inputSchema.properties ?? {});
  return Object.fromEntries(properties.map(([key, { type }]) => [key, samples[String(type)] ?? null]));
}
