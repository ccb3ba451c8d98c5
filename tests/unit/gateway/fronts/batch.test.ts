/** What a batch holds while its slowest request is still under way, for a client that reads only JSON. */
import { expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import { resultBody, withIdBytes } from "@mcp-gateway/mcp";
import type { ClientRequest } from "../../../../apps/gateway/src/dispatch/context.ts";
import { Batch } from "../../../../apps/gateway/src/fronts/batch.ts";
import { Session } from "../../../../apps/gateway/src/sessions/session.ts";

test("the answers of a batch count as unread until they can be read, and are bounded", async () => {
  const session = new Session({ id: "s", front: "streamable", server: undefined, nowMs: 0 });
  const requests: ClientRequest[] = [1, 2, 3].map((id) => ({
    kind: "request",
    id,
    method: "x",
    params: undefined,
  }));
  const batch = new Batch({ session, requests, acceptsStream: false, allowQuiet: () => undefined });
  const half = limits.unreadBytesPerSessionMax / 2;
  const answer = (id: number) =>
    withIdBytes(resultBody(JSON.stringify("x".repeat(half))), Buffer.from(`${id}`));
  const [first, second, third] = requests.map((request) => batch.exchange(request));
  first?.reply(answer(1));
  expect(session.unreadBytes).toBe(answer(1).length);
  second?.reply(answer(2));
  expect(session.unreadBytes).toBeLessThan(limits.unreadBytesPerSessionMax);
  third?.reply(withIdBytes(resultBody("{}"), Buffer.from("3")));
  const response = await batch.response;
  expect(session.unreadBytes).toBe(0);
  const messages = JSON.parse(await response.text());
  expect(messages.map(({ id, result }: { id: number; result?: unknown }) => [id, typeof result])).toEqual([
    [1, "string"],
    [2, "undefined"],
    [3, "object"],
  ]);
  expect(messages[1].error.data.reason).toBe("answers-unread");
});
