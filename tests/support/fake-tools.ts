/** The tools of the scripted backends: each one is a way to behave, well or badly. */
import type { FakeServer } from "./fake-server.ts";

type Arguments = Readonly<Record<string, unknown>>;
type Id = string | number;

interface Call {
  readonly server: FakeServer;
  readonly id: Id;
  readonly args: Arguments;
  readonly progressToken: unknown;
}

type Behaviour = (call: Call) => void | Promise<void>;

const behaviours: Readonly<Record<string, readonly [description: string, behaviour: Behaviour]>> = {
  echo: [
    "Answers with its arguments; {nonce, ms?}.",
    async (call) => {
      await Bun.sleep(numberOf(call.args["ms"], 0));
      text(call, JSON.stringify(call.args));
    },
  ],
  whoami: [
    "Answers with the name and the process id of the backend.",
    (call) => text(call, JSON.stringify({ name: call.server.options.name, pid: process.pid })),
  ],
  environment: [
    "Answers with one environment variable; {name}.",
    (call) => text(call, String(process.env[String(call.args["name"])])),
  ],
  directory: ["Answers with its working directory.", (call) => text(call, process.cwd())],
  received: [
    "Answers with every message that came; {method?}.",
    (call) => {
      const { method } = call.args;
      text(
        call,
        JSON.stringify(
          call.server.received.filter((message) => method === undefined || message.method === method),
        ),
      );
    },
  ],
  lines: [
    "Answers with the lines that came on stdio and hold a text, as they came; {containing}.",
    (call) =>
      text(
        call,
        call.server.lines.filter((line) => line.includes(String(call.args["containing"]))).join("\n"),
      ),
  ],
  hang: ["Never answers.", () => undefined],
  crash: [
    "Ends the process in mid call; {code?} or {signal?}.",
    (call) => {
      const { signal, code } = call.args;
      if (typeof signal === "string") process.kill(process.pid, signal);
      else process.exit(numberOf(code, 1));
    },
  ],
  fail: [
    "Answers with a JSON-RPC error; {code, message, data?}.",
    (call) =>
      call.server.fail(
        call.id,
        numberOf(call.args["code"], -32000),
        String(call.args["message"]),
        call.args["data"],
      ),
  ],
  tool_error: [
    "Answers with isError.",
    (call) =>
      call.server.reply(call.id, { content: [{ type: "text", text: "it went wrong" }], isError: true }),
  ],
  exact: [
    "Answers with exactly these bytes as result; {result}.",
    (call) =>
      raw(call, `{"jsonrpc":"2.0","id":${JSON.stringify(call.id)},"result":${String(call.args["result"])}}`),
  ],
  exact_message: [
    "Writes exactly this line, ID standing for the id; {line}.",
    (call) => raw(call, String(call.args["line"]).replaceAll("ID", JSON.stringify(call.id))),
  ],
  big: [
    "Answers with this many bytes of text; {bytes}.",
    (call) => text(call, "x".repeat(numberOf(call.args["bytes"], 1))),
  ],
  wrong_id: [
    "Answers under an id nobody asked with, then never.",
    (call) => raw(call, '{"jsonrpc":"2.0","id":987654321,"result":{"content":[]}}'),
  ],
  twice: [
    "Answers twice.",
    (call) => {
      text(call, "first");
      text(call, "second");
    },
  ],
  progress: [
    "Reports progress {count} times, then answers.",
    async (call) => {
      const count = numberOf(call.args["count"], 3);
      for (let step = 1; step <= count && call.progressToken !== undefined; step += 1) {
        call.server.notify(
          "notifications/progress",
          { progressToken: call.progressToken, progress: step, total: count, message: `step ${step}` },
          call.id,
        );
        await Bun.sleep(numberOf(call.args["everyMs"], 0));
      }
      text(call, `progressed ${count}`);
    },
  ],
  log: [
    "Logs {count} lines at {level}, then answers.",
    (call) => {
      for (let index = 0; index < numberOf(call.args["count"], 1); index += 1) {
        call.server.notify(
          "notifications/message",
          {
            level: call.args["level"] ?? "info",
            logger: "fake",
            data: `${String(call.args["nonce"] ?? "line")} ${index}`,
          },
          call.id,
        );
      }
      text(call, "logged");
    },
  ],
  add_tool: [
    "Adds a tool and says list_changed {times}; {name}.",
    (call) => {
      call.server.extraTools.push(String(call.args["name"]));
      for (let index = 0; index < numberOf(call.args["times"], 1); index += 1)
        call.server.notify("notifications/tools/list_changed", {});
      text(call, "added");
    },
  ],
  updated: [
    "Says resources/updated; {uri}.",
    (call) => {
      call.server.notify("notifications/resources/updated", { uri: call.args["uri"] });
      text(call, "updated");
    },
  ],
  ask_client: [
    "Sends {method, params} to the client and answers with what came back.",
    async (call) => {
      text(
        call,
        JSON.stringify(
          await call.server.request(String(call.args["method"]), call.args["params"] ?? {}, call.id),
        ),
      );
    },
  ],
  need_client: [
    "Sends {method, params} to the client and fails with what it was told when that is an error.",
    async (call) => {
      const { method, params } = call.args;
      const { error } = await call.server.request(String(method), params ?? {}, call.id);
      if (error === undefined) return text(call, "had it");
      const message = `MCP error: ${String(record(error)["message"])}`;
      call.server.reply(call.id, { content: [{ type: "text", text: message }], isError: true });
    },
  ],
  ask_many: [
    "Sends {requests} to the client, all at once or {inTurn}, and answers with what came back.",
    async (call) => {
      const requests = (call.args["requests"] ?? []) as { method: string; params?: unknown }[]; // As the test wrote them.
      const ask = ({ method, params }: (typeof requests)[number]) =>
        call.server.request(method, params ?? {}, call.id);
      const answers: unknown[] = [];
      if (call.args["inTurn"] === true) for (const request of requests) answers.push(await ask(request));
      else answers.push(...(await Promise.all(requests.map(ask))));
      text(call, JSON.stringify(answers));
    },
  ],
  junk: [
    "Writes {count} lines of junk and then answers.",
    (call) => {
      for (let index = 0; index < numberOf(call.args["count"], 1); index += 1)
        process.stdout.write(`junk ${index}\n`);
      text(call, "after junk");
    },
  ],
  huge_line: [
    "Writes one line of {bytes} bytes that is no message, then answers.",
    (call) => {
      process.stdout.write(`${"y".repeat(numberOf(call.args["bytes"], 1))}\n`);
      text(call, "after huge");
    },
  ],
  split: [
    "Writes its answer in two pieces, cut inside a character.",
    async (call) => {
      const bytes = Buffer.from(
        `${JSON.stringify({ jsonrpc: "2.0", id: call.id, result: { content: [{ type: "text", text: "é漢😀" }] } })}\n`,
      );
      const cut = bytes.indexOf(0xf0) + 2;
      process.stdout.write(bytes.subarray(0, cut));
      await Bun.sleep(20);
      process.stdout.write(bytes.subarray(cut));
    },
  ],
  stderr: [
    "Writes {count} lines to stderr.",
    (call) => {
      for (let index = 0; index < numberOf(call.args["count"], 1); index += 1)
        process.stderr.write(`${String(call.args["line"] ?? "stderr")} ${index}\n`);
      text(call, "written");
    },
  ],
  grandchild: [
    "Starts a child that ignores SIGTERM; {setsid?}. Answers with its pid.",
    (call) => text(call, String(spawnGrandchild(call.args["setsid"] === true))),
  ],
};

