/**
 * A server of revision 2026-07-28 with the tasks extension, written by hand from its specification, with the tools
 * that the official suite's scenarios for the extension name. It checks headers and declarations of each request.
 * Its tool `rude` answers with a task whether its client has declared the extension or not.
 *
 *   --port N    as a program
 */
import { parseArgs } from "node:util";
import { type TaskAnswer, type TaskQuestions, TaskStore } from "./task-store.ts";

type JsonObject = Readonly<Record<string, unknown>>;

export interface TaskServer extends AsyncDisposable {
  readonly url: string;
  /** Every message that came, oldest first. */
  readonly seen: readonly { readonly message: Message; readonly headers: Readonly<Record<string, string>> }[];
  /** Ends every stream that listens. */
  dropListeners(): void;
}

interface Message {
  readonly id?: string | number;
  readonly method: string;
  readonly params?: JsonObject;
}

const prefix = "io.modelcontextprotocol/";
const extension = `${prefix}tasks`;
const revision = "2026-07-28";

class Refusal extends Error {
  readonly code: number;
  readonly status: number;
  readonly data: unknown;

  constructor(code: number, message: string, status = 200, data?: unknown) {
    super(message);
    this.code = code;
    this.status = status;
    this.data = data;
  }
}

const text = (words: string): JsonObject => ({ content: [{ type: "text", text: words }] });
const ask = (message: string): JsonObject => ({
  method: "elicitation/create",
  params: {
    mode: "form",
    message,
    requestedSchema: { type: "object", properties: { value: { type: "string" } } },
  },
});

interface Tool {
  readonly needsTask?: true;
  /** Asked before there is a task. */
  readonly first?: TaskQuestions;
  readonly asks?: TaskQuestions;
  readonly run: (args: JsonObject, answers: JsonObject) => Promise<TaskAnswer>;
}

const soon = (): Promise<void> => Bun.sleep(50);
const tools: Readonly<Record<string, Tool>> = {
  slow_compute: {
    run: async (args) => {
      await Bun.sleep(Number(args["seconds"] ?? 0) * 1_000);
      return { result: { ...text("computed"), big: 12345678901234567890n } };
    },
  },
  failing_job: {
    needsTask: true,
    run: async () => {
      await soon();
      return { result: { ...text("it failed"), isError: true } };
    },
  },
  protocol_error_job: {
    run: async () => {
      await soon();
      return { error: { code: -32603, message: "it broke" } };
    },
  },
  confirm_delete: {
    asks: { confirm: ask("Sure?") },
    run: async (_, answers) => ({ result: text(`deleted: ${JSON.stringify(answers)}`) }),
  },
  multi_input: {
    asks: { one: ask("One?"), two: ask("Two?") },
    run: async (_, answers) => ({ result: text(`both: ${JSON.stringify(answers)}`) }),
  },
  test_tool_with_task: {
    needsTask: true,
    first: { user_name: ask("Who?") },
    run: async (_, answers) => ({ result: text(`hello ${JSON.stringify(answers)}`) }),
  },
};

/** Digits that no double holds must arrive as they are; `JSON.stringify` has no spelling for them. */
function toText(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `\u0000${one}` : one)).replace(
    /"\\u0000(\d+)"/gu,
    "$1",
  );
}

