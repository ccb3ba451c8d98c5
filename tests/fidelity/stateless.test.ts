/**
 * The same pieces for clients of the stateless revision: to a result its type, the server's identity and caching hints are
 * added in front, a question is a member of an answer, and nothing else is changed (docs/fidelity.md).
 */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type AskOptions, StatelessClient } from "../integration/stateless/stateless-client.ts";
import { expectSame } from "./compare.ts";
import { oddValues } from "./corpus.ts";
import {
  contentsOf,
  errorOf,
  listed,
  noteParamsOf,
  progressParamsOf,
  questionParamsOf,
  resultOf,
  toolItem,
} from "./odd-server.ts";
import { exposedUri, factsOf, oddStackForTests, placesOf, whole } from "./odd-stack.ts";
import { textsOf } from "./texts.ts";

setDefaultTimeout(60_000);

const stackOf = oddStackForTests();
const places = placesOf(["mcp", "own/mcp"] as const);
const serverInfoKey = "io.modelcontextprotocol/serverInfo";

describe.each(places)("$backend behind /$face", ({ face, backend }) => {
  const { isOwn, exposed, sent, small } = factsOf({ face, backend });
  let client: StatelessClient;
  /** As the answers to `server/discover` name it. */
  let serverInfo: string;

  beforeAll(async () => {
    const stack = stackOf();
    client = new StatelessClient(isOwn ? stack.serverUrl(backend, "mcp") : stack.mcpUrl);
    const { text } = await client.ask("server/discover");
    serverInfo = new RegExp(`"${serverInfoKey}":(\\{[^{}]*\\})`, "u").exec(text)?.[1] ?? "";
    expect(serverInfo).toContain(isOwn ? "odd" : "mcp-gateway");
  });

  const ask = async (method: string, params: object, options: AskOptions = {}): Promise<readonly string[]> =>
    await textsOf(await client.fetch(method, params, options));
  /** The result as this revision has it. */
  const completed = (result: string, hints = ""): string => {
    const members = `"resultType":"complete",${hints}"_meta":{"${serverInfoKey}":${serverInfo}}`;
    return `"result":${result.replace("{", `{${members}${/^\{\s*\}$/u.test(result) ? "" : ","}`)}`;
  };

  test("results", async () => {
    for (const { name, index } of sent) {
      const [came = ""] = await ask("tools/call", { name: exposed(`result_${index}`) }, { id: name });
      expectSame(name, came, whole(name, completed(resultOf(index))));
    }
  });

  test("results that are no objects are refused", async () => {
    for (const [index, value] of oddValues.entries()) {
      const [came = ""] = await ask("tools/call", { name: exposed(`value_${index}`) }, { id: "v" });
      if (value.startsWith("{")) expectSame(value, came, whole("v", completed(value)));
      else
        expect(JSON.parse(came)).toMatchObject({ id: "v", error: { data: { reason: "backend-malformed" } } });
    }
  });

  test("errors", async () => {
    for (const { name, index } of small) {
      const [came = ""] = await ask("tools/call", { name: exposed(`error_${index}`) }, { id: name });
      expectSame(name, came, whole(name, `"error":${errorOf(index)}`));
    }
  });

  test("contents of resources, under the URI that was asked for", async () => {
    for (const { name, index } of small) {
      const uri = exposedUri(backend, isOwn, `odd://${index}`);
      const headers = { "mcp-name": uri };
      const [came = ""] = await ask("resources/read", { uri }, { id: name, headers });
      const hints = '"ttlMs":0,"cacheScope":"private",';
      expectSame(name, came, whole(name, completed(contentsOf(index, uri), hints)));
    }
  });

  test("items of lists", async () => {
    const [tools = ""] = await ask("tools/list", {});
    for (const index of listed) expect(tools).toContain(toolItem(exposed(`result_${index}`), index));
  });

  test("log lines and progress, before the answer", async () => {
    const logs = { meta: { "io.modelcontextprotocol/logLevel": "debug" } };
    for (const { name, index } of small) {
      const [line = ""] = await ask("tools/call", { name: exposed(`note_${index}`) }, logs);
      const own = noteParamsOf(index);
      const params = isOwn ? own : own.replace("{", `{"logger":"${backend}",`);
      expectSame(name, line, `{"jsonrpc":"2.0","method":"notifications/message","params":${params}}`);
      const meta = { progressToken: index };
      const [report = ""] = await ask("tools/call", { name: exposed(`progress_${index}`) }, { meta });
      const reported = progressParamsOf(index, String(index));
      expectSame(name, report, `{"jsonrpc":"2.0","method":"notifications/progress","params":${reported}}`);
    }
  });

  test("questions, and what is answered", async () => {
    const capabilities = { elicitation: {} };
    for (const { name, index } of small) {
      const call = { name: exposed(`ask_${index}`) };
      const [text = ""] = await ask("tools/call", call, { capabilities });
      const start = text.indexOf('"params":') + '"params":'.length;
      const end = text.lastIndexOf('}},"requestState":');
      expectSame(name, text.slice(start, end), questionParamsOf(index));
      const { inputRequests, requestState } = JSON.parse(text).result;
      const [key = ""] = Object.keys(inputRequests);
      const inputResponses = { [key]: { action: "accept", content: { s: "\ud800" } } };
      const [last = ""] = await ask(
        "tools/call",
        { ...call, inputResponses, requestState },
        { capabilities },
      );
      expect(JSON.parse(last).result.answer).toEndWith(
        '"result":{"action":"accept","content":{"s":"\\ud800"}}}',
      );
    }
  });
});
