/** What is put into a ring is what is taken out of it, whatever the sizes and however late the reader is. */
import { expect, test } from "bun:test";
import {
  encodeFrameHeader,
  type Frame,
  FrameDecoder,
  type FrameFields,
  FrameFlag,
  FrameKind,
  FrameWriter,
  frameHeaderBytes,
  RingReader,
  RingWriter,
  ringHeadBytes,
  ringMarkBytes,
} from "@mcp-gateway/contract";
import { limits } from "@mcp-gateway/kit";
import fc from "fast-check";
import { random, seedFromEnvironment } from "../../support/random.ts";

const seed = seedFromEnvironment();
const mark = new Uint8Array(ringMarkBytes).fill(7);

function ringOf(memory: Uint8Array): { readonly writer: RingWriter; readonly reader: RingReader } {
  const writer = new RingWriter(memory, mark);
  const reader = RingReader.open(memory, mark);
  if (reader === undefined) throw new Error("unreachable");
  return { writer, reader };
}

/** Bytes that no other payload of the run has. */
function payloadOf(number: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(number % 251).map((byte, at) => (byte + at) & 0xff);
}

test(`any payloads, taken as late as one likes, come out as they went in (seed ${seed})`, () => {
  const chance = random(seed);
  const roomBytes = 10_000;
  let refused = 0;
  for (let round = 0; round < 200; round += 1) {
    const memory = new Uint8Array(ringHeadBytes + roomBytes);
    // The count of what was taken starts anywhere, also just before it starts over.
    new Uint32Array(memory.buffer)[0] = chance.pick([0, 5, 0xffff_fff0]);
    const { writer, reader } = ringOf(memory);
    const waiting: { readonly start: number; readonly payload: Uint8Array }[] = [];
    const takeOne = (): void => {
      const next = waiting.shift();
      if (next === undefined) return;
      const into = new Uint8Array(next.payload.length);
      expect(reader.take(next.start, into)).toBe(true);
      if (Buffer.compare(into, next.payload) !== 0) throw new Error(`seed ${seed}: another payload came out`);
    };
    for (let step = 0; step < 150; step += 1) {
      if (chance.below(5) < 2) {
        takeOne();
        continue;
      }
      const payload = payloadOf(step, 1 + chance.below(chance.pick([100, 3_000, 11_000])));
      const start = writer.put(payload);
      if (start !== undefined) waiting.push({ start, payload });
      // An empty ring takes whatever is not larger than itself.
      else if (waiting.length === 0) expect(payload.length).toBeGreaterThan(roomBytes);
      else refused += 1;
      expect(writer.isEmpty).toBe(waiting.length === 0);
    }
    while (waiting.length > 0) takeOne();
    expect(writer.isEmpty).toBe(true);
  }
  expect(refused).toBeGreaterThan(100);
});

test("a ring that is taken from at once never leaves its beginning", () => {
  const { writer, reader } = ringOf(new Uint8Array(ringHeadBytes + 10_000));
  for (let count = 0; count < 50; count += 1) {
    const start = writer.put(payloadOf(count, 4_000));
    expect(start).toBe(ringHeadBytes);
    expect(reader.take(start ?? 0, new Uint8Array(4_000))).toBe(true);
  }
  expect(writer.written).toBe(50);
});

test("as many payloads wait side by side as fit", () => {
  const { writer } = ringOf(new Uint8Array(ringHeadBytes + 10_000));
  const starts = Array.from({ length: 4 }, (_, at) => writer.put(payloadOf(at, 3_000)));
  const places = [0, 3_008, 6_016].map((at) => ringHeadBytes + at);
  expect(starts).toEqual([...places, undefined]);
});

test("memory with another mark, or too small for one, is no ring", () => {
  const memory = new Uint8Array(ringHeadBytes + 100);
  new RingWriter(memory, mark);
  expect(RingReader.open(memory, mark)).toBeDefined();
  expect(
    RingReader.open(
      memory,
      mark.map((byte, at) => (at === 15 ? byte + 1 : byte)),
    ),
  ).toBeUndefined();
  expect(RingReader.open(memory, mark.subarray(0, 15))).toBeUndefined();
  expect(RingReader.open(memory.subarray(0, ringHeadBytes), mark)).toBeUndefined();
});

/** Frames through a writer and a decoder that share a ring, the socket between them being an array. */
async function throughRing(sent: readonly FrameFields[], roomBytes: number, cut: number) {
  const { writer: ring, reader } = ringOf(new Uint8Array(ringHeadBytes + roomBytes));
  const bytes: Uint8Array[] = [];
  const writer = new FrameWriter({
    write(piece) {
      bytes.push(piece.slice());
      return piece.length;
    },
  });
  writer.useRing(ring);
  const received: Frame[] = [];
  const decoder = new FrameDecoder((frame) => received.push({ ...frame, payload: frame.payload.slice() }));
  decoder.useRing(reader);
  const wire: Uint8Array[] = [];
  for (const frame of sent) expect(writer.write(frame)).toBe(true);
  while (writer.queuedBytes > 0) await new Promise((resolve) => setImmediate(resolve));
  const all = Buffer.concat(bytes);
  for (let at = 0; at < all.length; at += cut) {
    wire.push(all.subarray(at, at + cut));
    expect(decoder.push(all.subarray(at, at + cut))).toBe(true);
  }
  return { received, ring, wireBytes: all.length };
}

