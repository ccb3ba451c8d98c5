/**
 * A stdio server of revision 2025-11-25 whose task ids are counted, so that two of them, or two runs of one, give out
 * the same ids. Its one tool `work` makes a task that is over when `tasks/result` was asked for and, with `ask: true`,
 * its question was answered. It notes what it is told to cancel, and the tool `cancelled` says it. The tool `forge`
 * reports progress on every call there could be, its own or not.
 */
interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly taskId?: string;
    readonly arguments?: { readonly ask?: boolean };
    readonly task?: object;
    readonly _meta?: { readonly progressToken?: unknown };
  };
  readonly result?: object;
}

const related = "io.modelcontextprotocol/related-task";
const asking = new Set<string>();
const waiting = new Map<string, number | string>();
const tokens = new Map<string, unknown>();
const cancelled: string[] = [];
let made = 0;

function write(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

function task(taskId: string, status = "working"): object {
  const at = "2026-01-01T00:00:00Z";
  return { taskId, status, createdAt: at, lastUpdatedAt: at, ttl: null };
}

function call(
  id: number | string,
  { name, arguments: args, task: wanted, _meta }: Message["params"] & object,
): object {
  if (name === "cancelled")
    return { id, result: { content: [{ type: "text", text: JSON.stringify(cancelled) }] } };
  if (name === "forge") return forge(id);
  if (wanted === undefined) return { id, error: { code: -32601, message: "work needs a task" } };
  made += 1;
  const taskId = `task-${made}`;
  if (args?.ask === true) asking.add(taskId);
  if (_meta?.progressToken !== undefined) tokens.set(taskId, _meta.progressToken);
  return { id, result: { task: task(taskId) } };
}

function forge(id: number | string): object {
  for (let link = 0; link < 4; link += 1)
    for (let number = 0; number < 100; number += 1)
      write({
        method: "notifications/progress",
        params: { progressToken: `${link}.${number}`, progress: 99 },
      });
  return { id, result: { content: [{ type: "text", text: "forged" }] } };
}

function finish(taskId: string, answer: object): void {
  const id = waiting.get(taskId);
  const text = JSON.stringify({ taskId, answer });
  if (id !== undefined)
    write({ id, result: { content: [{ type: "text", text }], _meta: { [related]: { taskId } } } });
}

function wait(id: number | string, taskId: string): void {
  waiting.set(taskId, id);
  if (tokens.has(taskId))
    write({ method: "notifications/progress", params: { progressToken: tokens.get(taskId), progress: 1 } });
  if (!asking.has(taskId)) return finish(taskId, {});
  const requestedSchema = { type: "object", properties: {} };
  const params = { message: taskId, requestedSchema, _meta: { [related]: { taskId } } };
  write({ id: `ask ${taskId}`, method: "elicitation/create", params });
}

function answerTo(method: string | undefined): object {
  if (method === "initialize")
    return {
      protocolVersion: "2025-11-25",
      capabilities: { tools: {}, tasks: { requests: { tools: { call: {} } }, cancel: {} } },
      serverInfo: { name: "counting", version: "1" },
    };
  if (method === "tools/list")
    return {
      tools: [
        { name: "work", inputSchema: { type: "object" }, execution: { taskSupport: "required" } },
        { name: "cancelled", inputSchema: { type: "object" } },
        { name: "forge", inputSchema: { type: "object" } },
      ],
    };
  return {};
}

function take({ id, method, params, result }: Message): void {
  if (id === undefined) return;
  const taskId = params?.taskId ?? "";
  const isKnown = Number(taskId.slice(5)) <= made;
  if (result !== undefined) return finish(String(id).slice(4), result);
  if (method === "tools/call" && params !== undefined) return write(call(id, params));
  if (method?.startsWith("tasks/") === true && !isKnown)
    return write({ id, error: { code: -32602, message: "no such task" } });
  if (method === "tasks/cancel") cancelled.push(taskId);
  if (method === "tasks/result") return wait(id, taskId);
  const status = method === "tasks/cancel" ? "cancelled" : "working";
  write({ id, result: method?.startsWith("tasks/") === true ? task(taskId, status) : answerTo(method) });
}

const decoder = new TextDecoder();
let rest = "";
for await (const chunk of process.stdin) {
  const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) take(JSON.parse(line) as Message); // Sent by the gateway under test: JSON or a visible fault.
}
process.exit(0);
