/** What the gateway changes in messages of backends: that, and no other byte. */
import { describe, expect, test } from "bun:test";
import { MessageView } from "@mcp-gateway/mcp";
import { inputRequiredIn } from "../../../../apps/gateway/src/dispatch/input-rounds.ts";
import { progressUnder, relayLog } from "../../../../apps/gateway/src/dispatch/notifications.ts";
import { Session } from "../../../../apps/gateway/src/sessions/session.ts";
import {
  inputRequestOf,
  inputRequiredBody,
  ownKeyOf,
} from "../../../../apps/gateway/src/stateless/input-requests.ts";
import { outcomeOf, responseIn } from "../../../../apps/gateway/src/stateless/outcome.ts";

/** Nothing of it survives being parsed and written again. */
const odd =
  '"n" : [1.0,9007199254740993,1e400,-0],"s":"\\ud800\\/\\u0061","dup":1,"dup":{"b":1,"a":2,"10":3}';
const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

function view(message: string): MessageView {
  const read = MessageView.read(Buffer.from(message));
  if (read === undefined) throw new Error(`not read: ${message}`);
  return read;
}

function session(server?: string): Session {
  return new Session({ id: "s", front: "streamable", server, nowMs: 0 });
}

describe("a log line on the merged face", () => {
  const relayed = (params: string, server = "files"): string | undefined =>
    text(
      relayLog(
        view(`{"jsonrpc":"2.0","method":"notifications/message","params":${params}}`),
        session(),
        server,
      ),
    );
  const line = (params: string): string =>
    `{"jsonrpc":"2.0","method":"notifications/message","params":${params}}`;

  test("says which server spoke in front of its logger's name", () => {
    expect(relayed(`{"level":"info", "logger" : "\\u0064b" ,"data":{${odd}}}`)).toBe(
      line(`{"level":"info", "logger" : "files/\\u0064b" ,"data":{${odd}}}`),
    );
    expect(relayed('{"logger":"","level":"info"}', 'a"b')).toBe(line('{"logger":"a\\"b/","level":"info"}'));
  });

  test("gets the server's name where it has no logger, or one that is no name", () => {
    expect(relayed(`{"level":"info","data":{${odd}}}`)).toBe(
      line(`{"logger":"files","level":"info","data":{${odd}}}`),
    );
    expect(relayed('{"level":"info","logger":7}')).toBe(line('{"level":"info","logger":"files"}'));
    expect(relayed("{ }")).toBe(line('{"logger":"files" }'));
  });

  test("that can't take a name is not told", () => {
    expect(relayed("[1]")).toBeUndefined();
    for (const params of ['{"logger":"a","logg\\u0065r":"b"}', '{"level":"info","level":"debug"}'])
      expect(MessageView.read(Buffer.from(line(params)))).toBeUndefined();
  });
});

test("a log line on a server's own face is not touched", () => {
  const message = `{"params":{"level":"info","logger":"x","data":{${odd}}}, "jsonrpc":"2.0","method":"notifications/message"}`;
  expect(text(relayLog(view(message), session("files"), "files"))).toBe(message);
});

test("progress comes under the client's token, in the place of the server's", () => {
  const message = (token: string): string =>
    `{"method":"notifications/progress","params":{"progress":1.50, "progressToken" : ${token} ,"total":1e2,"message":"\\u0061","_meta":{${odd.replace('"dup":1,', "")}}},"jsonrpc":"2.0"}`;
  expect(text(progressUnder(view(message('"1.7"')), "é"))).toBe(message('"é"'));
  expect(text(progressUnder(view(message('"\\u0031.7"')), 5))).toBe(message("5"));
});

describe("a question", () => {
  const question = (params: string): string =>
    `{"jsonrpc":"2.0","id":3,"method":"elicitation/create","params":${params}}`;

  test("loses what belongs to its hop, and keeps everything else as it was spelt", () => {
    const read = view(
      question(
        `{"_meta":{"progressToken":1,"mcp-gateway/inputKey":"mine","io.modelcontextprotocol/x":{},"a/b":{${odd}}},"message":"\\u0061","elicitationId":"e","schema":{${odd}}}`,
      ),
    );
    expect(ownKeyOf(read)).toBe("mine");
    expect(inputRequestOf(read)).toEqual({
      method: "elicitation/create",
      params: `{"_meta":{"a/b":{${odd}}},"message":"\\u0061","schema":{${odd}}}`,
    });
  });

  test("without anything left in its _meta has none", () => {
    for (const [params, left] of [
      ['{"a":1,"_meta":{"progressToken":1}}', '{"a":1}'],
      ['{"_meta":{}}', "{}"],
      ['{"elicitationId":"e","_meta":5,"a":1.0}', '{"a":1.0}'],
      ["[1]", "{}"],
    ] as const)
      expect(inputRequestOf(view(question(params))).params).toBe(left);
    expect(inputRequestOf(view('{"jsonrpc":"2.0","id":3,"method":"roots/list"}')).params).toBe("{}");
  });

  test("stands in the answer that asks as it was spelt", () => {
    const asked = { method: "roots/list", params: `{${odd}}` };
    expect(text(inputRequiredBody({ 'a"b': asked }, "state", "{}"))).toContain(
      `"inputRequests":{"a\\"b":{"method":"roots/list","params":{${odd}}}},"requestState":"state"`,
    );
  });

  test("of a stateless backend is taken from its answer as it was spelt", () => {
    const result = `{"resultType":"input_required","inputRequests":{"k":{"method":"roots/list","params":{${odd}}},"bad":1,"none":{"method":"ping"}},"requestState":9007199254740993}`;
    const asked = inputRequiredIn(Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${result}}`));
    expect(asked?.requests).toEqual([
      { key: "k", method: "roots/list", params: `{${odd}}` },
      { key: "none", method: "ping", params: "{}" },
    ]);
    expect(JSON.stringify(asked?.requestState)).toBe("9007199254740993");
    expect(
      inputRequiredIn(Buffer.from('{"result":{"resultType":"complete","x":"input_required"}}')),
    ).toBeUndefined();
  });
});

test("an error gets the code of the client's revision, and keeps the rest", () => {
  const context = {
    id: Buffer.from('"c"'),
    method: "resources/read",
    params: { uri: "x://y" },
    serverInfo: "{}",
    resultType: "complete" as const,
    capabilities: {},
    missing: new Set<string>(),
  };
  const outcome = (error: string) =>
    outcomeOf(responseIn(Buffer.from(`{"jsonrpc":"2.0","id":1,"error":${error}}`)), context);
  const response = (error: string, status: number) => ({
    kind: "response" as const,
    message: Buffer.from(`{"jsonrpc":"2.0","id":"c","error":${error}}`),
    status,
  });
  expect(outcome(`{"code":-32002, "message":"\\u0061","data":{${odd}}}`)).toEqual(
    response(`{"code":-32602, "message":"\\u0061","data":{${odd}}}`, 200),
  );
  expect(outcome('{"message":"a","code":-32002}')).toEqual(
    response('{"data":{"uri":"x://y"},"message":"a","code":-32602}', 200),
  );
  expect(outcome(`{"code":-32050,"message":"a","x":{${odd}}}`)).toEqual(
    response(`{"code":-32603,"message":"a","x":{${odd}}}`, 200),
  );
  expect(outcome(`{"code":-32601,"message":"a","x":{${odd}}}`)).toEqual(
    response(`{"code":-32601,"message":"a","x":{${odd}}}`, 404),
  );
});
