/**
 * A hostile server behind the whole gateway: two clients call it, the one's call waits while the other's makes the server send
 * what would be taken for the first one's. Neither ever sees an id or a token that is not its own, or anything that is
 * not JSON; every call ends; everything is counted.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { topLevelMembers } from "../property/mcp/envelope-oracle.ts";
import { type Stack, startStack } from "../support/harness.ts";
import { random, seedFromEnvironment } from "../support/random.ts";
import { openRawClient, type RawClient } from "../support/raw-client.ts";
import { say } from "../support/say.ts";
import { type HttpCarrier, serveHttp } from "./carriers.ts";
import { hostileMessages, spoilt } from "./hostile-messages.ts";
import { handleHostile } from "./hostile-server.ts";

setDefaultTimeout(120_000);

const spoiltCount = 500;
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

const fronts = (["mcp", "sse", "own/mcp", "own/sse"] as const).flatMap((front) =>
  (["pipe", "stream"] as const).map((backend) => ({ front, backend })),
);

describe.each(fronts)("$backend behind /$front", ({ front, backend }) => {
  const seed = seedFromEnvironment();

  test(`nobody sees what is not theirs (seed ${seed})`, async () => {
    const chance = random(seed);
    const messages = [...hostileMessages, ...Array.from({ length: spoiltCount }, () => spoilt(chance))];
    const isOwn = front.startsWith("own");
    const exposed = (name: string): string => (isOwn ? name : `${backend}__${name}`);
    const url = isOwn
      ? stack.serverUrl(backend, front === "own/mcp" ? "mcp" : "sse")
      : `${stack.url}/${front}`;
    const open = (): Promise<RawClient> => openRawClient(url, { capabilities: { elicitation: {} } });
    await using victim = await open();
    await using attacker = await open();
    const counts = { taken: 0, refused: 0, dropped: 0 };
    let seen = 0;

    const check = (client: RawClient, mark: string, from: number): void => {
      for (const { text } of client.received.slice(from)) {
        seen += 1;
        const foreign = foreignIn(text, mark);
        if (foreign !== undefined) throw new Error(`seed ${seed}: ${mark} saw ${foreign}: ${text}`);
      }
    };
    for (const [index, text] of messages.entries()) {
      const [before, beforeVictim] = [attacker.received.length, victim.received.length];
      const id = `victim ${index}`;
      const call = { name: exposed("wait"), arguments: {}, _meta: { progressToken: `token ${id}` } };
      const waiting = victim.request("tools/call", call, { id });
      const own = `attacker ${index}`;
      const answer = await attacker.request(
        "tools/call",
        { name: exposed("send"), arguments: { text }, _meta: { progressToken: `token ${own}` } },
        { id: own },
      );
      if (answer.error?.data?.["reason"] === "backend-malformed") counts.refused += 1;
      else if (answer.result?.["honest"] === true) counts.dropped += 1;
      else counts.taken += 1;
      await attacker.request("tools/call", { name: exposed("release"), arguments: {} }, { id: `${own} r` });
      const released = await waiting;
      for (const [one, mark] of [
        [answer.text, "attacker"],
        [released.text, "victim"],
      ] as const) {
        const foreign = foreignIn(one, mark);
        if (foreign !== undefined) throw new Error(`seed ${seed}: ${mark} was answered ${foreign}: ${one}`);
      }
      check(attacker, "attacker", before);
      check(victim, "victim", beforeVictim);
    }
    say(
      `${backend} behind /${front}: ${messages.length} hostile messages (seed ${seed}): ${counts.taken} were the call's own answer, ${counts.refused} failed it, ${counts.dropped} were dropped; ${seen} other messages were seen, 0 of them foreign`,
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
