/**
 * An MCP server that answers with the pieces of the corpus, as text. As a program it speaks over stdio;
 * `startOddHttp` serves the same over HTTP, where an answer may hold line ends.
 *
 *   tools/call  result_N, value_N, error_N, note_N     prompts/get  prompt_N     resources/read  odd://N
 */
import { freePort } from "../support/free-port.ts";
import { oddPieces, oddValues } from "./corpus.ts";

export interface OddMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly uri?: string; readonly protocolVersion?: string };
}

/** Behind `"jsonrpc":"2.0",`; `note` is a message before it. */
export interface OddAnswer {
  readonly body: string;
  readonly note?: string;
}

/** With a comma only where something follows. */
export function object(first: string, members: string): string {
  return `{${first}${members.trim() === "" ? members : `,${members}`}}`;
}

export function resultOf(index: number): string {
  return object('"content":[]', piece(index));
}

export function errorOf(index: number): string {
  return object('"code":-31000,"message":"odd"', `"data":{${piece(index)}}`);
}

export function promptOf(index: number): string {
  return `{"messages":[${object('"role":"user"', `"content":{${piece(index)}}`)}]}`;
}

export function contentsOf(index: number): string {
  return `{"contents":[${object(`"uri":"odd://${index}"`, piece(index))}]}`;
}

export function noteParamsOf(index: number): string {
  return object('"level":"error"', `"data":{${piece(index)}}`);
}

/** Items are small enough for the bounds of a list. */
export const listed: readonly number[] = oddPieces.flatMap(({ isHuge, hasLineEnds }, index) =>
  isHuge || hasLineEnds ? [] : [index],
);

export function toolItem(name: string, index: number): string {
  return object(`"name":"${name}","inputSchema":{"type":"object"}`, piece(index));
}

export function promptItem(name: string, index: number): string {
  return object(`"name":"${name}"`, piece(index));
}

export function resourceItem(index: number): string {
  return object(`"uri":"odd://${index}","name":"r"`, piece(index));
}

function piece(index: number): string {
  return oddPieces[index]?.members ?? "";
}

const capabilities = { tools: {}, prompts: {}, resources: {}, logging: {} };

export function oddAnswer({ method, params }: OddMessage): OddAnswer {
  switch (method) {
    case "initialize": {
      const { protocolVersion } = params ?? {};
      const greeting = { protocolVersion, capabilities, serverInfo: { name: "odd", version: "1" } };
      return { body: `"result":${JSON.stringify(greeting)}` };
    }
    case "tools/list":
      return { body: `"result":{"tools":[${listedTools().join(",")}]}` };
    case "prompts/list":
      return {
        body: `"result":{"prompts":[${oddPieces.map((_, index) => promptItem(`prompt_${index}`, listed.includes(index) ? index : 0)).join(",")}]}`,
      };
    case "resources/list":
      return {
        body: `"result":{"resources":[${oddPieces.map((_, index) => (listed.includes(index) ? resourceItem(index) : `{"uri":"odd://${index}","name":"r"}`)).join(",")}]}`,
      };
    case "resources/templates/list":
      return { body: '"result":{"resourceTemplates":[]}' };
    case "prompts/get":
      return { body: `"result":${promptOf(numberIn(params?.name))}` };
    case "resources/read":
      return { body: `"result":${contentsOf(numberIn(params?.uri))}` };
    case "tools/call":
      return called(params?.name ?? "");
    default:
      return { body: '"result":{}' };
  }
}

/** Each kind of tool with each number, and the odd members on one of them. */
function listedTools(): string[] {
  const names = oddPieces.flatMap((_, index) => [`result_${index}`, `error_${index}`, `note_${index}`]);
  const values = oddValues.map((_, index) => `value_${index}`);
  return [...names, ...values].map((name) => {
    const index = numberIn(name);
    return name.startsWith("result") && listed.includes(index) ? toolItem(name, index) : toolItem(name, 0);
  });
}

function called(name: string): OddAnswer {
  const index = numberIn(name);
  if (name.startsWith("error")) return { body: `"error":${errorOf(index)}` };
  if (name.startsWith("value")) return { body: `"result":${oddValues[index] ?? "null"}` };
  if (!name.startsWith("note")) return { body: `"result":${resultOf(index)}` };
  const note = `{"jsonrpc":"2.0","method":"notifications/message","params":${noteParamsOf(index)}}`;
  return { body: '"result":{"content":[]}', note };
}

function numberIn(text = ""): number {
  return Number(/\d+$/u.exec(text)?.[0] ?? 0);
}

function complete(id: number, { body }: OddAnswer): string {
  return `{"jsonrpc":"2.0","id":${id},${body}}`;
}

export interface OddHttp extends AsyncDisposable {
  readonly url: string;
}

/** Answers are plain JSON, byte for byte as they are; a note before one makes it an event stream. */
export function startOddHttp(): OddHttp {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: freePort(),
    fetch: async (request) => {
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const message = (await request.json()) as OddMessage; // Sent by the gateway under test: JSON or a visible fault.
      if (message.id === undefined) return new Response(null, { status: 202 });
      const answer = oddAnswer(message);
      const text = complete(message.id, answer);
      if (answer.note === undefined)
        return new Response(text, { headers: { "content-type": "application/json" } });
      const events = [answer.note, text].map((one) => `${eventOf(one)}\n\n`).join("");
      return new Response(events, { headers: { "content-type": "text/event-stream" } });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/mcp`,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function eventOf(text: string): string {
  return text
    .split(/\r\n|\r|\n/u)
    .map((line) => `data: ${line}`)
    .join("\n");
}

if (import.meta.main) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of process.stdin) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = JSON.parse(line) as OddMessage; // As above.
      if (message.id === undefined) continue;
      const answer = oddAnswer(message);
      if (answer.note !== undefined) process.stdout.write(`${answer.note}\n`);
      process.stdout.write(`${complete(message.id, answer)}\n`);
    }
  }
}
