import { describe, expect, test } from "bun:test";
import { limits } from "@mcp-gateway/kit";
import { Channel, keptForResumption, readEventId } from "../../../../apps/gateway/src/sessions/channel.ts";
import { EventStream } from "../../../../apps/gateway/src/sessions/event-stream.ts";
import { Session } from "../../../../apps/gateway/src/sessions/session.ts";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function textOf(stream: EventStream): Promise<string> {
  return await new Response(stream.body).text();
}

describe("a channel", () => {
  test("sends what comes after the event the client saw last, once", async () => {
    const channel = new Channel(7, true);
    const first = new EventStream({ unreadBytes: 0 }, (closed) => channel.detach(closed));
    channel.attach(first);
    channel.send(bytes('{"n":1}'), false);
    channel.send(bytes('{"n":2}'), false);
    first.close();
    channel.send(bytes('{"n":3}'), false);
    const second = new EventStream({ unreadBytes: 0 }, (closed) => channel.detach(closed));
    channel.attach(second, 1);
    channel.send(bytes('{"n":4}'), false);
    channel.finish();
    const text = await textOf(second);
    expect(text.match(/\{"n":\d\}/g)).toEqual(['{"n":2}', '{"n":3}', '{"n":4}']);
    expect(text).toContain("id: 7-4");
  });

  test("replays a finished stream and closes it", async () => {
    const channel = new Channel(1, true);
    channel.send(bytes('{"n":1}'), false);
    channel.finish();
    const stream = new EventStream({ unreadBytes: 0 }, (closed) => channel.detach(closed));
    channel.attach(stream, 0);
    expect(await textOf(stream)).toContain('{"n":1}');
    expect(stream.isOpen).toBe(false);
  });

  test("keeps no more than its bound", async () => {
    const channel = new Channel(1, true);
    const count = limits.resumeEventsMax + 10;
    for (let at = 0; at < count; at += 1) channel.send(bytes(`{"n":${at}}`), true);
    channel.finish();
    const stream = new EventStream({ unreadBytes: 0 }, () => {});
    channel.attach(stream, 0);
    const seen = (await textOf(stream)).match(/"n":(\d+)/g) ?? [];
    expect(seen).toHaveLength(limits.resumeEventsMax);
    expect(seen.at(-1)).toBe(`"n":${count - 1}`);
  });

  test("is forgotten some time after its end, and not before", () => {
    const channel = new Channel(1, true);
    channel.send(bytes("{}"), false);
    expect(channel.isOver(1e9)).toBe(false);
    channel.finish();
    expect(channel.isOver(5)).toBe(false);
    expect(channel.isOver(5 + limits.resumeFinishedMsMax - 1)).toBe(false);
    expect(channel.isOver(5 + limits.resumeFinishedMsMax)).toBe(true);
    channel.forget();
  });

  test("gives up what it kept when all together keep too much, the quietest first", async () => {
    const before = keptForResumption();
    const event = bytes("x".repeat(limits.resumeBytesMax - 1_000));
    const channels = Array.from({ length: limits.resumeBytesAllMax / limits.resumeBytesMax + 8 }, (_, at) => {
      const channel = new Channel(at, true);
      channel.send(event, false);
      return channel;
    });
    const [quietest, last] = [channels[0], channels.at(-1)];
    expect(keptForResumption().bytes).toBeLessThanOrEqual(limits.resumeBytesAllMax);
    const replayed = async (channel: Channel | undefined): Promise<string> => {
      const stream = new EventStream({ unreadBytes: 0 }, () => {});
      channel?.finish();
      channel?.attach(stream, 0);
      return await textOf(stream);
    };
    expect(await replayed(quietest)).toBe("");
    expect(await replayed(last)).toContain("xxx");
    for (const channel of channels) channel.forget();
    // What other tests had kept was quieter still.
    expect(keptForResumption().bytes).toBeLessThanOrEqual(before.bytes);
  });

  test("keeps nothing once its session has ended", () => {
    const before = keptForResumption();
    const session = new Session({ id: "s", front: "streamable", server: undefined, nowMs: 0 });
    const channel = session.addChannel();
    channel.send(bytes("{}"), false);
    session.listen.send(bytes("{}"), false);
    expect(keptForResumption().streams).toBe(before.streams + 2);
    session.end("over");
    expect(channel.send(bytes("{}"), false)).toBe(false);
    expect(keptForResumption()).toEqual(before);
  });

  test("without event ids keeps nothing and says so", () => {
    expect(new Channel(0, false).send(bytes("{}"), false)).toBe(false);
  });
});

describe("an event id", () => {
  test("is read only in its own form", () => {
    expect(readEventId("12-3")).toEqual({ channel: 12, sequence: 3 });
    for (const text of ["", "12", "-1-2", "1-2-3", "a-1", "1-", "99999999999999-1"])
      expect(readEventId(text)).toBeUndefined();
  });
});

describe("a stream that nobody reads", () => {
  test("drops what can be missed and keeps what can't", () => {
    const stream = new EventStream({ unreadBytes: 0 }, () => {});
    expect(stream.send(new Uint8Array(limits.outboxBytesMax), false)).toBe(true);
    expect(stream.send(bytes("progress"), true)).toBe(false);
    expect(stream.send(bytes("reply"), false)).toBe(true);
    stream.close();
  });

  test("is closed when even replies pile up beyond the bound", () => {
    let closed = 0;
    const stream = new EventStream({ unreadBytes: 0 }, () => {
      closed += 1;
    });
    const big = new Uint8Array(limits.replyBytesMax / 2);
    let sent = 0;
    while (stream.send(big, false)) sent += 1;
    expect(sent).toBeLessThanOrEqual(4);
    expect(stream.isOpen).toBe(false);
    expect(closed).toBe(1);
  });
});
