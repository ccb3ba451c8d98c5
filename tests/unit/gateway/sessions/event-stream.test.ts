/** An event stream over a real socket: before it begins, while its client does not read, and at its end. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { limits } from "@mcp-gateway/kit";
import { SharedBody } from "@mcp-gateway/mcp";
import {
  beatStreams,
  EventStream,
  openStreamCount,
} from "../../../../apps/gateway/src/sessions/event-stream.ts";
import { addUnread, type Reader, unreadNumbers } from "../../../../apps/gateway/src/sessions/unread.ts";
import { waitFor } from "../../../support/wait-for.ts";

let server: ReturnType<typeof Bun.serve>;
let made: { readonly stream: EventStream; readonly owner: Reader; closed: number } | undefined;
let prepare: (stream: EventStream) => void = () => undefined;

beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch() {
      const owner = { unreadBytes: 0 };
      const stream = new EventStream(owner, () => {
        own.closed += 1;
      });
      const own = { stream, owner, closed: 0 };
      made = own;
      prepare(stream);
      return new Response(stream.body, { headers: { "content-type": "text/event-stream" } });
    },
  });
});
afterAll(() => server.stop(true));

const encoder = new TextEncoder();

class Client implements Disposable {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  isEnded = false;

  constructor() {
    this.#socket = connect(Number(server.port), "127.0.0.1");
    this.#socket.on("data", (chunk) => this.#chunks.push(Buffer.from(chunk)));
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.isEnded = true;
    });
    this.#socket.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  }

  /** What was sent so far; the comment that opens a stream with nothing to say is none of it. */
  get text(): string {
    return this.body.replace(/^: ?\n\n/, "");
  }

  /** The body so far, out of its chunks. */
  get body(): string {
    const whole = Buffer.concat(this.#chunks);
    this.#chunks = [whole];
    const bodyAt = whole.indexOf("\r\n\r\n") + 4;
    if (/\r\ncontent-length: /iu.test(whole.toString("latin1", 0, bodyAt)))
      return whole.toString("latin1", bodyAt);
    let body = "";
    for (let at = bodyAt; at < whole.length; ) {
      const lineEnd = whole.indexOf("\r\n", at);
      const size = Number.parseInt(whole.toString("latin1", at, lineEnd), 16);
      if (!(size > 0)) break;
      body += whole.toString("latin1", lineEnd + 2, Math.min(lineEnd + 2 + size, whole.length));
      at = lineEnd + 2 + size + 2;
    }
    return body;
  }

  get isComplete(): boolean {
    const whole = Buffer.concat(this.#chunks).toString("latin1");
    const length = /\r\ncontent-length: (\d+)/iu.exec(whole)?.[1];
    return length === undefined ? whole.endsWith("0\r\n\r\n") : this.body.length === Number(length);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

async function open(prepared: (stream: EventStream) => void = () => undefined) {
  prepare = prepared;
  made = undefined;
  const reader = new Client();
  const own = await waitFor(() => made, { what: "the stream" });
  const { stream } = own;
  stream.send(encoder.encode("begin;"), false);
  await waitFor(() => reader.text.includes("begin;"), { what: "the response to begin" });
  return { reader, stream, own };
}

/** Sends messages that can't be missed until the client's unread bytes wait here; returns what was sent. */
function fill(stream: EventStream): string {
  let sent = "";
  const filler = "x".repeat(64 * 1024);
  const droppable = encoder.encode("y".repeat(limits.outboxBytesMax));
  // A large droppable event is refused as soon as anything waits.
  for (let at = 0; at < 1_000; at += 1) {
    const event = `${at}:${filler};`;
    stream.send(encoder.encode(event), false);
    sent += event;
    if (!stream.send(droppable, true)) return sent;
    sent += "y".repeat(limits.outboxBytesMax);
  }
  throw new Error("the client's side took everything");
}

describe("an event stream", () => {
  test("says at once that it is there, though it has nothing to say", async () => {
    using reader = new Client();
    await waitFor(() => /^: ?\n\n$/.test(reader.body), { what: "the opening comment" });
  });

  test("keeps what is sent before the response begins, in order", async () => {
    const { reader } = await open((early) => {
      for (const event of ["a;", "b;", "c;"]) expect(early.send(encoder.encode(event), true)).toBe(true);
    });
    using _ = reader;
    expect(reader.text).toBe("a;b;c;begin;");
  });

  test("drops only what can be missed while the client does not read, and delivers the rest in order", async () => {
    const { reader, stream, own } = await open();
    using _ = reader;
    reader.pause();
    const sent = fill(stream);
    expect(stream.send(encoder.encode("last;"), false)).toBe(true);
    reader.resume();
    const expected = `begin;${sent}last;`;
    await waitFor(() => reader.text.length >= expected.length, { what: "everything to arrive" });
    expect(reader.text === expected).toBe(true);
    expect(stream.send(encoder.encode("and on;"), true)).toBe(true);
    await waitFor(() => reader.text.endsWith("and on;"), { what: "the stream to go on" });
    expect(own.closed).toBe(0);
  });

  test("has done with a prepared list when it was sent, read or not", async () => {
    const { reader, stream } = await open();
    using _ = reader;
    reader.pause();
    const list = new SharedBody([Buffer.from(`"result":"${"x".repeat(300_000)}"}`)]);
    let sent = 0;
    // The last of them is the one that the socket takes only a part of.
    while (stream.writesAtOnce) stream.send(list.eventWithId(Buffer.from(String(++sent))), false);
    expect(sent).toBeGreaterThan(1);
    for (const id of ["9", `"${"y".repeat(60)}"`]) list.eventWithId(Buffer.from(id)).fill(0x7a);
    reader.resume();
    const ends = (): number => reader.text.split("\n\n").length - 1;
    await waitFor(() => ends() === sent, { what: "every list to arrive" });
    const ids = [
      ...reader.text.matchAll(
        /event: message\ndata: \{"jsonrpc":"2.0","id":(\d+),"result":"x{300000}"\}\n\n/g,
      ),
    ];
    expect(ids.map(([, id]) => Number(id))).toEqual(Array.from({ length: sent }, (__, at) => at + 1));
  });

  test("closes a client that leaves more unread than a large reply", async () => {
    const { reader, stream, own } = await open();
    using _ = reader;
    reader.pause();
    fill(stream);
    const large = new Uint8Array(limits.replyBytesMax / 4);
    let taken = 0;
    while (stream.send(large, false)) taken += 1;
    expect(taken).toBeLessThanOrEqual(5);
    expect(stream.isOpen).toBe(false);
    expect(own.closed).toBe(1);
  });

  test("delivers what waits when it is closed", async () => {
    const { reader, stream, own } = await open();
    using _ = reader;
    reader.pause();
    const sent = fill(stream);
    stream.close();
    expect([stream.isOpen, own.closed]).toEqual([false, 1]);
    expect(stream.send(encoder.encode("late"), false)).toBe(false);
    reader.resume();
    await waitFor(() => reader.isComplete, { what: "the end of the response" });
    expect(reader.text === `begin;${sent}`).toBe(true);
  });

  test("that is closed before it begins still says what it had to", async () => {
    prepare = (early) => {
      early.send(encoder.encode("only;"), false);
      early.close();
    };
    using reader = new Client();
    await waitFor(() => reader.isComplete, { what: "the end of the response" });
    expect(reader.text).toBe("only;");
  });

  test("that is closed before it begins says also what is large, as far as its client reads", async () => {
    const large = "x".repeat(20_000_000);
    prepare = (early) => {
      early.send(encoder.encode(large), false);
      early.send(encoder.encode("last;"), false);
      early.close();
    };
    made = undefined;
    using reader = new Client();
    reader.pause();
    const { owner } = await waitFor(() => made, { what: "the stream" });
    await waitFor(() => owner.unreadBytes > 10_000_000, { what: "the response to wait" });
    reader.resume();
    await waitFor(() => reader.isComplete, { what: "the end of the response" });
    expect(reader.text === `${large}last;`).toBe(true);
    expect(owner.unreadBytes).toBe(0);
  });

  test("counts as unread what waits, open or closed, until it was read", async () => {
    const { reader, stream, own } = await open();
    using _ = reader;
    reader.pause();
    expect(own.owner.unreadBytes).toBe(0);
    fill(stream);
    const large = new Uint8Array(10_000_000);
    stream.send(large, false);
    expect(own.owner.unreadBytes).toBeGreaterThan(large.length);
    stream.close();
    expect(own.owner.unreadBytes).toBeGreaterThan(large.length);
    expect(unreadNumbers().bytes).toBe(own.owner.unreadBytes);
    reader.resume();
    await waitFor(() => reader.isComplete, { what: "the end of the response" });
    expect([own.owner.unreadBytes, unreadNumbers().bytes]).toEqual([0, 0]);
  });

  test.each(["open", "closed"])(
    "that is %s counts nothing any more when its client goes away",
    async (how) => {
      const { reader, stream, own } = await open();
      reader.pause();
      fill(stream);
      stream.send(new Uint8Array(10_000_000), false);
      if (how === "closed") stream.close();
      reader[Symbol.dispose]();
      await waitFor(() => own.owner.unreadBytes === 0, { what: "the end to be noticed" });
      expect([own.closed, unreadNumbers().bytes]).toEqual([1, 0]);
    },
  );

  test("holds little for a client that does not read, while clients have left too much unread in all", async () => {
    const others = { unreadBytes: 0 };
    addUnread(others, limits.unreadBytesMax);
    const { reader, stream, own } = await open();
    using _ = reader;
    reader.pause();
    const event = new Uint8Array(100_000);
    let sent = 0;
    for (; sent < 1_000 && stream.send(event, false); sent += 1);
    addUnread(others, -limits.unreadBytesMax);
    expect(own.closed).toBe(1);
    expect(sent * event.length).toBeLessThan(limits.replyBytesMax / 2);
    // What the socket is taking, at most.
    expect(own.owner.unreadBytes).toBeLessThanOrEqual(event.length);
  });

  test("is closed once when the client goes away, and counted no more", async () => {
    const before = openStreamCount();
    const { reader, stream, own } = await open();
    expect(openStreamCount()).toBe(before + 1);
    reader[Symbol.dispose]();
    await waitFor(() => !stream.isOpen, { what: "the end to be noticed" });
    stream.close();
    expect([own.closed, openStreamCount()]).toEqual([1, before]);
  });

  test("whose response never began is given up at the second beat", () => {
    let closed = 0;
    const stream = new EventStream({ unreadBytes: 0 }, () => {
      closed += 1;
    });
    beatStreams();
    expect([stream.isOpen, closed]).toEqual([true, 0]);
    beatStreams();
    expect([stream.isOpen, closed]).toEqual([false, 1]);
  });
});
