/**
 * A stdio MCP server with one tool, `shuffle {nonce, steps}`, that holds all its calls in one pool and every few
 * milliseconds moves some of them on, in random order: a step of progress, and after the last one the answer.
 * Now and then it reports progress after the answer, answers again, or answers what nobody asked.
 *
 *   --seed N    the order of everything
 */
import { parseArgs } from "node:util";
import { random } from "../support/random.ts";

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly arguments?: { readonly nonce: string; readonly steps: number };
    readonly _meta?: { readonly progressToken?: string };
  };
}

interface Held {
  readonly id: number;
  readonly nonce: string;
  readonly steps: number;
  readonly token: string | undefined;
  done: number;
}

const { values: flags } = parseArgs({ options: { seed: { type: "string", default: "1" } } });
const dice = random(Number(flags.seed));
const everyMs = 4;
let pool: Held[] = [];
let lines: string[] = [];

const tool = { name: "shuffle", inputSchema: { type: "object" } };
const greeting = {
  protocolVersion: "2025-11-25",
  capabilities: { tools: {} },
  serverInfo: { name: "shuffling", version: "1" },
};

function write(message: object): void {
  lines.push(JSON.stringify({ jsonrpc: "2.0", ...message }));
}

function flush(): void {
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
  lines = [];
}

function take({ id, method, params }: Message): void {
  if (id === undefined) return;
  if (method === "initialize") write({ id, result: greeting });
  else if (method === "tools/list") write({ id, result: { tools: [tool] } });
  else if (method === "ping") write({ id, result: {} });
  else if (method === "tools/call" && params?.arguments !== undefined)
    pool.push({ id, ...params.arguments, token: params._meta?.progressToken, done: 0 });
  else write({ id, error: { code: -32601, message: `Method not found: ${String(method)}` } });
}

function progress({ token, nonce }: Held, step: number): void {
  if (token !== undefined)
    write({
      method: "notifications/progress",
      params: { progressToken: token, progress: step, message: nonce },
    });
}

function advance(call: Held): void {
  if (call.done < call.steps) {
    call.done += 1;
    progress(call, call.done);
    pool.push(call);
    return;
  }
  const answer = { id: call.id, result: { content: [{ type: "text", text: call.nonce }] } };
  write(answer);
  const odd = dice.below(40);
  if (odd === 0) progress(call, call.done + 1);
  else if (odd === 1) write(answer);
  else if (odd === 2) write({ ...answer, id: call.id + 1_000_000 });
}

setInterval(() => {
  const all = dice.shuffled(pool);
  const moving = Math.ceil(all.length * (0.3 + dice.next() * 0.7));
  pool = all.slice(moving);
  for (const call of all.slice(0, moving)) advance(call);
  flush();
}, everyMs);

const decoder = new TextDecoder();
let rest = "";
for await (const chunk of process.stdin) {
  rest += decoder.decode(chunk, { stream: true });
  const complete = rest.split("\n");
  rest = complete.pop() ?? "";
  for (const line of complete) take(JSON.parse(line) as Message); // Sent by the gateway under test: JSON or a visible fault.
  if (lines.length > 0 && pool.length === 0) flush();
}
process.exit(0);
