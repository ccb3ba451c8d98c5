/** A backend of the session revisions, made with SDK v1: low-level, so that definitions reach the wire as they are. */
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolRequestSchema,
  CancelTaskRequestSchema,
  CompleteRequestSchema,
  GetPromptRequestSchema,
  GetTaskPayloadRequestSchema,
  GetTaskRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListTasksRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  ResultSchema,
  type ServerNotification,
  type ServerRequest,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { callTool, getPrompt, type Question, readResource, type Serving } from "./behaviour.ts";
import { capabilities, type JsonObject, objectAt, pageOf, type World } from "./vocabulary.ts";

const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** All connections of one process: a change is told on each. */
export class SessionServers {
  readonly world: World;
  readonly #reset: () => void;
  /** Each with the resources that were subscribed to on it. */
  readonly #open = new Map<Server, Set<string>>();

  constructor(world: World, reset: () => void) {
    this.world = world;
    world.taskTools = [
      { name: "work", inputSchema: { type: "object" }, execution: { taskSupport: "required" } },
    ];
    this.#reset = reset;
  }

  /** Serves one connection, and keeps what comes on it. */
  async serve(transport: Transport): Promise<Server> {
    const server = new Server(
      { name: this.world.server, version: "1.2.3" },
      { capabilities: { ...capabilities, tasks }, instructions: `instructions of ${this.world.server}` },
    );
    this.#handle(server);
    await server.connect(transport);
    const receive = transport.onmessage;
    transport.onmessage = (message, extra) => {
      this.world.seen.push({ ...message });
      receive?.call(transport, message, extra);
    };
    this.#open.set(server, new Set());
    server.onclose = () => this.#open.delete(server);
    return server;
  }

  #handle(server: Server): void {
    const { world } = this;
    const list = (key: string, items: () => readonly JsonObject[]) => (request: { params?: unknown }) => {
      const { page, ...more } = pageOf(items(), objectAt(request, "params")["cursor"]);
      return { [key]: page, ...more };
    };
    server.setRequestHandler(
      ListToolsRequestSchema,
      list("tools", () => world.toolList()),
    );
    server.setRequestHandler(
      ListResourcesRequestSchema,
      list("resources", () => world.resourceList()),
    );
    server.setRequestHandler(
      ListResourceTemplatesRequestSchema,
      list("resourceTemplates", () => world.templateList()),
    );
    server.setRequestHandler(
      ListPromptsRequestSchema,
      list("prompts", () => world.promptList()),
    );
    server.setRequestHandler(CallToolRequestSchema, (request, extra) =>
      callTool(this.#serving(request.params, extra)),
    );
    server.setRequestHandler(GetPromptRequestSchema, (request, extra) =>
      getPrompt(this.#serving(request.params, extra)),
    );
    server.setRequestHandler(ReadResourceRequestSchema, (request, extra) =>
      readResource(this.#serving(request.params, extra), -32002),
    );
    server.setRequestHandler(CompleteRequestSchema, (request) => world.completion(request.params));
    const { works } = world;
    const known = (task: JsonObject | undefined): JsonObject => {
      if (task === undefined) throw new McpError(-32602, "There is no such task");
      return task;
    };
    server.setRequestHandler(ListTasksRequestSchema, () => ({ tasks: works.list() }) as never); // As the table wrote them.
    server.setRequestHandler(GetTaskRequestSchema, ({ params }) => known(works.get(params.taskId)) as never);
    server.setRequestHandler(GetTaskPayloadRequestSchema, async ({ params }) =>
      known(await works.result(params.taskId)),
    );
    server.setRequestHandler(
      CancelTaskRequestSchema,
      ({ params }) => known(works.end(params.taskId, "cancelled")) as never,
    );
    server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
      this.#open.get(server)?.add(params.uri);
      return {};
    });
    server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
      this.#open.get(server)?.delete(params.uri);
      return {};
    });
  }

  #serving(params: JsonObject, extra: Extra): Serving {
    const notify = (method: string, told: JsonObject): Promise<void> =>
      extra.sendNotification({ method, params: told } as ServerNotification); // The tools say only what MCP has.
    return {
      world: this.world,
      params,
      meta: objectAt(params, "_meta"),
      signal: extra.signal,
      notify,
      log: (level, data) => notify("notifications/message", { level, logger: "matrix", data }),
      changed: (kind) => this.#tell(`notifications/${kind}/list_changed`, {}),
      updated: (uri) => this.#tell("notifications/resources/updated", { uri }, (watched) => watched.has(uri)),
      reset: this.#reset,
      ask: async (questions) => ({ answers: await askInTurn(questions, extra) }),
      askWatched: async (question) => {
        const reported: JsonObject[] = [];
        const onprogress = (progress: object): void => void reported.push({ ...progress });
        await extra.sendRequest(question as ServerRequest, ResultSchema, { onprogress }); // What the tool wrote.
        return reported;
      },
      withdraw: async (question) => {
        const leaving = new AbortController();
        const asking = extra.sendRequest(question as ServerRequest, ResultSchema, { signal: leaving.signal }); // What the tool wrote.
        leaving.abort("no longer needed");
        await asking.catch(() => undefined); // Taken back: that is its end.
      },
      fail: (code, message, data) => {
        throw Object.assign(new McpError(code, message, data), { message }); // Without the prefix the SDK puts before it.
      },
    };
  }

  #tell(
    method: string,
    params: JsonObject,
    who: (watched: ReadonlySet<string>) => boolean = () => true,
  ): void {
    for (const [server, watched] of this.#open)
      if (who(watched))
        void server.notification({ method, params } as ServerNotification).catch(() => undefined); // A connection that has gone hears nothing.
  }
}

async function askInTurn(questions: readonly Question[], extra: Extra): Promise<JsonObject[]> {
  const answers: JsonObject[] = [];
  for (const question of questions) {
    try {
      answers.push({ result: await extra.sendRequest(question as ServerRequest, ResultSchema) }); // What the scenario wrote.
    } catch (error) {
      if (!(error instanceof McpError)) throw error;
      answers.push({ error: { code: error.code, message: error.message, data: error.data } });
    }
  }
  return answers;
}
