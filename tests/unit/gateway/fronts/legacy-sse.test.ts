/** When a POST of HTTP+SSE is accepted: behind the answer to a quick call, and soon whatever happens. */
import { expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import type { Exchange } from "../../../../apps/gateway/src/dispatch/context.ts";
import { LegacySseFront } from "../../../../apps/gateway/src/fronts/legacy-sse.ts";
import type { FrontContext } from "../../../../apps/gateway/src/fronts/streamable-http.ts";
import type { EventStream } from "../../../../apps/gateway/src/sessions/event-stream.ts";
import { type InFlight, Session } from "../../../../apps/gateway/src/sessions/session.ts";
import { addUnread } from "../../../../apps/gateway/src/sessions/unread.ts";

const answer = Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}');

/** A front whose requests stay with the test, and a session whose stream keeps what it is given. */
function makeFront(onRequest: (exchange: Exchange) => void = () => undefined) {
  const session = new Session({ id: "abc", front: "sse", server: undefined, nowMs: 0 });
  session.answersSoon = true;
  const sent: string[] = [];
  const stream = {
    isOpen: true,
    writesAtOnce: true,
    send: (event: Uint8Array) => sent.push(Buffer.from(event).toString()) > 0,
  };
  session.listen.attach(stream as unknown as EventStream); // All that a channel uses of it.
  const exchanges: Exchange[] = [];
  let isSameTurn = false;
  const front = new LegacySseFront({
    requestBytesMax: 1_000,
    sessions: { find: () => session },
    dispatcher: {
      request: (_session: Session, { id }: { readonly id: number }, exchange: Exchange) => {
        session.inFlight.set(id, {} as InFlight); // Only counted.
        exchanges.push(exchange);
        isSameTurn = true;
        setImmediate(() => {
          isSameTurn = false;
        });
        onRequest(exchange);
      },
    },
  } as unknown as FrontContext); // All that a POST uses of it.
  const post = async (id = 1): Promise<string> => {
    const body = JSON.stringify({ jsonrpc: "2.0", id, method: "ping" });
    const headers = { "content-type": "application/json" };
    const request = new Request("http://127.0.0.1/messages", { method: "POST", headers, body });
    const { status } = await front.post(request, undefined, "?sessionId=abc");
    return `${status} ${isSameTurn ? "at once" : "later"}, after ${sent.length} events`;
  };
  return { post, session, sent, exchanges };
}

test("a quick call is answered first", async () => {
  const { post, sent } = makeFront((exchange) => void setImmediate(() => exchange.reply(answer)));
  expect(await post()).toBe("202 later, after 1 events");
  expect(sent).toEqual([`event: message\ndata: ${answer}\n\n`]);
});

test("an answer that is left out, as clients leave too much unread, is not sent as a prepared event either", async () => {
  const others = { unreadBytes: 0 };
  addUnread(others, limits.unreadBytesMax);
  const { post, sent } = makeFront((exchange) =>
    exchange.reply(Buffer.alloc(limits.unreadSmallBytes + 1), () => Buffer.from("prepared")),
  );
  await post().finally(() => addUnread(others, -limits.unreadBytesMax));
  expect(sent).toEqual([expect.stringContaining("answers-unread")]);
});

test("a call that was answered before it could be accepted is accepted at once", async () => {
  const { post } = makeFront((exchange) => exchange.reply(answer));
  expect(await post()).toBe("202 at once, after 1 events");
});

test("a slow call is accepted before its answer, and the session's calls no longer wait", async () => {
  const { post, session, sent, exchanges } = makeFront();
  expect(await post(1)).toBe("202 later, after 0 events");
  exchanges[0]?.reply(answer);
  expect(sent).toHaveLength(1);
  session.inFlight.clear();
  expect(await post(2)).toBe("202 at once, after 1 events");
});

test("a session whose answers come soon again is one whose calls wait", async () => {
  const { post, session } = makeFront((exchange) => exchange.reply(answer));
  session.answersSoon = false;
  // More than once only where the machine stands still between a call and its answer.
  for (let calls = 0; !session.answersSoon && calls < 100; calls += 1) {
    await post();
    session.inFlight.clear();
  }
  expect(session.answersSoon).toBe(true);
});

test("where another call waits already, no other session's does", async () => {
  const slow = makeFront();
  const accepted = slow.post();
  // Its request is under way when the body has been read.
  while (slow.exchanges.length === 0) await Promise.resolve();
  await Promise.resolve();
  expect(await makeFront().post()).toBe("202 at once, after 0 events");
  expect(await accepted).toBe("202 later, after 0 events");
  expect(await makeFront().post()).toBe("202 later, after 0 events");
});

test("a call beside another one is accepted at once", async () => {
  const { post } = makeFront();
  await post(1);
  expect(await post(2)).toBe("202 at once, after 0 events");
});

test("a call that is cancelled is accepted at once", async () => {
  const { post, sent } = makeFront((exchange) => queueMicrotask(() => exchange.cancelled()));
  expect(await post()).toBe("202 at once, after 0 events");
  expect(sent).toEqual([]);
});
