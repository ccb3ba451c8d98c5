/** An MCP client as the benchmark needs it: one session, several lanes that each carry one request at a time. */
import { checkCall, type ListPage, readList } from "./answers.ts";

export interface Reply {
  readonly id: number;
  /** The JSON-RPC message, not read yet. */
  readonly body: Buffer;
}

export interface BenchClient {
  ask(lane: number, method: string, params: object): Promise<Reply>;
  /** Requests that wait fail. */
  close(): void;
}

export const clientInfo = { name: "bench", version: "1" };
export const sessionRevision = "2025-06-18";

export const initializeParams = { protocolVersion: sessionRevision, capabilities: {}, clientInfo };

export const initializedNotification = JSON.stringify({
  jsonrpc: "2.0",
  method: "notifications/initialized",
});

export function requestText(id: number, method: string, params: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

/** Calls a tool and checks the answer. @throws WrongAnswer, CallFailed or what broke the connection */
export async function call(
  client: BenchClient,
  lane: number,
  tool: string,
  args: object,
  expected: string,
): Promise<void> {
  const { id, body } = await client.ask(lane, "tools/call", { name: tool, arguments: args });
  checkCall(body, id, expected);
}

export interface Listed {
  readonly names: readonly string[];
  /** Until the bytes were there. */
  readonly arrivedMs: number;
  /** Until the client had read them, which is its own cost. */
  readonly readMs: number;
}

const pagesMax = 1_000;

/** All tools, page by page. */
export async function listTools(client: BenchClient): Promise<Listed> {
  const names: string[] = [];
  let arrivedMs = 0;
  let readMs = 0;
  let cursor: string | undefined;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const startedMs = performance.now();
    const { id, body } = await client.ask(0, "tools/list", cursor === undefined ? {} : { cursor });
    arrivedMs += performance.now() - startedMs;
    const page: ListPage = readList(body, id);
    readMs += performance.now() - startedMs;
    names.push(...page.names);
    cursor = page.nextCursor;
    if (cursor === undefined) return { names, arrivedMs, readMs };
  }
  throw new Error(`a list of more than ${pagesMax} pages`);
}
