/** What the tools do, apart from the two things that each era does in its own way: asking the client, and telling it. */
import { type JsonObject, type ListKind, objectAt, richResult, text, type World } from "./vocabulary.ts";

export interface Question {
  readonly method: string;
  readonly params: JsonObject;
}

/** How one request is served. */
export interface Serving {
  readonly world: World;
  readonly params: JsonObject;
  /** `_meta` as it came. */
  readonly meta: JsonObject;
  readonly signal: AbortSignal;
  notify(method: string, params: JsonObject): Promise<void>;
  log(level: string, data: unknown): Promise<void>;
  /** Tells every client of this process. */
  changed(kind: ListKind): void;
  updated(uri: string): void;
  reset(): void;
  /** The answers, as `{result}` or `{error}`; or, where a question ends the request, a result that asks. */
  ask(
    questions: readonly Question[],
  ): Promise<{ readonly answers: readonly JsonObject[] } | { readonly asking: JsonObject }>;
  /** Asks, and gives what the client reported meanwhile. */
  askWatched(question: Question): Promise<readonly JsonObject[]>;
  /** Asks, and takes the question back once it is on its way. */
  withdraw(question: Question): Promise<void>;
  fail(code: number, message: string, data: unknown): never;
}

/** The result of `tools/call`. */
export async function callTool(serving: Serving): Promise<JsonObject> {
  const { world, params, meta, signal } = serving;
  const args = objectAt(params, "arguments");
  const name = String(params["name"]);
  switch (name) {
    case "echo":
      return text(JSON.stringify({ arguments: args, _meta: meta }));
    case "fail":
      return serving.fail(Number(args["code"]), String(args["message"]), args["data"]);
    case "tool_error":
      return { ...text("it went wrong"), isError: true };
    case "rich":
      return richResult;
    case "typed":
      return { ...text("here"), structuredContent: { region: args["region"] ?? "nowhere" } };
    case "progress":
      return await progress(serving, Number(args["count"]), args["untilTold"] === true);
    case "release":
      world.release();
      return text("released");
    case "log":
      for (const level of args["levels"] as string[])
        await serving.log(level, `${String(args["nonce"])} ${level}`); // As the scenario wrote them.
      return text("logged");
    case "ask":
      return await asked(serving, args["requests"] as Question[], ({ answers }) =>
        text(JSON.stringify(answers)),
      ); // As above.
    case "ask_watched":
      return text(JSON.stringify(await serving.askWatched(sampling)));
    case "withdraw":
      await serving.withdraw({
        method: "sampling/createMessage",
        params: { messages: [], maxTokens: 1, _meta: { key: args["key"] } },
      });
      return text("withdrawn");
    case "complete":
      await serving.notify("notifications/elicitation/complete", { elicitationId: args["elicitationId"] });
      return text("said");
    case "page_first": {
      const nonce = String(args["nonce"]);
      if (world.pages.has(nonce)) return text("the page was opened");
      world.pages.add(nonce);
      const page = { mode: "url", message: nonce, url: `https://example.com/${nonce}`, elicitationId: nonce };
      return serving.fail(-32042, "Open the page first", { elicitations: [page] });
    }
    case "work":
      return { task: world.works.begin(objectAt(params, "task")["ttl"], args["nonce"]) };
    case "end_work": {
      const ended = world.works.end(args["taskId"], "completed");
      if (ended === undefined) return text("no such task");
      await serving.notify("notifications/tasks/status", ended);
      return text("ended");
    }
    case "hang":
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      world.seen.push({ method: "(aborted)", params: args });
      return text("too late");
    case "change": {
      const kind = args["kind"] as ListKind; // As above.
      world.added[kind].push(String(args["name"]));
      serving.changed(kind);
      return text("changed");
    }
    case "update":
      serving.updated(String(args["uri"]));
      return text("said");
    case "seen":
      return text(
        JSON.stringify(world.seen.filter((one) => JSON.stringify(one).includes(String(args["text"])))),
      );
    case "reset":
      serving.reset();
      return text("nobody hears this on a connection that is gone");
    default:
      if (world.added.tools.includes(name)) return text(name);
      return serving.fail(-32602, `Unknown tool: ${name}`, undefined);
  }
}

async function progress(serving: Serving, count: number, untilTold: boolean): Promise<JsonObject> {
  const { progressToken } = serving.meta;
  for (let step = 1; step <= count && progressToken !== undefined; step += 1) {
    const message = `step ${step}`;
    const isWaited = step === 1 && untilTold;
    const released = new Promise<void>((resolve) => {
      if (isWaited) serving.world.release = resolve;
      else resolve();
    });
    await serving.notify("notifications/progress", { progressToken, progress: step, total: count, message });
    await released;
  }
  return text(progressToken === undefined ? "not asked to report" : `reported ${count}`);
}

async function asked(
  serving: Serving,
  questions: readonly Question[],
  done: (outcome: { readonly answers: readonly JsonObject[] }) => JsonObject,
): Promise<JsonObject> {
  const outcome = await serving.ask(questions);
  return "asking" in outcome ? outcome.asking : done(outcome);
}

const sampling: Question = { method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } };

const nameForm: Question = {
  method: "elicitation/create",
  params: {
    message: "Your name?",
    requestedSchema: { type: "object", properties: { name: { type: "string" } } },
  },
};

/** The result of `prompts/get`; the prompt `asks` asks first. */
export async function getPrompt(serving: Serving): Promise<JsonObject> {
  const { world, params } = serving;
  const name = String(params["name"]);
  if (name === "asks")
    return await asked(serving, [nameForm], ({ answers }) =>
      world.greeting({ who: JSON.stringify(answers) }),
    );
  if (!world.promptList().some((prompt) => prompt["name"] === name))
    return serving.fail(-32602, `Unknown prompt: ${name}`, undefined);
  return world.greeting(objectAt(params, "arguments"));
}

/** The result of `resources/read`; the resource `asks` asks first. */
export async function readResource(serving: Serving, notFound: number): Promise<JsonObject> {
  const { world, params } = serving;
  const uri = String(params["uri"]);
  const content = world.read(uri);
  if (content === undefined) return serving.fail(notFound, "Resource not found", { uri });
  if (uri !== world.uri("asks")) return { contents: [content] };
  return await asked(serving, [nameForm], ({ answers }) => ({
    contents: [{ ...content, text: JSON.stringify(answers) }],
  }));
}
