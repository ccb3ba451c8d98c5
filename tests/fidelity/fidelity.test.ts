/**
 * Every piece of the corpus, in every place a server may put it, through every face with sessions: byte for byte what
 * the server wrote, but for what the gateway owns (docs/fidelity.md).
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { openRawClient, type RawClient, type RawMessage } from "../support/raw-client.ts";
import { waitFor } from "../support/wait-for.ts";
import { expectSame } from "./compare.ts";
import { oddValues } from "./corpus.ts";
import {
  contentsOf,
  errorOf,
  listed,
  noteParamsOf,
  progressParamsOf,
  promptItem,
  promptOf,
  questionParamsOf,
  resourceItem,
  resultOf,
  toolItem,
  updateParamsOf,
} from "./odd-server.ts";
import { exposedUri, factsOf, oddStackForTests, placesOf, whole } from "./odd-stack.ts";

setDefaultTimeout(60_000);

const stackOf = oddStackForTests();
const places = placesOf(["mcp", "sse", "own/mcp", "own/sse"] as const);

/** What a client answers; the server must get it with the same values. */
const clientAnswer = '{"action":"accept","content":{"n":[1.0,9007199254740993,1e400,-0],"s":"\\ud800"}}';

describe.each(places)("$backend behind /$face", ({ face, backend }) => {
  const { isOwn, exposed, sent, small } = factsOf({ face, backend });
  let client: RawClient;

  beforeAll(async () => {
    const stack = stackOf();
    const front = face.endsWith("mcp") ? "mcp" : "sse";
    const url = isOwn ? stack.serverUrl(backend, front) : `${stack.url}/${front}`;
    client = await openRawClient(url, { capabilities: { elicitation: {} } });
  });
  afterAll(async () => {
    await client?.close();
  });

  const answerTo = async (method: string, params: object, id: string): Promise<string> =>
    (await client.request(method, params, { id, timeoutMs: 30_000 })).text;
  const note = (method: string, params: string): string =>
    `{"jsonrpc":"2.0","method":"notifications/${method}","params":${params}}`;
  /** The next message of this method, from now on. */
  const next = (method: string): Promise<RawMessage> => {
    const before = client.received.length;
    const find = (): RawMessage | undefined =>
      client.received.slice(before).find((message) => message.method === method);
    return waitFor(find, { what: method, timeoutMs: 20_000, everyMs: 1 });
  };

  test("results", async () => {
    for (const { name, index } of sent) {
      const came = await answerTo("tools/call", { name: exposed(`result_${index}`) }, name);
      expectSame(name, came, whole(name, `"result":${resultOf(index)}`));
    }
    for (const [index, value] of oddValues.entries()) {
      const came = await answerTo("tools/call", { name: exposed(`value_${index}`) }, "v");
      expectSame(value, came, whole("v", `"result":${value}`));
    }
  });

  test("errors", async () => {
    for (const { name, index } of small) {
      const came = await answerTo("tools/call", { name: exposed(`error_${index}`) }, name);
      expectSame(name, came, whole(name, `"error":${errorOf(index)}`));
    }
  });

  test("messages of prompts", async () => {
    for (const { name, index } of small) {
      const came = await answerTo("prompts/get", { name: exposed(`prompt_${index}`) }, name);
      expectSame(name, came, whole(name, `"result":${promptOf(index)}`));
    }
  });

  test("contents of resources, under the URI that was asked for", async () => {
    for (const { name, index } of small) {
      const uri = exposedUri(backend, isOwn, `odd://${index}`);
      const came = await answerTo("resources/read", { uri }, name);
      expectSame(name, came, whole(name, `"result":${contentsOf(index, uri)}`));
    }
  });

  test("items of lists", async () => {
    const tools = await answerTo("tools/list", {}, "t");
    const prompts = await answerTo("prompts/list", {}, "p");
    const resources = await answerTo("resources/list", {}, "r");
    for (const index of listed) {
      expect(tools).toContain(toolItem(exposed(`result_${index}`), index));
      expect(prompts).toContain(promptItem(exposed(`prompt_${index}`), index));
      const own = `odd://${index}`;
      expect(resources).toContain(resourceItem(index).replace(own, exposedUri(backend, isOwn, own)));
    }
  });

  // What can be missed is dropped where it does not fit into the client's outbox.
  test("log lines", async () => {
    for (const { name, index } of small) {
      const line = next("notifications/message");
      await answerTo("tools/call", { name: exposed(`note_${index}`) }, name);
      const own = noteParamsOf(index);
      // The merged face says whose line it is, and changes nothing else of it.
      const params = isOwn ? own : own.replace("{", `{"logger":"${backend}",`);
      expectSame(name, (await line).text, note("message", params));
    }
  });

  test("progress, under the client's token", async () => {
    for (const { name, index } of small) {
      const token = `"é" of ${name}`;
      const report = next("notifications/progress");
      const call = { name: exposed(`progress_${index}`), arguments: {}, _meta: { progressToken: token } };
      await answerTo("tools/call", call, name);
      const params = progressParamsOf(index, JSON.stringify(token));
      expectSame(name, (await report).text, note("progress", params));
    }
  });

  test("news of a resource, under the URI that is watched", async () => {
    const uri = exposedUri(backend, isOwn, "odd://0");
    await answerTo("resources/subscribe", { uri }, "s");
    for (const { name, index } of small) {
      const update = next("notifications/resources/updated");
      await answerTo("tools/call", { name: exposed(`updated_${index}`) }, name);
      expectSame(name, (await update).text, note("resources/updated", updateParamsOf(index, uri)));
    }
    await answerTo("resources/unsubscribe", { uri }, "u");
  });

  test("questions, and what is answered", async () => {
    for (const { name, index } of small) {
      const question = next("elicitation/create");
      const answered = client.request("tools/call", { name: exposed(`ask_${index}`) }, { timeoutMs: 30_000 });
      const { id, text } = await question;
      const params = questionParamsOf(index);
      expectSame(name, text, `{"jsonrpc":"2.0","id":${id},"method":"elicitation/create","params":${params}}`);
      await client.send(`{"jsonrpc":"2.0","id":${id},"result":${clientAnswer}}`);
      const { result } = await answered;
      expect(result?.["answer"]).toMatch(/^\{"jsonrpc":"2\.0","id":"q\d+",/u);
      expect(result?.["answer"]).toEndWith(`"result":${clientAnswer}}`);
    }
  });
});
