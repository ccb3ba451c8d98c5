/**
 * An MCP server that answers with the pieces of the corpus, as text. As a program it speaks over stdio;
 * `serveHttp(handleOdd, …)` serves the same over HTTP, where an answer may hold line ends.
 *
 *   tools/call  result_N, value_N, error_N; before a plain result: note_N (a log line), progress_N, updated_N (news of
 *               odd://0), ask_N (a question; the result has the answer's text)
 *   prompts/get  prompt_N     resources/read  odd://N
 */
import { type Exchange, type Received, serveStdio } from "./carriers.ts";
import { oddPieces, oddValues } from "./corpus.ts";

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

export function contentsOf(index: number, uri = `odd://${index}`): string {
  return `{"contents":[${object(`"uri":"${uri}"`, piece(index))}]}`;
}

export function noteParamsOf(index: number): string {
  return object('"level":"error"', `"data":{${piece(index)}}`);
}

/** @param token JSON */
export function progressParamsOf(index: number, token: string): string {
  return `{ "x":{${piece(index)}},"progressToken" :${token}, "progress":1.50}`;
}

export function updateParamsOf(index: number, uri = "odd://0"): string {
  return `{"x":{${piece(index)}}, "uri" : "${uri}"}`;
}

export function questionParamsOf(index: number): string {
  return `{"message":"\\u0061","requestedSchema":{"type":"object","properties":{${piece(index)}}}}`;
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

const capabilities = { tools: {}, prompts: {}, resources: { subscribe: true }, logging: {} };

/** Questions that wait for an answer, by id. */
const asked = new Map<string, (text: string) => void>();
let lastQuestion = 0;

export async function handleOdd(exchange: Exchange): Promise<string | undefined> {
  const { message, text } = exchange;
  if (message.method === undefined) asked.get(String(message.id))?.(text);
  if (message.method === undefined || message.id === undefined) return undefined;
  return `{"jsonrpc":"2.0","id":${message.id},${await bodyFor(message, exchange)}}`;
}

async function bodyFor({ method, params }: Received, exchange: Exchange): Promise<string> {
  switch (method) {
    case "initialize": {
      const { protocolVersion } = params ?? {};
      const greeting = { protocolVersion, capabilities, serverInfo: { name: "odd", version: "1" } };
      return `"result":${JSON.stringify(greeting)}`;
    }
    case "tools/list":
      return `"result":{"tools":[${listedTools().join(",")}]}`;
    case "prompts/list":
      return `"result":{"prompts":[${oddPieces.map((_, index) => promptItem(`prompt_${index}`, listed.includes(index) ? index : 0)).join(",")}]}`;
    case "resources/list":
      return `"result":{"resources":[${oddPieces.map((_, index) => (listed.includes(index) ? resourceItem(index) : `{"uri":"odd://${index}","name":"r"}`)).join(",")}]}`;
    case "resources/templates/list":
      return '"result":{"resourceTemplates":[]}';
    case "prompts/get":
      return `"result":${promptOf(numberIn(params?.name))}`;
    case "resources/read":
      return `"result":${contentsOf(numberIn(params?.uri))}`;
    case "tools/call":
      return await called(exchange);
    default:
      return '"result":{}';
  }
}

/** Each kind of tool with each number, and the odd members on one of them. */
function listedTools(): string[] {
  const kinds = ["result", "error", "note", "progress", "updated", "ask"];
  const names = oddPieces.flatMap((_, index) => kinds.map((kind) => `${kind}_${index}`));
  const values = oddValues.map((_, index) => `value_${index}`);
  return [...names, ...values].map((name) => {
    const index = numberIn(name);
    return name.startsWith("result") && listed.includes(index) ? toolItem(name, index) : toolItem(name, 0);
  });
}

async function called({ message: { params }, say }: Exchange): Promise<string> {
  const name = params?.name ?? "";
  const index = numberIn(name);
  const notify = (method: string, text: string): void =>
    say(`{"jsonrpc":"2.0","method":"notifications/${method}","params":${text}}`);
  switch (name.slice(0, name.indexOf("_"))) {
    case "error":
      return `"error":${errorOf(index)}`;
    case "value":
      return `"result":${oddValues[index] ?? "null"}`;
    case "note":
      notify("message", noteParamsOf(index));
      break;
    case "progress":
      notify("progress", progressParamsOf(index, JSON.stringify(params?._meta?.progressToken)));
      break;
    case "updated":
      notify("resources/updated", updateParamsOf(index));
      break;
    case "ask":
      return `"result":{"content":[],"answer":${JSON.stringify(await answerTo(index, say))}}`;
    default:
      return `"result":${resultOf(index)}`;
  }
  return '"result":{"content":[]}';
}

async function answerTo(index: number, say: (text: string) => void): Promise<string> {
  lastQuestion += 1;
  const id = `q${lastQuestion}`;
  const { promise, resolve } = Promise.withResolvers<string>();
  asked.set(id, resolve);
  say(`{"jsonrpc":"2.0","id":"${id}","method":"elicitation/create","params":${questionParamsOf(index)}}`);
  const text = await promise;
  asked.delete(id);
  return text;
}

function numberIn(text = ""): number {
  return Number(/\d+$/u.exec(text)?.[0] ?? 0);
}

if (import.meta.main) await serveStdio(handleOdd);
