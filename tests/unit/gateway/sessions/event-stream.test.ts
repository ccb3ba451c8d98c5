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
import { waitFor } from "../../../support/wait-for.ts";

let server: ReturnType<typeof Bun.serve>;
let made: { readonly stream: EventStream; closed: number } | undefined;
let prepare: (stream: EventStream) => void = () => undefined;

beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch() {
      const stream = new EventStream(() => {
        own.closed += 1;
      });
      const own = { stream, closed: 0 };
      made = own;
      prepare(stream);
      return new Response(stream.body, { headers: { "content-type": "text/event-stream" } });
    },
  });
});
afterAll(() => server.stop(true));

const encoder = new TextEncoder();

class Reader implements Disposable {
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
  const reader = new Reader();
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
    using reader = new Reader();
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
    using reader = new Reader();
    await waitFor(() => reader.isComplete, { what: "the end of the response" });
    expect(reader.text).toBe("only;");
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
    const stream = new EventStream(() => {
      closed += 1;
    });
    beatStreams();
    expect([stream.isOpen, closed]).toEqual([true, 0]);
    beatStreams();
    expect([stream.isOpen, closed]).toEqual([false, 1]);
  });
});