const largeBytes = limits.ringPayloadBytesMin;
const frames = fc.array(
  fc.record({
    kind: fc.constantFrom(FrameKind.reply, FrameKind.reply, FrameKind.notification),
    flags: fc.integer({ min: 0, max: FrameFlag.error | FrameFlag.plain }),
    call: fc.integer({ min: 0, max: 0xffff_ffff }),
    length: fc.oneof(
      fc.integer({ min: 0, max: 2_000 }),
      fc.integer({ min: largeBytes - 1, max: largeBytes * 3 }),
    ),
  }),
  { maxLength: 10 },
);

test(`frames keep their order and their payloads, in the ring or not (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(frames, fc.integer({ min: 1, max: 100_000 }), async (parts, cut) => {
      const sent = parts.map(({ length, flags, ...frame }, at) => ({
        ...frame,
        flags: frame.kind === FrameKind.reply ? flags : 0,
        idStart: length >> 1,
        idLength: length >> 2,
        payload: payloadOf(at, length),
      }));
      const { received, ring } = await throughRing(sent, largeBytes * 5, cut);
      expect(received).toHaveLength(sent.length);
      for (const [at, { payload, ...rest }] of sent.entries()) {
        expect(received[at]).toMatchObject(rest);
        expect(Buffer.compare(received[at]?.payload ?? Buffer.of(), payload)).toBe(0);
      }
      expect(ring.isEmpty).toBe(true);
      const large = sent.filter(
        ({ kind, payload }) => kind === FrameKind.reply && payload.length >= largeBytes,
      );
      if (large.length > 0) expect(ring.written).toBeGreaterThan(0);
    }),
    { seed, numRuns: 100 },
  );
});

test("a large reply in the ring costs the socket its frame's head, and has room around it", async () => {
  const payload = payloadOf(1, largeBytes);
  const { received, wireBytes } = await throughRing([{ kind: FrameKind.reply, payload }], largeBytes * 2, 7);
  expect(wireBytes).toBe(40);
  expect(received[0]?.roomBytes).toBe(limits.frameRoomBytes);
});

test("a place that is none closes the connection, and nothing is delivered", () => {
  const roomBytes = 1_000;
  const place = (start: number, length: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(start, 0);
    bytes.writeUInt32BE(length, 4);
    return bytes;
  };
  const end = ringHeadBytes + roomBytes;
  const attempts: readonly [string, FrameFields][] = [
    ["before the ring", { kind: FrameKind.reply, payload: place(ringHeadBytes - 1, 10) }],
    ["beyond its end", { kind: FrameKind.reply, payload: place(end - 9, 10) }],
    ["far beyond its end", { kind: FrameKind.reply, payload: place(0xffff_ffff, 1) }],
    ["longer than a frame may be", { kind: FrameKind.reply, payload: place(ringHeadBytes, 0xffff_ffff) }],
    [
      "shorter than its id",
      { kind: FrameKind.reply, payload: place(ringHeadBytes, 10), idStart: 5, idLength: 6 },
    ],
    ["not told in full", { kind: FrameKind.reply, payload: place(ringHeadBytes, 10).subarray(0, 7) }],
    ["of a kind that has none", { kind: FrameKind.notification, payload: place(ringHeadBytes, 10) }],
  ];
  for (const [what, frame] of attempts) {
    const { reader } = ringOf(new Uint8Array(end));
    const received: Frame[] = [];
    const decoder = new FrameDecoder((taken) => received.push(taken));
    decoder.useRing(reader);
    const bytes = Buffer.concat([encodeFrameHeader({ ...frame, flags: FrameFlag.inRing }), frame.payload]);
    expect([what, decoder.push(bytes), decoder.push(bytes), received.length]).toEqual([
      what,
      false,
      false,
      0,
    ]);
  }
  const decoder = new FrameDecoder(() => undefined);
  const payload = place(ringHeadBytes, 10);
  const header = encodeFrameHeader({ kind: FrameKind.reply, flags: FrameFlag.inRing, payload });
  expect(decoder.push(Buffer.concat([header, payload]))).toBe(false);
});

test("a frame that can't be told is not put into the ring", () => {
  const { writer: ring } = ringOf(new Uint8Array(ringHeadBytes + largeBytes));
  const writer = new FrameWriter({ write: () => 0 });
  writer.useRing(ring);
  // Fills the queue to its last byte, with its head.
  const filling = new Uint8Array(limits.linkQueueBytesMax - frameHeaderBytes);
  expect(writer.write({ kind: FrameKind.notification, payload: filling })).toBe(true);
  const reply = { kind: FrameKind.reply, payload: payloadOf(1, largeBytes) };
  expect(writer.write(reply)).toBe(false);
  writer.close();
  expect(writer.write(reply)).toBe(false);
  expect(ring.written).toBe(0);
});