export const fakeTools: readonly unknown[] = Object.entries(behaviours).map(([name, [description]]) => ({
  name,
  description,
  inputSchema: { type: "object" },
}));

export function callTool(server: FakeServer, id: Id, params: Arguments): void {
  const name = String(params["name"]);
  const call: Call = {
    server,
    id,
    args: record(params["arguments"]),
    progressToken: record(params["_meta"])["progressToken"],
  };
  const behaviour = behaviours[name]?.[1];
  if (behaviour !== undefined) void behaviour(call);
  else if (name.startsWith("tool_") || server.extraTools.includes(name)) text(call, name);
  else server.fail(id, -32602, `Unknown tool: ${name}`);
}

/** A process that a polite stop does not end. */
export function spawnGrandchild(ownSession: boolean): number {
  const script = "trap '' TERM HUP INT; while :; do sleep 1; done";
  return Bun.spawn(["sh", "-c", script], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
    detached: ownSession,
    env: process.env,
  }).pid;
}

function text(call: Call, content: string): void {
  call.server.reply(call.id, { content: [{ type: "text", text: content }] });
}

function raw(call: Call, line: string): void {
  call.server.send(line, call.id);
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function record(value: unknown): Arguments {
  // A JSON object, or something without the fields that are looked up.
  return typeof value === "object" && value !== null ? (value as Arguments) : {};
}
