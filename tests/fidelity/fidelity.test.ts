/**
 * Every piece of the corpus, in every place a server may put it, through every face: byte for byte what the server
 * wrote, but for what the gateway owns, which is the id, the name on the merged face, and the logger's name there.
 * One rule changes bytes between tokens: in an event stream a line end is a space.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { type Stack, startStack } from "../support/harness.ts";
import { openRawClient, type RawClient } from "../support/raw-client.ts";
import { oddPieces, oddValues } from "./corpus.ts";
import {
  contentsOf,
  errorOf,
  listed,
  noteParamsOf,
  type OddHttp,
  promptItem,
  promptOf,
  resourceItem,
  resultOf,
  startOddHttp,
  toolItem,
} from "./odd-server.ts";

setDefaultTimeout(60_000);

let stack: Stack;
let http: OddHttp;

beforeAll(async () => {
  http = startOddHttp();
  stack = await startStack(
    {
      mcpServers: {
        pipe: { command: process.execPath, args: [join(import.meta.dir, "odd-server.ts")] },
        http: { type: "http", url: http.url },
      },
    },
    { logLevel: "info" },
  );
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await http?.[Symbol.asyncDispose]();
});

const faces = (["mcp", "sse", "own/mcp", "own/sse"] as const).flatMap((face) =>
  (["pipe", "http"] as const).map((backend) => ({ face, backend })),
);

/** A message of megabytes is compared, not printed. */
function expectSame(what: string, came: string, sent: string): void {
  // CRLF is one line end to whoever reads a stream, and two characters to whoever writes one.
  const withSpaces = [/[\r\n]/gu, /\r\n|\r|\n/gu].map((ends) => sent.replaceAll(ends, " "));
  if (came === sent || withSpaces.includes(came)) return;
  const at = Array.from(came).findIndex((_, index) => came[index] !== sent[index]);
  const around = (text: string): string => text.slice(Math.max(0, at - 60), at + 60);
  throw new Error(
    `${what}: differs at ${at}, ${came.length} characters for ${sent.length}\ncame ${around(came)}\nsent ${around(sent)}`,
  );
}

describe.each(faces)("$backend behind /$face", ({ face, backend }) => {
  const isOwn = face.startsWith("own");
  const exposed = (name: string): string => (isOwn ? name : `${backend}__${name}`);
  const sent = oddPieces.flatMap(({ name, hasLineEnds }, index) =>
    hasLineEnds && backend === "pipe" ? [] : [{ name, index }],
  );
  let client: RawClient;

  beforeAll(async () => {
    const front = face.endsWith("mcp") ? "mcp" : "sse";
    client = await openRawClient(isOwn ? stack.serverUrl(backend, front) : `${stack.url}/${front}`);
  });
  afterAll(async () => {
    await client?.close();
  });

  const answerTo = async (method: string, params: object, id: string): Promise<string> =>
    (await client.request(method, params, { id, timeoutMs: 30_000 })).text;
  const whole = (id: string, body: string): string => `{"jsonrpc":"2.0","id":"${id}",${body}}`;

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
    for (const { name, index } of sent) {
      const came = await answerTo("tools/call", { name: exposed(`error_${index}`) }, name);
      expectSame(name, came, whole(name, `"error":${errorOf(index)}`));
    }
  });

  test("messages of prompts", async () => {
    for (const { name, index } of sent) {
      const came = await answerTo("prompts/get", { name: exposed(`prompt_${index}`) }, name);
      expectSame(name, came, whole(name, `"result":${promptOf(index)}`));
    }
  });

  // Both servers list the same URIs; on the merged face they are the first one's.
  if (isOwn || backend === "pipe")
    test("contents of resources", async () => {
      for (const { name, index } of sent) {
        const came = await answerTo("resources/read", { uri: `odd://${index}` }, name);
        expectSame(name, came, whole(name, `"result":${contentsOf(index)}`));
      }
    });

  test("items of lists", async () => {
    const tools = await answerTo("tools/list", {}, "t");
    const prompts = await answerTo("prompts/list", {}, "p");
    const resources = await answerTo("resources/list", {}, "r");
    for (const index of listed) {
      expect(tools).toContain(toolItem(exposed(`result_${index}`), index));
      expect(prompts).toContain(promptItem(exposed(`prompt_${index}`), index));
      if (isOwn || backend === "pipe") expect(resources).toContain(resourceItem(index));
    }
  });

  test("log lines", async () => {
    // What can be missed is dropped where it does not fit into the client's outbox.
    for (const { name, index } of sent.filter(({ index }) => oddPieces[index]?.isHuge === undefined)) {
      const before = client.received.length;
      await answerTo("tools/call", { name: exposed(`note_${index}`) }, name);
      const note = await client.waitForMessage(name, (message) => {
        const at = client.received.indexOf(message);
        return at >= before && message.method === "notifications/message";
      });
      const own = noteParamsOf(index);
      // The merged face says whose line it is, and changes nothing else of it.
      const params = isOwn ? own : own.replace("{", `{"logger":"${backend}",`);
      expectSame(name, note.text, `{"jsonrpc":"2.0","method":"notifications/message","params":${params}}`);
    }
  });
});
