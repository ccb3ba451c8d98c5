/**
 * A hostile server behind the whole gateway: two clients call it, the one's call waits while the other's makes the server send
 * what would be taken for the first one's. Neither ever sees an id or a token that is not its own, or anything that is
 * not JSON; every call ends; everything is counted.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { StatelessClient } from "../integration/stateless/stateless-client.ts";
import { topLevelMembers } from "../property/mcp/envelope-oracle.ts";
import { type Stack, startStack } from "../support/harness.ts";
import { random, seedFromEnvironment } from "../support/random.ts";
import { openRawClient } from "../support/raw-client.ts";
import { say } from "../support/say.ts";
import { type HttpCarrier, serveHttp } from "./carriers.ts";
import { hostileMessages, spoilt } from "./hostile-messages.ts";
import { handleHostile } from "./hostile-server.ts";
import { textsOf } from "./texts.ts";

setDefaultTimeout(120_000);

const spoiltCount = 400;
let http: HttpCarrier;
let stack: Stack;

beforeAll(async () => {
  http = serveHttp(handleHostile, true);
  stack = await startStack(
    {
      mcpServers: {
        pipe: { command: process.execPath, args: [join(import.meta.dir, "hostile-server.ts")] },
        stream: { type: "http", url: http.url },
      },
    },
    { logLevel: "info" },
  );
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await http?.[Symbol.asyncDispose]();
});

/** All values that some reader would find under this key of the object. */
function valuesOf(text: string, key: string): readonly string[] {
  return topLevelMembers(text)
    .filter(([name]) => name === key)
    .map(([, value]) => value);
}

/** What is wrong with a message for the client with this mark in its ids and tokens; undefined: nothing. */
function foreignIn(text: string, mark: string): string | undefined {
  JSON.parse(text);
  const ids = valuesOf(text, "id");
  const isAsked = valuesOf(text, "method").length > 0;
  if (ids.length > 1) return "two ids";
  if (ids.some((id) => !isAsked && !id.startsWith(`"${mark}`))) return `an id that is not its own: ${ids[0]}`;
  const params = valuesOf(text, "params");
  const tokens = params.flatMap((one) => (one.startsWith("{") ? valuesOf(one, "progressToken") : []));
  const isProgress = valuesOf(text, "method").includes('"notifications/progress"');
  if (isProgress && (tokens.length !== 1 || !tokens[0]?.startsWith(`"token ${mark}`)))
    return `a token that is not its own: ${tokens.join()}`;
  return undefined;
}

/** A client that makes one call at a time and keeps everything that came meanwhile. */
interface Caller extends AsyncDisposable {
  call(
    tool: string,
    text: string,
    id: string,
  ): Promise<{ readonly answer: string; readonly others: readonly string[] }>;
}

const paramsOf = (name: string, text: string, id: string): object => ({
  name,
  arguments: { text },
  _meta: { progressToken: `token ${id}` },
});

async function openSessionCaller(url: string): Promise<Caller> {
  const client = await openRawClient(url, { capabilities: { elicitation: {} } });
  let seen = 0;
  return {
    call: async (tool, text, id) => {
      const { text: answer } = await client.request("tools/call", paramsOf(tool, text, id), { id });
      const others = client.received.slice(seen).map((message) => message.text);
      seen += others.length;
      return { answer, others };
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

async function openStatelessCaller(url: string): Promise<Caller> {
  const client = new StatelessClient(url);
  return {
    call: async (tool, text, id) => {
      const meta = { progressToken: `token ${id}`, "io.modelcontextprotocol/logLevel": "debug" };
      const texts = await textsOf(await client.fetch("tools/call", paramsOf(tool, text, id), { id, meta }));
      return { answer: texts.at(-1) ?? "", others: texts.slice(0, -1) };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const fronts = (["mcp", "sse", "own/mcp", "own/sse", "stateless mcp", "stateless own/mcp"] as const).flatMap(
  (front) => (["pipe", "stream"] as const).map((backend) => ({ front, backend })),
);

describe.each(fronts)("$backend behind $front", ({ front, backend }) => {
  const seed = seedFromEnvironment();

  test(`nobody sees what is not theirs (seed ${seed})`, async () => {
    const chance = random(seed);
    const messages = [...hostileMessages, ...Array.from({ length: spoiltCount }, () => spoilt(chance))];
    const isOwn = front.includes("own/");
    const exposed = (name: string): string => (isOwn ? name : `${backend}__${name}`);
    const last = front.endsWith("sse") ? "sse" : "mcp";
    const url = isOwn ? stack.serverUrl(backend, last) : `${stack.url}/${last}`;
    const open = front.startsWith("stateless") ? openStatelessCaller : openSessionCaller;
    await using victim = await open(url);
    await using attacker = await open(url);
    const counts = { taken: 0, refused: 0, dropped: 0, others: 0 };

    const check = (text: string, mark: string): void => {
      const foreign = foreignIn(text, mark);
      if (foreign !== undefined) throw new Error(`seed ${seed}: ${mark} saw ${foreign}: ${text}`);
    };
    for (const [index, text] of messages.entries()) {
      const waiting = victim.call(exposed("wait"), "", `victim ${index}`);
      const sent = await attacker.call(exposed("send"), text, `attacker ${index}`);
      const released = await attacker.call(exposed("release"), "", `attacker ${index} r`);
      const waited = await waiting;
      if (sent.answer.includes("backend-malformed")) counts.refused += 1;
      else if (sent.answer.includes('"honest":true')) counts.dropped += 1;
      else counts.taken += 1;
      for (const { answer, others } of [sent, released]) {
        for (const one of [answer, ...others]) check(one, "attacker");
        counts.others += others.length;
      }
      for (const one of [waited.answer, ...waited.others]) check(one, "victim");
      counts.others += waited.others.length;
    }
    say(
      `${backend} behind ${front}: ${messages.length} hostile messages (seed ${seed}): ${counts.taken} were the call's own answer, ${counts.refused} failed it, ${counts.dropped} were dropped; ${counts.others} other messages were seen, 0 of them foreign`,
    );
    expect(counts.refused + counts.dropped).toBeGreaterThan(hostileMessages.length / 2);
  });
});

test("a broken answer takes no other one of its batch with it", async () => {
  const post = (message: unknown, session?: string): Promise<Response> =>
    fetch(stack.mcpUrl, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(session === undefined ? {} : { "mcp-session-id": session }),
      },
      body: JSON.stringify(message),
    });
  const clientInfo = { name: "batch", version: "1" };
  const opening = { protocolVersion: "2025-03-26", capabilities: {}, clientInfo };
  const opened = await post({ jsonrpc: "2.0", id: 0, method: "initialize", params: opening });
  const call = (id: string, name: string, text = "") => ({
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: { name: `pipe__${name}`, arguments: { text } },
  });
  const broken = `{"result":{"pad":"${"x".repeat(3_000)}","a":[},"jsonrpc":"2.0","id":$ID}`;
  const batch = [call("a", "wait"), call("b", "send", broken), call("c", "release")];
  const answered = await post(batch, opened.headers.get("mcp-session-id") ?? "");
  const answers = (await answered.json()) as { id: string; result?: object; error?: { data: object } }[]; // Compared below.
  expect(
    Object.fromEntries(answers.map(({ id, result, error }) => [id, result ?? error?.data])),
  ).toMatchObject({
    a: { honest: true },
    b: { reason: "backend-malformed" },
    c: { honest: true },
  });
});