export function startTaskServer(port = 0): TaskServer {
  const store = new TaskStore();
  const seen: { message: Message; headers: Record<string, string> }[] = [];

  async function call(params: JsonObject, hasTasks: boolean): Promise<JsonObject> {
    const name = String(params["name"]);
    const args = (params["arguments"] ?? {}) as JsonObject; // Looked at member by member.
    if (name === "rude") return store.create({}, async () => ({ result: text("rude") }));
    if (name === "greet") return text(`Hello, ${String(args["name"])}!`);
    const tool = tools[name];
    if (tool === undefined) throw new Refusal(-32602, `Unknown tool: ${name}`);
    if (tool.needsTask === true && !hasTasks) throw missingTasks();
    const answers = (params["inputResponses"] ?? {}) as JsonObject; // As above.
    if (tool.first !== undefined && params["requestState"] === undefined)
      return { resultType: "input_required", inputRequests: tool.first, requestState: "first" };
    if (hasTasks) return store.create(tool.asks ?? {}, (given) => tool.run(args, { ...answers, ...given }));
    const outcome = await tool.run(args, answers);
    if (outcome.error !== undefined) throw new Refusal(outcome.error.code, outcome.error.message);
    return outcome.result;
  }

  async function resultOf({ method, params = {} }: Message): Promise<JsonObject> {
    const meta = (params["_meta"] ?? {}) as Readonly<Record<string, JsonObject>>; // Checked by `check`.
    const declared = meta[`${prefix}clientCapabilities`]?.["extensions"];
    const hasTasks = typeof declared === "object" && declared !== null && extension in declared;
    if (taskMethods.includes(method) && !hasTasks) throw missingTasks();
    switch (method) {
      case "server/discover":
        return {
          supportedVersions: [revision],
          capabilities: {
            tools: {},
            extensions: { [extension]: {}, "com.example/unheard-of": {}, [`${prefix}ui`]: {} },
          },
          _meta: { [`${prefix}serverInfo`]: { name: "tasks", version: "1" } },
          ...{ ttlMs: 0, cacheScope: "private" },
        };
      case "tools/list": {
        const named = ["greet", "rude", ...Object.keys(tools)].map((name) => ({
          name,
          inputSchema: { type: "object" },
        }));
        return { tools: named, ttlMs: 0, cacheScope: "private" };
      }
      case "tools/call":
        return await call(params, hasTasks);
      case "tasks/get":
        return store.get(params["taskId"]) ?? unknownTask();
      case "tasks/update":
        return (
          store.update(params["taskId"], (params["inputResponses"] ?? {}) as JsonObject) ?? unknownTask()
        );
      case "tasks/cancel":
        return store.cancel(params["taskId"]) ?? unknownTask();
      default:
        throw new Refusal(-32601, `Unknown method: ${method}`, 404);
    }
  }

  function listen({ id, params = {} }: Message): Response {
    const wanted = (params["notifications"] ?? {}) as { readonly taskIds?: readonly string[] }; // The test's own.
    const known = (wanted.taskIds ?? []).filter((taskId) => store.get(taskId) !== undefined);
    const meta = { [`${prefix}subscriptionId`]: id };
    const encoder = new TextEncoder();
    let stop = (): void => undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const say = (method: string, told: JsonObject): void =>
          controller.enqueue(
            encoder.encode(
              `data: ${toText({ jsonrpc: "2.0", method, params: { ...told, _meta: meta } })}\n\n`,
            ),
          );
        say("notifications/subscriptions/acknowledged", { notifications: { taskIds: known } });
        stop = store.listen(
          (task) => {
            if (known.includes(String(task["taskId"]))) say("notifications/tasks", task);
          },
          () => controller.close(),
        );
      },
      cancel: () => stop(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port,
    idleTimeout: 120,
    fetch: async (request) => {
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const message = (await request.json()) as Message; // Sent by the gateway under test: JSON or a visible fault.
      const headers = Object.fromEntries(request.headers);
      seen.push({ message, headers });
      const envelope = { jsonrpc: "2.0", id: message.id };
      try {
        check(message, headers);
        if (message.method === "subscriptions/listen") return listen(message);
        const result = { resultType: "complete", ...(await resultOf(message)) };
        return new Response(toText({ ...envelope, result }), {
          headers: { "content-type": "application/json" },
        });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const { code, status, data } = error;
        return Response.json({ ...envelope, error: { code, message: error.message, data } }, { status });
      }
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/mcp`,
    seen,
    dropListeners: () => store.dropListeners(),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

const taskMethods: readonly string[] = ["tasks/get", "tasks/update", "tasks/cancel"];

function check({ method, params = {} }: Message, headers: Readonly<Record<string, string>>): void {
  const meta = (params["_meta"] ?? {}) as JsonObject; // Looked at key by key.
  for (const key of ["protocolVersion", "clientCapabilities"])
    if (meta[prefix + key] === undefined) throw new Refusal(-32602, `_meta has no ${key}`, 400);
  const name = taskMethods.includes(method) ? params["taskId"] : params["name"];
  const isWrong =
    headers["mcp-protocol-version"] !== revision ||
    headers["mcp-method"] !== method ||
    (typeof name === "string" && headers["mcp-name"] !== name);
  if (isWrong) throw new Refusal(-32020, "Header mismatch", 400);
}

function missingTasks(): Refusal {
  const requiredCapabilities = { extensions: { [extension]: {} } };
  return new Refusal(-32021, "Missing required client capability", 400, { requiredCapabilities });
}

function unknownTask(): never {
  throw new Refusal(-32602, "Failed to retrieve task: Task not found");
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });
  process.stderr.write(`listening on ${startTaskServer(Number(values.port)).url}\n`);
}
