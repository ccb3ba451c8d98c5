/** A listener among the sessions: the acknowledgement comes first, and only what was promised after it. */
import { describe, expect, test } from "bun:test";
import { notificationMessage } from "@mcp-gateway/mcp";
import { ListenSession, readFilter } from "../../../../apps/gateway/src/stateless/listen.ts";
import { sseEvents } from "../../../support/sse-events.ts";

const tools = notificationMessage("notifications/tools/list_changed", {});
const prompts = notificationMessage("notifications/prompts/list_changed", {});

function listener() {
  const closed: ListenSession[] = [];
  const session = new ListenSession({
    id: 7,
    server: undefined,
    nowMs: 0,
    serverInfo: '{"name":"g","version":"1"}',
    onClosed: (gone) => closed.push(gone),
  });
  const read = async (): Promise<{ method?: string; params: Record<string, unknown>; id?: unknown }[]> => {
    const told = [];
    for await (const { data } of sseEvents(session.stream.body)) told.push(JSON.parse(data));
    return told;
  };
  return { session, closed, read };
}

describe("a listener", () => {
  test("is told nothing before what it will be told, and one change of a kind then", async () => {
    const { session, read, closed } = listener();
    session.tell(tools, "tools");
    session.tell(prompts, "prompts");
    session.tell(tools, "tools");
    session.acknowledge({ toolsListChanged: true });
    session.end("over");
    const told = await read();
    expect(told.map(({ method, id }) => method ?? id)).toEqual([
      "notifications/subscriptions/acknowledged",
      "notifications/tools/list_changed",
      7,
    ]);
    for (const { params } of told.slice(0, -1))
      expect(params["_meta"]).toEqual({ "io.modelcontextprotocol/subscriptionId": 7 });
    expect(closed).toEqual([session]);
  });

  test("keeps what others put into `_meta`, under its own id", async () => {
    const { session, read } = listener();
    session.acknowledge({});
    const _meta = { "io.modelcontextprotocol/subscriptionId": "another's", "com.example/x": 1 };
    session.tell(notificationMessage("notifications/resources/updated", { uri: "u", _meta }));
    session.end("over");
    expect((await read())[1]?.params).toEqual({
      uri: "u",
      _meta: { "io.modelcontextprotocol/subscriptionId": 7, "com.example/x": 1 },
    });
  });

  test("counts as an open stream until it is closed", () => {
    const { session } = listener();
    expect(session.openChannels).toBe(1);
    session.stream.close();
    expect(session.openChannels).toBe(0);
    session.end("over"); // Nobody is there to be told.
  });
});

test("a filter is read strictly where it matters, and the unknown is left out", () => {
  expect(readFilter({ toolsListChanged: true, promptsListChanged: false, tasks: true })).toEqual({
    toolsListChanged: true,
  });
  expect(readFilter({ resourceSubscriptions: ["a", "a", "b"] })).toEqual({
    resourceSubscriptions: ["a", "b"],
  });
  for (const bad of [
    undefined,
    null,
    [],
    "x",
    { resourceSubscriptions: "a" },
    { resourceSubscriptions: [1] },
  ])
    expect(readFilter(bad)).toBeUndefined();
});
