/** An MCP server of a few tools on stdio, which ends promptly, and leaves nothing behind, when its client goes. */
import { limits } from "@mcp-gateway/kit/limits";
import { version } from "@mcp-gateway/kit/version";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import {
  type CallToolRequest,
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type Tool,
} from "@modelcontextprotocol/sdk/types.js";
import type { Progress } from "./progress.ts";

export interface CallContext {
  /** Aborted when the client cancels the call. */
  readonly cancelled: AbortSignal;
  /** Present when the client asked for progress. */
  readonly progress: ((progress: Progress) => void) | undefined;
}

export interface ServedTool {
  readonly definition: Tool;
  call(given: unknown, context: CallContext): Promise<CallToolResult>;
}

export interface StdioServer {
  readonly name: string;
  readonly title: string;
  readonly instructions: string;
  readonly tools: readonly ServedTool[];
  /** Ends all that runs; calls in flight return soon after. */
  close(): Promise<void>;
  /** For the last moment of this process. */
  killNow(): void;
}

type Extra = Parameters<Parameters<Server["setRequestHandler"]>[1]>[1];

export async function serveStdio(served: StdioServer): Promise<void> {
  const calls = new Set<Promise<unknown>>();
  const server = new Server(
    { name: served.name, title: served.title, version },
    { capabilities: { tools: {} }, instructions: served.instructions },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: served.tools.map(({ definition }) => definition),
  }));
  server.setRequestHandler(CallToolRequestSchema, async (request, extra) => {
    const call = callTool(served, request, extra);
    calls.add(call);
    try {
      return await call;
    } finally {
      calls.delete(call);
    }
  });
  const end = endWithClient(served, calls);
  // A message beyond the transport's bound closes it, and stdin would then never be seen to end.
  server.onclose = end;
  server.onerror = (error) => {
    process.stderr.write(`${served.name} server: ${firstLine(error.message)}\n`);
  };
  await server.connect(new StdioServerTransport());
}

function callTool(served: StdioServer, request: CallToolRequest, extra: Extra): Promise<CallToolResult> {
  const { name, arguments: given, _meta } = request.params;
  const tool = served.tools.find(({ definition }) => definition.name === name);
  if (tool === undefined) {
    const names = served.tools.map(({ definition }) => definition.name).join(", ");
    throw new McpError(
      ErrorCode.InvalidParams,
      `Unknown tool ${JSON.stringify(name)}; this server has: ${names}`,
    );
  }
  const progressToken = _meta?.progressToken;
  let isSending = false;
  const send = (progress: Progress): void => {
    // A client that does not read gets no queue of old news.
    if (progressToken === undefined || isSending) return;
    isSending = true;
    const sent = extra.sendNotification({
      method: "notifications/progress",
      params: { progressToken, ...progress },
    });
    const done = (): void => {
      isSending = false;
    };
    // It fails when the client has gone, and that ends the call by the way of stdin.
    sent.then(done, done);
  };
  return tool.call(given ?? {}, {
    cancelled: extra.signal,
    progress: progressToken === undefined ? undefined : send,
  });
}

/** A stdio server's client ends it by closing its stdin (MCP, Transports, stdio: Shutdown), or by a signal. */
function endWithClient(served: StdioServer, calls: ReadonlySet<Promise<unknown>>): () => void {
  let isEnding = false;
  const end = async (): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    const settled = served.close().then(() => Promise.allSettled(calls));
    await Promise.race([settled.then(flushStdout), Bun.sleep(limits.shellEndMsMax)]);
    process.exit(0);
  };
  process.on("exit", () => served.killNow());
  process.stdin.on("end", end);
  process.stdin.on("close", end);
  process.stdin.on("error", end);
  process.stdout.on("error", end);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, end);
  return end;
}

const errorCharactersMax = 200;

function firstLine(message: string): string {
  return (message.split("\n", 1)[0] ?? "").slice(0, errorCharactersMax);
}

/** Answers of the calls that just ended may still be on their way out. */
async function flushStdout(): Promise<void> {
  // The answer to a call is written in the turns after its promise settled.
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => process.stdout.write("", resolve));
}
