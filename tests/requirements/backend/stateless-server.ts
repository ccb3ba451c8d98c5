/** A backend of revision 2026-07-28, made with SDK v2: over HTTP, or as a program on stdio. */
import { inputRequired, ProtocolError, Server, type ServerContext } from "@modelcontextprotocol/server";
import { callTool, getPrompt, type Question, readResource, type Serving } from "./behaviour.ts";
import { capabilities, type JsonObject, type ListKind, objectAt, pageOf, type World } from "./vocabulary.ts";

/** How this process tells those who listen. */
export interface Publisher {
  changed(server: Server, kind: ListKind): void;
  updated(server: Server, uri: string): void;
  reset(): void;
}

const cached = { ttlMs: 7_000, cacheScope: "public" as const };

/** One server, for one request over HTTP and for one connection on stdio. */
export function statelessServer(world: World, publisher: Publisher): Server {
  const server = new Server(
    { name: world.server, version: "1.2.3" },
    { capabilities, instructions: `instructions of ${world.server}` },
  );
  const list = (key: string, items: () => readonly JsonObject[]) => (request: { params?: unknown }) => {
    const { page, ...more } = pageOf(items(), objectAt(request, "params")["cursor"]);
    return { [key]: page, ...more, ...cached } as never; // The vocabulary's items have members that no type knows.
  };
  const serving = (request: { params: object }, context: ServerContext) =>
    servingOf({ world, publisher, server, params: { ...request.params }, context });
  server.setRequestHandler(
    "tools/list",
    list("tools", () => world.toolList()),
  );
  server.setRequestHandler(
    "resources/list",
    list("resources", () => world.resourceList()),
  );
  server.setRequestHandler(
    "resources/templates/list",
    list("resourceTemplates", () => world.templateList()),
  );
  server.setRequestHandler(
    "prompts/list",
    list("prompts", () => world.promptList()),
  );
  server.setRequestHandler(
    "tools/call",
    async (request, context) => (await callTool(serving(request, context))) as never,
  ); // As above.
  server.setRequestHandler(
    "prompts/get",
    async (request, context) => (await getPrompt(serving(request, context))) as never,
  );
  server.setRequestHandler(
    "resources/read",
    async (request, context) =>
      ({ ...(await readResource(serving(request, context), -32602)), ...cached }) as never,
  );
  server.setRequestHandler(
    "completion/complete",
    (request) => world.completion({ ...request.params }) as never,
  );
  return server;
}

interface Parts {
  readonly world: World;
  readonly publisher: Publisher;
  readonly server: Server;
  readonly params: JsonObject;
  readonly context: ServerContext;
}

function servingOf({ world, publisher, server, params, context }: Parts): Serving {
  const { mcpReq } = context;
  return {
    world,
    params,
    // What the SDK lifted out of `_meta` is part of what came.
    meta: { ...(mcpReq._meta as JsonObject | undefined), ...(mcpReq.envelope as JsonObject | undefined) },
    signal: mcpReq.signal,
    notify: (method, told) => mcpReq.notify({ method, params: told } as never), // The tools say only what MCP has.
    log: (level, data) => mcpReq.log(level as "info", data, "matrix"), // A level of the scenario's.
    changed: (kind) => publisher.changed(server, kind),
    updated: (uri) => publisher.updated(server, uri),
    reset: () => publisher.reset(),
    ask: async (questions) => ask(questions, mcpReq),
    askWatched: () => Promise.reject(new ProtocolError(-32601, "There is nothing to watch.")),
    withdraw: () => Promise.reject(new ProtocolError(-32601, "There is nothing to take back.")),
    fail: (code, message, data) => {
      throw new ProtocolError(code, message, data);
    },
  };
}

/** One question a round: the state counts what was answered. */
function ask(
  questions: readonly Question[],
  { inputResponses, requestState }: ServerContext["mcpReq"],
): { answers: readonly JsonObject[] } | { asking: JsonObject } {
  const before = JSON.parse(String(requestState() ?? "[]")) as JsonObject[]; // Our own, brought back.
  const answer = inputResponses?.["question"];
  const answers = answer === undefined ? before : [...before, { result: answer }];
  const next = questions[answers.length];
  if (next === undefined) return { answers };
  const asking = inputRequired({
    inputRequests: { question: next as never }, // What the scenario wrote.
    requestState: JSON.stringify(answers),
  });
  return { asking: asking as unknown as JsonObject }; // A plain object.
}
