/** An MCP server of a few tools on stdio, which ends promptly, and leaves nothing behind, when its client goes. */

import { messageOf } from "@mcp-gateway/kit/errors";
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
import { randomHex } from "./call-tag.ts";
import { Audit } from "./policy/audit.ts";
import type { ShellPolicy } from "./policy/policy.ts";
import { takeUpPolicy } from "./policy/take-up.ts";
import { toldPolicy } from "./policy/told-policy.ts";
import type { Progress } from "./progress.ts";
import { faultResult } from "./result.ts";
import { StartFault } from "./start-fault.ts";

export interface CallContext {
  /** Aborted when the client cancels the call. */
  readonly cancelled: AbortSignal;
  /** Present when the client asked for progress. */
  readonly progress: ((progress: Progress) => void) | undefined;
}

export interface ServedTool {
  readonly definition: Tool;
  /** @throws StartFault when nothing was run: told to the client as an error of the tool */
  call(given: unknown, context: CallContext): Promise<CallToolResult>;
}

export interface StdioServer {
  readonly name: string;
  readonly title: string;
  readonly instructions: string;
  readonly tools: readonly ServedTool[];
  /** What `readOptions` gave; the server does not start when it can't be kept. */
  readonly policy?: ShellPolicy | undefined;
  /** Ends all that runs; calls in flight return soon after. */
  close(): Promise<void>;
  /** For the last moment of this process. */
  killNow(): void;
}

type Extra = Parameters<Parameters<Server["setRequestHandler"]>[1]>[1];

/** It would check what users are asked for, and these servers ask for nothing; the default one takes long to make. */
const noValidator = {
  getValidator(): never {
    throw new Error("This server asks its users for nothing.");
  },
};

export async function serveStdio(served: StdioServer): Promise<void> {
  const taken = takeUp(served);
  if (typeof taken === "string") {
    process.stderr.write(`${served.name} server: ${taken}\n`);
    process.exitCode = 2;
    return;
  }
  const calls = new Set<Promise<unknown>>();
  const server = new Server(
    { name: served.name, title: served.title, version },
    {
      capabilities: { tools: {} },
      instructions: [
        served.instructions,
        ...(served.policy === undefined ? [] : toldPolicy(served.policy)),
      ].join("\n"),
      jsonSchemaValidator: noValidator,
    },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: served.tools.map(({ definition }) => definition),
  }));
  server.setRequestHandler(CallToolRequestSchema, async (request, extra) => {
    const call = callTool(served, taken.audit, request, extra);
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

/** @returns why the server must not start, or what it needs to keep its policy */
function takeUp({ policy, name }: StdioServer): string | { readonly audit: Audit | undefined } {
  if (policy === undefined) return { audit: undefined };
  const fault = takeUpPolicy(policy);
  if (fault !== undefined) return fault;
  if (policy.audit === undefined) return { audit: undefined };
  try {
    const audit = new Audit(policy.audit, name, randomHex(4));
    audit.note("start", { version });
    return { audit };
  } catch (error) {
    return messageOf(error);
  }
}

async function callTool(
  served: StdioServer,
  audit: Audit | undefined,
  request: CallToolRequest,
  extra: Extra,
): Promise<CallToolResult> {
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
  try {
    return await audited(served, audit, name, given, () =>
      tool.call(given ?? {}, {
        cancelled: extra.signal,
        progress: progressToken === undefined ? undefined : send,
      }),
    );
  } catch (error) {
    if (error instanceof StartFault) return faultResult(error.message);
    throw error;
  }
}

/** A call that can't be written down is not made. */
async function audited(
  served: StdioServer,
  audit: Audit | undefined,
  tool: string,
  given: unknown,
  call: () => Promise<CallToolResult>,
): Promise<CallToolResult> {
  if (audit === undefined) return call();
  const end = audit.begin(tool, given);
  const tellEnd: typeof end = (result) => {
    try {
      end(result);
    } catch (error) {
      // The call was made and its beginning is written; a second fault must not take its result away.
      process.stderr.write(`${served.name} server: ${messageOf(error)}\n`);
    }
  };
  try {
    const result = await call();
    tellEnd(result);
    return result;
  } catch (error) {
    tellEnd(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
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
